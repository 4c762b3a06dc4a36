package desk

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"broadsheet/reader"
)

// Change is what somebody at the desk did, for the record. Before and After are
// what the subject was and is, ready for JSON: only what the change touched,
// and nothing personal of a reader (an address or a name is told by the id, and
// the page that shows the record looks names up). nil is "there was none".
type Change struct {
	Kind    string // verb after subject: "staff.role", "story.publish", "gate.edit"
	Subject string // what it was done to: "staff", "story", "reader", "gate"
	ID      string // the subject's id; "" where there is only one
	Before  any
	After   any
}

// IsZero reports whether nothing was changed.
func (c Change) IsZero() bool { return c.Kind == "" }

// CommandLine is whom the record names for what was done on the machine itself.
const CommandLine = "command line"

// Entry is one line of the record. Entries are never changed, and each carries
// the hash of the one before it.
type Entry struct {
	Seq     int64 // 1, 2, 3 … without a gap
	Wall    time.Time
	Paper   time.Time
	Staff   string // a reader's id, or CommandLine
	Role    reader.Role
	Session string // the session's public id
	Network string // one IPv4 address or an IPv6 /56; "" if unknown
	Kind    string
	Subject string
	ID      string
	Before  string // JSON; "" for none
	After   string
	Prev    string // hash of the entry before
	Hash    string
}

// Sum is the entry's hash: over everything in it, each part with its length, so
// that nothing can move from one field to the next.
func (e Entry) Sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "v1 %d %d %d ", e.Seq, e.Wall.UnixMicro(), e.Paper.UnixMicro())
	for _, part := range []string{e.Prev, e.Staff, string(e.Role), e.Session, e.Network, e.Kind, e.Subject, e.ID, e.Before, e.After} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Follows says what is wrong with the entry as the one after before; "" for
// nothing.
func (e Entry) Follows(before Entry) string {
	switch {
	case e.Seq != before.Seq+1:
		return fmt.Sprintf("entry %d is missing", before.Seq+1)
	case e.Prev != before.Hash:
		return fmt.Sprintf("entry %d does not follow entry %d as it stands", e.Seq, before.Seq)
	case e.Hash != e.Sum():
		return fmt.Sprintf("entry %d was altered", e.Seq)
	}
	return ""
}

// journalStore appends to the record. AppendEntry fills in Seq, Prev and Hash,
// in the transaction that ctx carries, and no other transaction can append
// until that one ends: so it comes last in a change.
type journalStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	AppendEntry(ctx context.Context, e Entry) error
}

// Journal writes the record.
type Journal struct{ store journalStore }

// NewJournal writes into store.
func NewJournal(store journalStore) *Journal { return &Journal{store} }

// Do makes a change and records it, both or neither. A zero Change says that
// nothing was changed, and is not recorded.
func (j *Journal) Do(ctx context.Context, by Member, now Now, change func(ctx context.Context) (Change, error)) error {
	return j.store.InTx(ctx, func(ctx context.Context) error {
		done, err := change(ctx)
		if err != nil || done.IsZero() {
			return err
		}
		return j.Note(ctx, by, now, done)
	})
}

// Note records a change, in the transaction that ctx carries. What cannot be in
// a transaction (a call to Stripe) is noted once it is done.
func (j *Journal) Note(ctx context.Context, by Member, now Now, c Change) error {
	if c.Kind == "" || c.Subject == "" || by.ID == "" {
		return errors.New("record: an entry needs a kind, a subject and somebody who did it")
	}
	before, err := document(c.Before)
	if err != nil {
		return fmt.Errorf("record %s: %w", c.Kind, err)
	}
	after, err := document(c.After)
	if err != nil {
		return fmt.Errorf("record %s: %w", c.Kind, err)
	}
	return j.store.AppendEntry(ctx, Entry{
		Wall: now.Wall.UTC().Truncate(time.Microsecond), Paper: now.Paper.UTC().Truncate(time.Microsecond),
		Staff: by.ID, Role: by.Role, Session: by.Session, Network: by.Network,
		Kind: c.Kind, Subject: c.Subject, ID: c.ID, Before: before, After: after,
	})
}

func document(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}

// Search narrows the record down. Zero fields don't.
type Search struct {
	Staff    string
	Kind     string // exactly, or everything that begins with it and a dot
	Subject  string
	ID       string
	From, To time.Time // wall time; To is exclusive
	Before   int64     // entries older than this one: the next page
	Limit    int
}
