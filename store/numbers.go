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

// countBatch is how many lines are added in one transaction: with their sums
// they hold the writer for some tens of milliseconds.
const countBatch = 1000

// AddHours adds a batch of counts and the sums of days and months that hold
// them. Lines are taken in order, so that two batches cannot wait for each other.
func (db *DB) AddHours(ctx context.Context, lines map[numbers.Key]int) error {
	keys := slices.SortedFunc(maps.Keys(lines), func(a, b numbers.Key) int {
		return cmp.Or(cmp.Compare(a.Story, b.Story), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.What, b.What), cmp.Compare(a.Source, b.Source))
	})
	for batch := range slices.Chunk(keys, countBatch) {
		err := db.InTx(ctx, func(ctx context.Context) error {
			if err := db.addHourLines(ctx, batch, lines); err != nil {
				return err
			}
			days, months := sums(batch, lines)
			if err := db.addSums(ctx, "count_days", "day", days); err != nil {
				return err
			}
			return db.addSums(ctx, "count_months", "month", months)
		})
		if err != nil {
			return fmt.Errorf("add hours: %w", err)
		}
	}
	return nil
}

func (db *DB) addHourLines(ctx context.Context, keys []numbers.Key, lines map[numbers.Key]int) error {
	for chunk := range slices.Chunk(keys, 100) {
		var args []any
		for _, k := range chunk {
			args = append(args, k.Story, k.Hour, string(k.What), k.Source, lines[k])
		}
		if _, err := db.exec(ctx, "hours", `INSERT INTO story_hours (story, hour, what, source, n) VALUES `+tuples(len(chunk), 5)+`
			ON CONFLICT (story, hour, what, source) DO UPDATE SET n = story_hours.n + excluded.n`, args...); err != nil {
			return err
		}
	}
	return nil
}

// sumKey is a row of the sums.
type sumKey struct {
	dim  numbers.Dim
	span int64 // the day, or the month
	name string
}

// sums adds lines up by day and by month.
func sums(keys []numbers.Key, lines map[numbers.Key]int) (days, months map[sumKey]*numbers.Tally) {
	days, months = map[sumKey]*numbers.Tally{}, map[sumKey]*numbers.Tally{}
	add := func(to map[sumKey]*numbers.Tally, k sumKey, what numbers.What, n int) {
		if to[k] == nil {
			to[k] = &numbers.Tally{}
		}
		to[k].Add(what, int64(n))
	}
	for _, k := range keys {
		for dim, name := range map[numbers.Dim]string{numbers.OfPaper: "", numbers.OfStory: k.Story, numbers.OfSource: k.Source} {
			add(days, sumKey{dim, k.Day, name}, k.What, lines[k])
			add(months, sumKey{dim, k.Month, name}, k.What, lines[k])
		}
	}
	return days, months
}

const tallyColumns = `reads, register_walls, subscribe_walls, registered, begun, bought`

func (db *DB) addSums(ctx context.Context, table, span string, sums map[sumKey]*numbers.Tally) error {
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.dim, b.dim), cmp.Compare(a.span, b.span), cmp.Compare(a.name, b.name))
	})
	more := func(column string) string { return column + ` = ` + table + `.` + column + ` + excluded.` + column }
	var set []string
	for column := range strings.SplitSeq(tallyColumns, ", ") {
		set = append(set, more(column))
	}
	for chunk := range slices.Chunk(keys, 50) {
		var args []any
		for _, k := range chunk {
			t := sums[k]
			args = append(args, string(k.dim), k.span, k.name, t.Reads, t.RegisterWalls, t.SubscribeWalls, t.Registered, t.Begun, t.Bought)
		}
		if _, err := db.exec(ctx, "sums", `INSERT INTO `+table+` (dim, `+span+`, name, `+tallyColumns+`) VALUES `+tuples(len(chunk), 9)+`
			ON CONFLICT (dim, `+span+`, name) DO UPDATE SET `+strings.Join(set, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}

// StoryAt is the id of the story that has an address, or had it; "" for none.
func (db *DB) StoryAt(ctx context.Context, slug string) (string, error) {
	var id string
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT id FROM stories WHERE slug = $1 UNION ALL SELECT story FROM story_addresses WHERE slug = $1 LIMIT 1`, slug).Scan(&id)
	_, err = missing(err)
	return id, err
}

// HourLine is a line of the count with its number.
type HourLine struct {
	Story  string
	Hour   int64
	What   numbers.What
	Source string
	N      int
}

// Hours lists the counts of a story, from one second to before another.
func (db *DB) Hours(ctx context.Context, story string, from, to int64) ([]HourLine, error) {
	return all(ctx, db, "hours", func(rows *sql.Rows) (l HourLine, err error) {
		err = rows.Scan(&l.Story, &l.Hour, &l.What, &l.Source, &l.N)
		return l, err
	}, `SELECT story, hour, what, source, n FROM story_hours WHERE story = $1 AND hour >= $2 AND hour < $3 ORDER BY story, hour, what, source`, story, from, to)
}
