package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// onPostgres runs fn in one transaction on a connection of its own.
func onPostgres(ctx context.Context, address string, fn func(tx *sql.Tx) error) error {
	db, err := openPostgres(ctx, address, nil)
	if err != nil {
		return err
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if err = fn(tx); err == nil {
		err = tx.Commit()
	} else {
		err = errors.Join(err, tx.Rollback())
	}
	return errors.Join(err, db.Close())
}

func makeSchema(ctx context.Context, address, schema string) error {
	return onPostgres(ctx, address, func(tx *sql.Tx) error {
		if err := nobodyElse(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE SCHEMA `+quoted(schema)); err != nil {
			return fmt.Errorf("a schema beside the paper's cannot be made (the user of DATABASE_URL needs CREATE on the database): %w", err)
		}
		return nil
	})
}

func dropSchema(ctx context.Context, address, schema string) error {
	return onPostgres(ctx, address, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DROP SCHEMA `+quoted(schema)+` CASCADE`)
		return err
	})
}

// swapSchemas puts a schema in the place of the paper's, in one transaction.
// The old one stays under another name, unless it is empty.
func swapSchemas(ctx context.Context, address, built, before string) (kept string, err error) {
	err = onPostgres(ctx, address, func(tx *sql.Tx) error {
		if err := nobodyElse(ctx, tx); err != nil {
			return err
		}
		var name string
		var empty bool
		err := tx.QueryRowContext(ctx, `SELECT current_schema(), NOT EXISTS (
			SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace)`).Scan(&name, &empty)
		if err != nil {
			return fmt.Errorf("the paper's schema: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `ALTER SCHEMA `+quoted(name)+` RENAME TO `+quoted(before)); err != nil {
			return fmt.Errorf("the schema %s cannot be set aside (the user of DATABASE_URL must own it): %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, `ALTER SCHEMA `+quoted(built)+` RENAME TO `+quoted(name)); err != nil {
			return err
		}
		if !empty {
			kept = "the schema " + before
			return nil
		}
		_, err = tx.ExecContext(ctx, `DROP SCHEMA `+quoted(before))
		return err
	})
	return kept, err
}

// nobodyElse fails with ErrInUse while another session is on this database. A
// session that was just closed may take a moment to be gone.
func nobodyElse(ctx context.Context, tx *sql.Tx) error {
	const patience, pause = 20, 50 * time.Millisecond
	var others int
	for range patience {
		// Statistics are read once per transaction unless told otherwise.
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity CROSS JOIN (SELECT pg_stat_clear_snapshot()) AS fresh
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			return err
		}
		if others == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("%w: %d other sessions are on it", ErrInUse, others)
}
