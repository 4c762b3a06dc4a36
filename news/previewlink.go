package news

import "time"

// PreviewLink shows a story that is not published to whoever has it, until it
// ends. Only a hash of its token is kept.
type PreviewLink struct {
	Hash       string
	Manuscript string
	By         string    // a reader's id
	From, To   time.Time // paper time
}

// PreviewLives are how long a preview may be chosen to work.
var PreviewLives = []time.Duration{24 * time.Hour, 3 * 24 * time.Hour, 14 * 24 * time.Hour}
