package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"broadsheet/numbers"
)

// FirstCountDay is where FillCounts begins.
const FirstCountDay = int64(19_700)

// ExplainNumbers says how the engine goes about the numbers' larger queries.
func ExplainNumbers(ctx context.Context, db *DB, r numbers.Range) ([]string, error) {
	explain := `EXPLAIN QUERY PLAN `
	if db.engine == Postgres {
		explain = `EXPLAIN `
	}
	at := []any{stamp(time.Unix(0, 1)), stamp(time.Unix(1, 0))}
	queries := [][]any{
		append([]any{summed}, sumArgs(numbers.OfStory, r)...),
		append([]any{payingReaders}, append(slices.Clone(at), "", 10)...),
	}
	for _, q := range taken {
		queries = append(queries, append([]any{q}, at...))
	}
	var plans []string
	err := db.InTx(ctx, func(ctx context.Context) error {
		if db.engine == Postgres { // of a few rows it would read all
			if _, err := db.w(ctx).ExecContext(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
		}
		for _, q := range queries {
			lines, err := all(ctx, db, "explain", func(rows *sql.Rows) (string, error) {
				var line string
				var skip any
				if db.engine == Postgres {
					return line, rows.Scan(&line)
				}
				return line, rows.Scan(&skip, &skip, &skip, &line)
			}, explain+q[0].(string), q[1:]...)
			if err != nil {
				return err
			}
			plans = append(plans, strings.Join(lines, "\n"))
		}
		return nil
	})
	return plans, err
}

// FillCounts counts n stories through 380 days: every story is read on every day
// of its first month and on each tenth day since, and the paper and eight sources
// daily.
func FillCounts(ctx context.Context, db *DB, n int) error {
	for _, statement := range []string{
		`WITH RECURSIVE d (day) AS (SELECT $1 UNION ALL SELECT day + 1 FROM d WHERE day < $1 + 380),
			s (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $2 - 1)
			INSERT INTO count_days (dim, day, name, reads, register_walls, subscribe_walls, registered, begun, bought)
			SELECT 'story', day, printf('story%020d', i), 7, 2, 1, 1, 1, 1 FROM s, d
			WHERE day >= $1 + i * 365 / $2 AND (day < $1 + i * 365 / $2 + 30 OR (day + i) % 10 = 0)`,
		`INSERT INTO count_days SELECT 'paper', day, '', sum(reads), 1, 1, 1, 1, 1 FROM count_days WHERE dim = 'story' AND $1 = $1 AND $2 = $2 GROUP BY day`,
		`WITH RECURSIVE k (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 7)
			INSERT INTO count_days SELECT 'source', day, 'site' || i || '.example', 5, 1, 1, 1, 1, 1 FROM count_days, k WHERE dim = 'paper' AND $1 = $1 AND $2 = $2`,
		`INSERT INTO count_months SELECT dim, CAST(strftime('%Y', day * 86400, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', day * 86400, 'unixepoch') AS INTEGER) - 1,
			name, sum(reads), sum(register_walls), sum(subscribe_walls), sum(registered), sum(begun), sum(bought)
			FROM count_days WHERE $1 = $1 AND $2 = $2 GROUP BY 1, 2, 3`,
	} {
		if _, err := db.write.ExecContext(ctx, statement, FirstCountDay, n); err != nil {
			return err
		}
	}
	return nil
}
