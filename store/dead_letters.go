package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// ForgetJob gives a dead letter up for good: what it carried and why it failed
// are wiped, its key stays. false if it is not dead.
func (db *DB) ForgetJob(ctx context.Context, id string, now time.Time) (bool, error) {
	return db.onHeldJob(ctx, "forget", `UPDATE jobs SET state = 'done', payload = 'null', last_error = '', ended_at = $3
		WHERE id = $1 AND holder = $2 AND state = 'dead'`, id, "", stamp(now))
}

type deadLetters struct{ db *DB }

// DeadLetterData reaches what dead jobs carry of a reader. It must act while
// the reader's addresses are still known.
func (db *DB) DeadLetterData() Personal { return deadLetters{db} }

// Tables are none: a job carries a reader's id or address inside.
func (deadLetters) Tables() []string { return nil }

// Export gives nothing: what a job carries is said by the room that asked for it.
func (deadLetters) Export(context.Context, string) (map[string]any, error) { return nil, nil }

// Erase forgets the dead jobs that carry the reader's id, or an address of
// theirs: nobody is to retry them, or to read in them.
func (d deadLetters) Erase(ctx context.Context, readerID string) error {
	known, err := all(ctx, d.db, "erase dead jobs", func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }, `
		SELECT email FROM readers WHERE id = $1 UNION SELECT email FROM customers WHERE reader_id = $1`, readerID)
	if err != nil {
		return err
	}
	for _, word := range append(known, readerID) {
		if word == "" {
			continue
		}
		quoted, err := json.Marshal(word) // as a whole value: an address may end in another
		if err != nil {
			return err
		}
		if _, err := d.db.exec(ctx, "erase dead jobs", `
			UPDATE jobs SET state = 'done', payload = 'null', last_error = ''
			WHERE state = 'dead' AND replace(lower(payload), lower($1), '') <> lower(payload)`, string(quoted)); err != nil {
			return fmt.Errorf("erase dead jobs: %w", err)
		}
	}
	return nil
}

// Merge leaves them: they follow a reader's id where it leads.
func (deadLetters) Merge(context.Context, string, string) error { return nil }
