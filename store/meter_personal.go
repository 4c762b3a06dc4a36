package store

import (
	"context"
	"fmt"
	"slices"

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

// Erase forgets what was read, and by which devices. Their ids begin anew. The
// reader's row stays, empty and at a new revision: an instance that still
// remembers the counts must find them stale, and not write them again.
func (d meterData) Erase(ctx context.Context, readerID string) error {
	for _, statement := range []string{
		`UPDATE meters SET counts = '', rev = rev + 1 WHERE id = $1`,
		`DELETE FROM meters WHERE reader_id = $1 AND id <> $1`,
		`DELETE FROM gift_links WHERE reader_id = $1`,
	} {
		if _, err := d.db.w(ctx).ExecContext(ctx, statement, readerID); err != nil {
			return fmt.Errorf("erase the meter: %w", err)
		}
	}
	return nil
}

// Merge gives one reader's counts and devices to another. The row that ends
// follows the other one like a device: what is being counted in it meanwhile
// turns out stale, and is counted there.
func (d meterData) Merge(ctx context.Context, from, into string) error {
	if from == into {
		return fmt.Errorf("merge meters: %s into itself", from)
	}
	return d.db.InTx(ctx, func(ctx context.Context) error {
		ids := []string{from, into}
		slices.Sort(ids)
		for _, id := range ids { // locked before they are read, in the order that groups are written in
			if err := d.db.makePool(ctx, id, id); err != nil {
				return err
			}
		}
		if err := d.db.moveCounts(ctx, from, into); err != nil {
			return err
		}
		for _, statement := range []string{
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
