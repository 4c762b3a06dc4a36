package store

import (
	"context"
	"fmt"

	"broadsheet/paywall"
)

type meterData struct{ db *DB }

// MeterData registers export, erase and merge for what a reader read against
// the allowance, and for the gift links they made.
func (db *DB) MeterData() Personal { return meterData{db} }

func (meterData) Tables() []string { return []string{"meters", "gift_links"} }

// Export gives the stories that were counted and the devices that share the
// counts.
func (d meterData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	pool, err := d.db.ReaderPool(ctx, readerID)
	if err != nil {
		return nil, fmt.Errorf("export the meter: %w", err)
	}
	var devices, links int
	err = d.db.r(ctx).QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM meters WHERE reader_id = $1 AND id <> $1),
		       (SELECT count(*) FROM gift_links WHERE reader_id = $1)`, readerID).Scan(&devices, &links)
	if err != nil {
		return nil, fmt.Errorf("export the meter: %w", err)
	}
	counts := pool.Counts
	if counts == nil {
		counts = []paywall.Count{}
	}
	return map[string]any{"meter": map[string]any{"counted": counts, "devices": devices, "gift_links": links}}, nil
}

// Erase forgets what was read, and by which devices. Their ids begin anew.
func (d meterData) Erase(ctx context.Context, readerID string) error {
	for _, statement := range []string{
		`DELETE FROM meters WHERE reader_id = $1`,
		`DELETE FROM gift_links WHERE reader_id = $1`,
	} {
		if _, err := d.db.w(ctx).ExecContext(ctx, statement, readerID); err != nil {
			return fmt.Errorf("erase the meter: %w", err)
		}
	}
	return nil
}

// Merge gives one reader's counts and devices to another.
func (d meterData) Merge(ctx context.Context, from, into string) error {
	return d.db.InTx(ctx, func(ctx context.Context) error {
		pool, err := d.db.ReaderPool(ctx, from)
		if err != nil {
			return fmt.Errorf("merge meters: %w", err)
		}
		// An empty join makes the other pool if there is none yet.
		if err := d.db.makePool(ctx, into, into); err != nil {
			return err
		}
		if err := d.db.addCounts(ctx, into, formatCounts(pool.Counts)); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM meters WHERE id = $1 AND id <> $2`,
			`UPDATE meters SET reader_id = $2, rev = rev + 1 WHERE reader_id = $1`,
			`UPDATE gift_links SET reader_id = $2 WHERE reader_id = $1`,
		} {
			if _, err := d.db.w(ctx).ExecContext(ctx, statement, from, into); err != nil {
				return fmt.Errorf("merge meters: %w", err)
			}
		}
		return nil
	})
}
