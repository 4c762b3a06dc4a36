package store

import (
	"context"
	"database/sql"
	"time"

	"broadsheet/desk"
)

const letterColumns = `id, reader_id, key, email, subject, kind, cause, state, error, at`

// KeepLetter notes a mail that left or failed for good. One that is tried again
// later changes its line. What belongs to no account is not kept.
func (db *DB) KeepLetter(ctx context.Context, l desk.Letter) error {
	state := "sent"
	if l.Failed {
		state = "failed"
	}
	_, err := db.exec(ctx, "keep letter", `
		INSERT INTO letters (`+letterColumns+`)
		SELECT CAST($1 AS TEXT), r.id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT), CAST($9 AS TEXT), CAST($10 AS BIGINT)
		FROM readers r WHERE r.id = $2 AND NOT r.erased
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, error = excluded.error, at = excluded.at`,
		l.ID, l.ReaderID, l.Key, l.Email, l.Subject, l.Kind, l.Cause, state, l.Error, stamp(l.At))
	return err
}

func scanLetter(rows *sql.Rows) (l desk.Letter, err error) {
	var state string
	var at sql.NullInt64
	err = rows.Scan(&l.ID, &l.ReaderID, &l.Key, &l.Email, &l.Subject, &l.Kind, &l.Cause, &state, &l.Error, &at)
	l.Failed, l.At = state == "failed", unstamp(at)
	return l, err
}

// LettersOf lists what was sent to a reader, the newest first, from the one
// after before ("" for the first page).
func (db *DB) LettersOf(ctx context.Context, readerID, before string, n int) ([]desk.Letter, error) {
	return all(ctx, db, "letters", scanLetter, `
		SELECT `+letterColumns+` FROM letters
		WHERE reader_id = $1 AND ($2 = '' OR (at, id) < (SELECT at, id FROM letters WHERE id = $2))
		ORDER BY at DESC, id DESC LIMIT $3`, readerID, before, n)
}

// LetterOf finds a letter of that reader's; false for anybody else's.
func (db *DB) LetterOf(ctx context.Context, readerID, id string) (desk.Letter, bool, error) {
	return one(all(ctx, db, "letter", scanLetter, `SELECT `+letterColumns+` FROM letters WHERE reader_id = $1 AND id = $2`, readerID, id))
}

// letterData is the hold on what was mailed.
type letterData struct{ db *DB }

// LetterData registers export, erase and merge for the list of mails.
func (db *DB) LetterData() Personal { return letterData{db} }

func (letterData) Tables() []string { return []string{"letters"} }

type exportedLetter struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Failed  bool      `json:"failed,omitempty"`
}

func (d letterData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	out := []exportedLetter{}
	for before := ""; ; {
		page, err := d.db.LettersOf(ctx, readerID, before, 200)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return map[string]any{"letters": out}, nil
		}
		for _, l := range page {
			out = append(out, exportedLetter{l.At, l.Email, l.Subject, l.Failed})
		}
		before = page[len(page)-1].ID
	}
}

// Erase forgets the letters, and what a mail that failed for good still holds.
func (d letterData) Erase(ctx context.Context, readerID string) error {
	return billingData{d.db}.each(ctx, "erase letters", []string{
		`UPDATE jobs SET payload = 'null' WHERE state = 'dead' AND id IN (SELECT id FROM letters WHERE reader_id = $1)`,
		`DELETE FROM letters WHERE reader_id = $1`,
	}, readerID)
}

// Merge gives the letters to the account that stays.
func (d letterData) Merge(ctx context.Context, from, into string) error {
	return billingData{d.db}.each(ctx, "merge letters", []string{`UPDATE letters SET reader_id = $2 WHERE reader_id = $1`}, from, into)
}
