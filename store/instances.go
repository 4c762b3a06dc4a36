package store

import (
	"context"
	"database/sql"
	"time"

	"broadsheet/desk"
)

// SeeInstance notes that a process lives, and forgets those that gave no sign
// since that wall time.
func (db *DB) SeeInstance(ctx context.Context, i desk.Instance, forget time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "forget instances", `DELETE FROM instances WHERE seen_at < $1`, stamp(forget)); err != nil {
			return err
		}
		_, err := db.exec(ctx, "see instance", `
			INSERT INTO instances (id, host, version, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, i.ID, i.Host, i.Version, stamp(i.Started), stamp(i.Seen))
		return err
	})
}

// DropInstance forgets a process that stops.
func (db *DB) DropInstance(ctx context.Context, id string) error {
	_, err := db.exec(ctx, "drop instance", `DELETE FROM instances WHERE id = $1`, id)
	return err
}

// Instances are the processes that are known, the oldest first.
func (db *DB) Instances(ctx context.Context) ([]desk.Instance, error) {
	return all(ctx, db, "instances", func(rows *sql.Rows) (i desk.Instance, err error) {
		var started, seen sql.NullInt64
		err = rows.Scan(&i.ID, &i.Host, &i.Version, &started, &seen)
		i.Started, i.Seen = unstamp(started), unstamp(seen)
		return i, err
	}, `SELECT id, host, version, started_at, seen_at FROM instances ORDER BY started_at, id`)
}
