package news

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// EditingStore keeps what the desk works on. Every method takes part in the
// transaction that ctx carries.
type EditingStore interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// Manuscript finds one; fault.Missing if there is none.
	Manuscript(ctx context.Context, id string) (Manuscript, error)
	// AddManuscript begins one; false if it was begun meanwhile.
	AddManuscript(ctx context.Context, m Manuscript) (bool, error)
	// KeepManuscript writes one whose newest revision is still the given one, so
	// that of two who save at once one is told; false if it isn't.
	KeepManuscript(ctx context.Context, m Manuscript, last int64) (bool, error)
	AddRevision(ctx context.Context, r Revision) error
	// DropRevision forgets one that a later one took the place of.
	DropRevision(ctx context.Context, manuscript string, number int64) error
	Revision(ctx context.Context, manuscript string, number int64) (Revision, error)

	Sections(ctx context.Context) ([]Section, error)
	Authors(ctx context.Context) ([]Author, error)
	// StoredStory is a story as readers have it or had it.
	StoredStory(ctx context.Context, id string) (Story, error)
	// Unadopted lists stories that have no manuscript, or an older one.
	Unadopted(ctx context.Context, n int) ([]string, error)
	// AddressHolder says which story has, or had, that slug; "" for none.
	AddressHolder(ctx context.Context, slug string) (string, error)
	// ReleaseStory makes or changes the story with s.ID, and shows it. The address
	// that it had leads to the one that it has.
	ReleaseStory(ctx context.Context, s Story, now time.Time) (Saved, error)
	// HideStory takes a story from every page.
	HideStory(ctx context.Context, id string, now time.Time) error
	AddCorrection(ctx context.Context, story string, c Correction) error
	// Picture finds an uploaded picture by its address; false for one that came
	// with an import.
	Picture(ctx context.Context, src string) (Figure, bool, error)
}

// Calendar asks for a publication at a time, in the transaction that ctx
// carries. The job calls Editing.Release.
type Calendar func(ctx context.Context, d Due) error

// Due is a publication that was asked for.
type Due struct {
	Manuscript string    `json:"manuscript"`
	Revision   int64     `json:"revision"`
	At         time.Time `json:"at"` // paper time
}

// ReleaseJob is the kind of job that publishes what is due. Its payload is a Due.
const ReleaseJob = "news.release"

// Editing is what the desk does with stories.
type Editing struct {
	Store    EditingStore
	Calendar Calendar
}

// MaxSource is how long a story's Markdown may be, in bytes.
const MaxSource = 1 << 20

// tries is how often a change that met another is made anew.
const tries = 5

// Begin begins a story. by is its owner.
func (e *Editing) Begin(ctx context.Context, c Copy, by string, now time.Time) (Manuscript, error) {
	if c.Access == "" {
		c.Access = Metered
	}
	if err := sized(c); err != nil {
		return Manuscript{}, err
	}
	m := Manuscript{ID: id.New(now), Copy: c, Head: 1, Last: 1, Owner: by, EditedBy: by, EditedAt: now}
	err := e.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := e.Store.AddManuscript(ctx, m); err != nil {
			return err
		}
		return e.Store.AddRevision(ctx, Revision{Manuscript: m.ID, Number: 1, Kind: SavedBy, By: by, At: now, Copy: c})
	})
	return m, err
}

func sized(c Copy) error {
	if n := len(c.Source); n > MaxSource {
		return fault.New(fault.TooLarge, fmt.Sprintf("The text is %d kB long; a story may have %d. Nothing of what was saved before is lost.", n>>10, MaxSource>>10), nil)
	}
	return nil
}

// Open is the manuscript with that id. A story that was imported has none until
// it is opened here; one that was imported again since becomes the working copy
// unless the desk has written on.
func (e *Editing) Open(ctx context.Context, id string, now time.Time) (Manuscript, error) {
	var m Manuscript
	err := e.Store.InTx(ctx, func(ctx context.Context) error {
		have, err := e.Store.Manuscript(ctx, id)
		if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		isNew := err != nil
		story, err := e.Store.StoredStory(ctx, id)
		if fault.Is(err, fault.Missing) && !isNew {
			m = have
			return nil
		}
		if err != nil {
			return err
		}
		if isNew {
			m, err = e.adopt(ctx, story)
			return err
		}
		m, err = e.follow(ctx, have, story, now)
		return err
	})
	return m, err
}

// AdoptAll opens what was imported since, so that the desk's list has it.
func (e *Editing) AdoptAll(ctx context.Context, now time.Time) error {
	const some = 100
	for {
		ids, err := e.Store.Unadopted(ctx, some)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if _, err := e.Open(ctx, id, now); err != nil {
				return err
			}
		}
	}
}

func (e *Editing) adopt(ctx context.Context, s Story) (Manuscript, error) {
	m := Manuscript{ID: s.ID, Copy: CopyOf(s), Head: 1, Last: 1, Released: 1, EditedAt: s.Published, Version: s.Version}
	if s.Updated.After(s.Published) {
		m.EditedAt = s.Updated
	}
	fresh, err := e.Store.AddManuscript(ctx, m)
	if err != nil {
		return m, err
	}
	if !fresh {
		return e.Store.Manuscript(ctx, s.ID)
	}
	return m, e.Store.AddRevision(ctx, Revision{Manuscript: m.ID, Number: 1, Kind: Imported, At: m.EditedAt, Copy: m.Copy})
}

