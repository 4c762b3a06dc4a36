package store

import (
	"context"
	"fmt"
)

// Mark is what was last noted under a name; "" for nothing.
func (db *DB) Mark(ctx context.Context, name string) (string, error) {
	var value string
	_, err := missing(db.r(ctx).QueryRowContext(ctx, `SELECT value FROM marks WHERE name = $1`, name).Scan(&value))
	if err != nil {
		return "", fmt.Errorf("mark %s: %w", name, err)
	}
	return value, nil
}

// SetMark notes a value under a name, in place of the last.
func (db *DB) SetMark(ctx context.Context, name, value string) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO marks (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	if err != nil {
		return fmt.Errorf("set mark %s: %w", name, err)
	}
	return nil
}
