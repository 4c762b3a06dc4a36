package clock

import (
	"path/filepath"
	"time"
)

// StartAt writes the file of a paper clock that begins at t, before or after
// the present. It is for a paper that has no past yet: one that has may only go
// on, by MoveTo.
func StartAt(path string, t time.Time) error {
	p := &Paper{path: filepath.Clean(path), wall: Wall{}}
	return p.write(t.Sub(p.wall.Now()))
}
