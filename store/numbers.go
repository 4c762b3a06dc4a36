package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"broadsheet/numbers"
)

// AddHours adds a batch of counts. Lines are taken in order, so that two
// batches cannot wait for each other.
func (db *DB) AddHours(ctx context.Context, lines map[numbers.Key]int) error {
	keys := slices.SortedFunc(maps.Keys(lines), func(a, b numbers.Key) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Story, b.Story), cmp.Compare(a.What, b.What), cmp.Compare(a.Source, b.Source))
	})
	err := db.InTx(ctx, func(ctx context.Context) error {
		for chunk := range slices.Chunk(keys, 100) {
			var args []any
			var rows strings.Builder
			for i, k := range chunk {
				if i > 0 {
					rows.WriteString(", ")
				}
				rows.WriteString("(" + list(len(args)+1, 5) + ")")
				args = append(args, k.Hour, k.Story, string(k.What), k.Source, lines[k])
			}
			if _, err := db.w(ctx).ExecContext(ctx, `INSERT INTO story_hours (hour, story, what, source, n) VALUES `+rows.String()+`
				ON CONFLICT (hour, story, what, source) DO UPDATE SET n = story_hours.n + excluded.n`, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add hours: %w", err)
	}
	return nil
}

// HourLine is a line of the count with its number.
type HourLine struct {
	numbers.Key
	N int
}

// Hours lists the counts of the hours from one second to before another.
func (db *DB) Hours(ctx context.Context, from, to int64) ([]HourLine, error) {
	return all(ctx, db, "hours", func(rows *sql.Rows) (l HourLine, err error) {
		err = rows.Scan(&l.Hour, &l.Story, &l.What, &l.Source, &l.N)
		return l, err
	}, `SELECT hour, story, what, source, n FROM story_hours WHERE hour >= $1 AND hour < $2 ORDER BY hour, story, what, source`, from, to)
}
