package news

import "time"

// FrontPlace is a place on the front page that the desk fills by hand. What it
// leaves empty fills itself with the newest.
type FrontPlace string

// The places. A Pin stands beside the lead until its time is over.
const (
	FrontLead   FrontPlace = "lead"
	FrontSecond FrontPlace = "second" // beside the lead, in the desk's order
	FrontPin    FrontPlace = "pin"    // before those, for a time
)

// FrontPick is a story that the desk put somewhere on the front page.
type FrontPick struct {
	Place FrontPlace
	Story string    // its id
	Slug  string    // filled in when it is read
	Until time.Time // paper time; zero stays until the desk says otherwise
}
