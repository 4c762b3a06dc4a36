package store

import (
	"context"
	"time"
)

// SetPatience makes a write wait no longer for the writer than this.
func SetPatience(db *DB, d time.Duration) { db.patience = d }

// Exec runs a statement as somebody with the database alone would.
func Exec(ctx context.Context, db *DB, statement string) error {
	_, err := db.write.ExecContext(ctx, statement)
	return err
}
