package store

import (
	"context"
	"time"
)

// Readdress gives an account another address, which nobody has proven yet; false
// if another account has it.
func (db *DB) Readdress(ctx context.Context, readerID, email, form string) (bool, error) {
	n, err := db.exec(ctx, "readdress", `
		UPDATE readers SET email = $1, email_form = $2, verified_at = NULL WHERE id = $3 AND NOT erased
		AND NOT EXISTS (SELECT 1 FROM readers o WHERE o.email_form = $2 AND o.id <> $3)`, email, form, readerID)
	return n == 1, err
}

// EndGrant ends a plan that was given; false if that reader has no such one, or
// it was over.
func (db *DB) EndGrant(ctx context.Context, readerID, grant string, at time.Time) (bool, error) {
	n, err := db.exec(ctx, "end grant", `
		UPDATE grants SET to_at = $3 WHERE id = $1 AND reader_id = $2 AND (to_at IS NULL OR to_at > $3)`, grant, readerID, stamp(at))
	return n == 1, err
}
