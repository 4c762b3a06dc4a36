package store

import (
	"context"
	"fmt"
)

type editingData struct{ db *DB }

// EditingData registers export, erase and merge for what a member of the desk
// wrote and opened. What they wrote is the paper's and stays; it names them by
// an identifier only.
func (db *DB) EditingData() Personal { return editingData{db} }

func (editingData) Tables() []string { return []string{"manuscript_readers", "manuscript_links"} }

// Export counts: the texts themselves are the paper's.
func (d editingData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	var begun, revisions, links int
	err := d.db.r(ctx).QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM manuscripts WHERE owner = $1),
		       (SELECT count(*) FROM manuscript_revisions WHERE by_id = $1),
		       (SELECT count(*) FROM manuscript_links WHERE reader_id = $1)`, readerID).Scan(&begun, &revisions, &links)
	if err != nil {
		return nil, fmt.Errorf("export the desk's work: %w", err)
	}
	if begun+revisions+links == 0 {
		return map[string]any{}, nil
	}
	return map[string]any{"desk": map[string]int{"stories_begun": begun, "revisions": revisions, "preview_links": links}}, nil
}

// Erase forgets what was open, and ends the links.
func (d editingData) Erase(ctx context.Context, readerID string) error {
	for _, statement := range []string{
		`DELETE FROM manuscript_readers WHERE reader_id = $1`,
		`DELETE FROM manuscript_links WHERE reader_id = $1`,
	} {
		if _, err := d.db.w(ctx).ExecContext(ctx, statement, readerID); err != nil {
			return fmt.Errorf("erase the desk's work: %w", err)
		}
	}
	return nil
}

// Merge gives one account's work to another.
func (d editingData) Merge(ctx context.Context, from, into string) error {
	for _, statement := range []string{
		`DELETE FROM manuscript_readers WHERE reader_id = $1 AND $2 <> ''`,
		`UPDATE manuscript_links SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE manuscripts SET owner = $2 WHERE owner = $1`,
		`UPDATE manuscripts SET edited_by = $2 WHERE edited_by = $1`,
		`UPDATE manuscript_revisions SET by_id = $2 WHERE by_id = $1`,
	} {
		if _, err := d.db.w(ctx).ExecContext(ctx, statement, from, into); err != nil {
			return fmt.Errorf("merge the desk's work: %w", err)
		}
	}
	return nil
}
