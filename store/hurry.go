package store

import (
	"context"
	"fmt"
)

// Hurry lets commits of this process not wait for the disk. It is for filling a
// SQLite database that nobody relies on yet; whoever does so makes the file
// durable before it gets its name. On PostgreSQL it does nothing.
func (db *DB) Hurry(ctx context.Context) error {
	if db.engine == Postgres {
		return nil
	}
	if _, err := db.write.ExecContext(ctx, `PRAGMA synchronous = OFF`); err != nil {
		return fmt.Errorf("hurry: %w", err)
	}
	return nil
}
