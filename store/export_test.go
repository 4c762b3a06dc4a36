package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"broadsheet/desk"
)

// SetPatience makes a write wait no longer for the writer than this.
func SetPatience(db *DB, d time.Duration) { db.patience = d }

// Exec runs a statement as somebody with the database alone would.
func Exec(ctx context.Context, db *DB, statement string) error {
	_, err := db.write.ExecContext(ctx, statement)
	return err
}

// ExplainFind says how the engine goes about finding readers, a plan for each
// query.
func ExplainFind(ctx context.Context, db *DB, l desk.Lookup) ([]string, error) {
	explain := `EXPLAIN QUERY PLAN `
	if db.engine == Postgres {
		explain = `EXPLAIN `
	}
	var plans []string
	err := db.InTx(ctx, func(ctx context.Context) error {
		if db.engine == Postgres { // of a few rows it would read all
			for _, way := range []string{"seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"} {
				if _, err := db.w(ctx).ExecContext(ctx, `SET LOCAL enable_`+way+` = off`); err != nil {
					return err
				}
			}
		}
		for _, step := range db.findSteps(l) {
			query, args, err := step(ctx, 51)
			if err != nil {
				return err
			}
			if query == "" {
				continue
			}
			lines, err := all(ctx, db, "explain", func(rows *sql.Rows) (string, error) {
				var line string
				var skip any
				if db.engine == Postgres {
					return line, rows.Scan(&line)
				}
				return line, rows.Scan(&skip, &skip, &skip, &line)
			}, explain+query, args...)
			if err != nil {
				return err
			}
			plans = append(plans, strings.Join(lines, "\n"))
		}
		return nil
	})
	return plans, err
}

// Fill makes n readers of one statement, with names and addresses spread over
// the alphabet.
func Fill(ctx context.Context, db *DB, n int) error {
	// A million rows enter each index out of its order: with its pages in memory
	// they need not be read and written again and again.
	if _, err := db.write.ExecContext(ctx, `PRAGMA cache_size = -262144`); err != nil {
		return err
	}
	_, err := db.write.ExecContext(ctx, `
		WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < $1),
		w AS (SELECT i, substr('abcdefghijklmnopqrstuvwxyz', 1 + (i * 7) % 26, 1) || substr('aeiou', 1 + (i / 26) % 5, 1) || substr('lmnrst', 1 + (i / 130) % 6, 1) AS s FROM k)
		INSERT INTO readers (id, email, email_form, name, name_form, created_at, verified_at, bought, erased)
		SELECT printf('01hv%022d', i), s || i || '@example.org', s || i || '@example.org', upper(s) || ' Number ' || i, s || ' number ' || i, i, i, FALSE, FALSE FROM w`, n)
	return err
}