// follow takes in what an import changed behind the desk's back. A text that
// the desk was writing on stays the working copy, and the import is kept beside
// it.
func (e *Editing) follow(ctx context.Context, m Manuscript, s Story, now time.Time) (Manuscript, error) {
	if m.Version == s.Version {
		return m, nil
	}
	last, wrote := m.Last, m.Head != m.Released
	m.Last++
	m.Released, m.Version = m.Last, s.Version
	r := Revision{Manuscript: m.ID, Number: m.Last, Kind: Imported, From: m.Head, At: now, Copy: CopyOf(s)}
	if !wrote {
		m.Head, m.Copy, m.EditedBy, m.EditedAt = m.Last, r.Copy, "", now
	}
	if ok, err := e.Store.KeepManuscript(ctx, m, last); err != nil {
		return m, err
	} else if !ok {
		return e.Store.Manuscript(ctx, m.ID)
	}
	return m, e.Store.AddRevision(ctx, r)
}

// Save is what somebody wrote, and what they began from.
type Save struct {
	ID   string
	From int64 // the revision that was in the form
	Copy Copy
	By   string
	Auto bool
	At   time.Time // paper time
}

// Saving is what became of a save.
type Saving struct {
	Manuscript Manuscript // as it now stands
	// Rival is the revision that keeps what was written when somebody else had
	// saved meanwhile; nil when the save became the working copy.
	Rival *Revision
}

// Save keeps what was written, whatever it is: a text that isn't fit to print
// is kept all the same. Of two who wrote on one revision the first makes the
// working copy; what the second wrote is kept beside it as a rival, and told.
func (e *Editing) Save(ctx context.Context, s Save) (Saving, error) {
	if err := sized(s.Copy); err != nil {
		return Saving{}, err
	}
	var out Saving
	err := e.again(ctx, func(ctx context.Context) (bool, error) {
		m, err := e.Store.Manuscript(ctx, s.ID)
		if err != nil {
			return false, err
		}
		out = Saving{Manuscript: m}
		if m.Copy.Same(s.Copy) {
			return true, nil
		}
		return e.keep(ctx, s, &out)
	})
	return out, err
}

// again runs a change until it met no other.
func (e *Editing) again(ctx context.Context, change func(ctx context.Context) (bool, error)) error {
	for range tries {
		done := false
		err := e.Store.InTx(ctx, func(ctx context.Context) (err error) {
			done, err = change(ctx)
			return err
		})
		if err != nil || done {
			return err
		}
	}
	return fault.New(fault.Conflict, "Somebody else is saving this story at the same moment. Please try again.", nil)
}

func (e *Editing) keep(ctx context.Context, s Save, out *Saving) (bool, error) {
	m := out.Manuscript
	last := m.Last
	m.Last++
	r := Revision{Manuscript: m.ID, Number: m.Last, Kind: SavedBy, From: s.From, By: s.By, At: s.At, Copy: s.Copy}
	if s.Auto {
		r.Kind = Autosaved
	}
	var spent int64
	if m.Head == s.From {
		head, err := e.Store.Revision(ctx, m.ID, m.Head)
		if err != nil {
			return false, err
		}
		if head.absorbs(r) && head.Number != m.Released && head.Number != m.Queued {
			spent, r.From = head.Number, head.From
		}
		m.Head, m.Copy, m.EditedBy, m.EditedAt = r.Number, r.Copy, r.By, r.At
	} else {
		r.Kind, out.Rival = Rival, &r
	}
	ok, err := e.Store.KeepManuscript(ctx, m, last)
	if err != nil || !ok {
		return false, err
	}
	if spent != 0 {
		if err := e.Store.DropRevision(ctx, m.ID, spent); err != nil {
			return false, err
		}
	}
	out.Manuscript = m
	return true, e.Store.AddRevision(ctx, r)
}

// Restore makes an old revision the working copy again. What was the working
// copy stays among the revisions.
func (e *Editing) Restore(ctx context.Context, id string, number int64, by string, now time.Time) (Manuscript, error) {
	return e.change(ctx, id, func(ctx context.Context, m *Manuscript) error {
		r, err := e.Store.Revision(ctx, id, number)
		if err != nil || m.Copy.Same(r.Copy) {
			return err
		}
		m.Last++
		m.Head, m.Copy, m.EditedBy, m.EditedAt = m.Last, r.Copy, by, now
		return e.Store.AddRevision(ctx, Revision{Manuscript: id, Number: m.Last, Kind: Restored, From: number, By: by, At: now, Copy: r.Copy})
	})
}

// HandOver says that the author is done, or takes that back.
func (e *Editing) HandOver(ctx context.Context, id string, ready bool) (Manuscript, error) {
	return e.change(ctx, id, func(_ context.Context, m *Manuscript) error { m.IsReady = ready; return nil })
}

// SetEmbargo forbids publishing before a time; zero forbids nothing.
func (e *Editing) SetEmbargo(ctx context.Context, id string, until time.Time) (Manuscript, error) {
	return e.change(ctx, id, func(_ context.Context, m *Manuscript) error {
		if m.Queued != 0 && m.QueuedAt.Before(until) {
			return fault.New(fault.Conflict, "The story is scheduled for before that. Take it off the schedule, or choose a later time for it.", nil)
		}
		m.Embargo = until
		return nil
	})
}

// change reads a manuscript, lets fn change it, and writes it, all in one
// transaction that is begun anew when another was quicker.
func (e *Editing) change(ctx context.Context, id string, fn func(ctx context.Context, m *Manuscript) error) (Manuscript, error) {
	var out Manuscript
	err := e.again(ctx, func(ctx context.Context) (bool, error) {
		m, err := e.Store.Manuscript(ctx, id)
		if err != nil {
			return false, err
		}
		last := m.Last
		if err := fn(ctx, &m); err != nil {
			return false, err
		}
		out = m
		return e.Store.KeepManuscript(ctx, m, last)
	})
	return out, err
}
