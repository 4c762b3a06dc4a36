package journey

import (
	"context"
	"fmt"
)

// Personal is one room's hold on what is kept of a reader. Every table with a
// reader's id belongs to exactly one; a test reads the schema and fails for an
// orphan.
type Personal interface {
	// Tables are the room's tables with a reader's id.
	Tables() []string
	// Export gives what is kept of a reader, by name, ready for JSON.
	Export(ctx context.Context, readerID string) (map[string]any, error)
	// Erase removes what is kept of a reader, or what in it leads to a person.
	Erase(ctx context.Context, readerID string) error
	// Merge gives what is kept of one reader to another.
	Merge(ctx context.Context, from, into string) error
}

// txer runs a function in one transaction that travels in its context.
type txer interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// Everything is all rooms together, each before those that it refers to: the
// accounts come last.
type Everything struct {
	tx    txer
	rooms []Personal
}

// NewEverything registers the rooms, in the order in which they are erased.
func NewEverything[P Personal](tx txer, rooms []P) *Everything {
	e := &Everything{tx: tx}
	for _, r := range rooms {
		e.rooms = append(e.rooms, r)
	}
	return e
}

// Export gives what the paper keeps of a reader. A name that two rooms use is an
// error of ours, not one of them lost.
func (e *Everything) Export(ctx context.Context, readerID string) (map[string]any, error) {
	out := map[string]any{}
	for _, room := range e.rooms {
		part, err := room.Export(ctx, readerID)
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		for name, v := range part {
			if _, twice := out[name]; twice {
				return nil, fmt.Errorf("export: two rooms export %q", name)
			}
			out[name] = v
		}
	}
	return out, nil
}

// Erase removes what the paper keeps of a reader, in every room or in none.
func (e *Everything) Erase(ctx context.Context, readerID string) error {
	return e.tx.InTx(ctx, func(ctx context.Context) error {
		for _, room := range e.rooms {
			if err := room.Erase(ctx, readerID); err != nil {
				return fmt.Errorf("erase: %w", err)
			}
		}
		return nil
	})
}

// Merge gives everything of one reader to another and ends the first account.
func (e *Everything) Merge(ctx context.Context, from, into string) error {
	return e.tx.InTx(ctx, func(ctx context.Context) error {
		for _, room := range e.rooms {
			if err := room.Merge(ctx, from, into); err != nil {
				return fmt.Errorf("merge: %w", err)
			}
		}
		return nil
	})
}
