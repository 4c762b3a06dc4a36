package news

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/id"
)

// Change is what saving a thing did.
type Change string

// The changes. Kept means that what was there already was the same.
const (
	Added   Change = "added"
	Changed Change = "changed"
	Kept    Change = "kept"
)

// Saved is the story as it now stands and what saving it changed.
type Saved struct {
	Story  Story
	Change Change
}

// Cursor is a place in a list that runs from the newest story to the oldest:
// just after the story that it names. The zero Cursor is the top.
type Cursor struct {
	At time.Time // the story's publication
	ID string    // the story's identifier, which settles a tie
}

// After is the place just below a teaser.
func After(t Teaser) Cursor { return Cursor{At: t.Published, ID: t.ID} }

// IsZero reports whether c is the top of the list.
func (c Cursor) IsZero() bool { return c.ID == "" }

// String is the cursor as it stands in an address; "" for the top.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return strconv.FormatInt(c.At.UnixMicro(), 10) + "-" + c.ID
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	dash := strings.LastIndexByte(s, '-')
	if dash < 1 || !id.Valid(s[dash+1:]) {
		return Cursor{}, fmt.Errorf("%q is no place in a list", s)
	}
	at, err := strconv.ParseInt(s[:dash], 10, 64)
	if err != nil {
		return Cursor{}, fmt.Errorf("%q is no place in a list: %w", s, err)
	}
	return Cursor{At: time.UnixMicro(at).UTC(), ID: s[dash+1:]}, nil
}

// Listing is a page of a list: its teasers, newest first, and where the next page
// begins. Next is the top again when there is none.
type Listing struct {
	Teasers []Teaser
	Next    Cursor
}

// Address is a page of the paper as a sitemap lists it.
type Address struct {
	Slug    string
	Changed time.Time // when its text last changed; zero if unknown
}

// Day numbers the day of t in t's own zone: days since 1 January 1970. Reads
// are kept by paper day.
func Day(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(24*time.Hour/time.Second)
}
