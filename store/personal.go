package store

import "context"

// Personal is one room's hold on what is kept of a reader: every table with a
// reader's id belongs to one, and a test reads the schema to find orphans.
// Package journey acts on all of them together.
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

// Personal is every room's hold, in the order in which they act: what refers to
// accounts before the accounts.
func (db *DB) Personal() []Personal {
	return []Personal{
		db.DeadLetterData(), // while the addresses are known
		db.MeterData(),
		db.LetterData(),
		db.EditingData(),
		db.GiftData(),
		db.BillingData(),
		db.DeskData(),
		db.BackData(),
		db.ReaderData(),
	}
}
