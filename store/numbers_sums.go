package store

import (
	"context"
	"database/sql"

	"broadsheet/numbers"
)

func scanTally(t *numbers.Tally) []any {
	return []any{&t.Reads, &t.RegisterWalls, &t.SubscribeWalls, &t.Registered, &t.Begun, &t.Bought}
}

// CountsByDay lists what happened in the whole paper on each day on which
// something did, in order.
func (db *DB) CountsByDay(ctx context.Context, r numbers.Range) ([]numbers.DayTally, error) {
	return all(ctx, db, "counts by day", func(rows *sql.Rows) (d numbers.DayTally, err error) {
		return d, rows.Scan(append([]any{&d.Day}, scanTally(&d.Tally)...)...)
	}, `SELECT day, `+tallyColumns+` FROM count_days WHERE dim = 'paper' AND day >= $1 AND day < $2 ORDER BY day`, r.From, r.To)
}

// summed adds up what was counted by name in three ranges: the days at the ends
// of what is asked for, and the whole months between them.
const summed = `SELECT name, CAST(sum(reads) AS BIGINT) AS reads, CAST(sum(register_walls) AS BIGINT) AS register_walls,
	CAST(sum(subscribe_walls) AS BIGINT) AS subscribe_walls, CAST(sum(registered) AS BIGINT) AS registered,
	CAST(sum(begun) AS BIGINT) AS begun, CAST(sum(bought) AS BIGINT) AS bought FROM (
		SELECT name, ` + tallyColumns + ` FROM count_days WHERE dim = $1 AND day >= $2 AND day < $3
		UNION ALL SELECT name, ` + tallyColumns + ` FROM count_months WHERE dim = $1 AND month >= $4 AND month < $5
		UNION ALL SELECT name, ` + tallyColumns + ` FROM count_days WHERE dim = $1 AND day >= $6 AND day < $7
	) AS parts GROUP BY name`

func sumArgs(dim numbers.Dim, r numbers.Range) []any {
	head, months, tail := r.Parts()
	return []any{string(dim), head.From, head.To, months.From, months.To, tail.From, tail.To}
}

// CountsBySource lists what happened by where readers came from, the most reads
// first.
func (db *DB) CountsBySource(ctx context.Context, r numbers.Range) ([]numbers.NamedTally, error) {
	return all(ctx, db, "counts by source", func(rows *sql.Rows) (n numbers.NamedTally, err error) {
		return n, rows.Scan(append([]any{&n.Name}, scanTally(&n.Tally)...)...)
	}, summed+` ORDER BY reads DESC, name`, sumArgs(numbers.OfSource, r)...)
}

const countsByStory = `SELECT coalesce(s.id, ''), coalesce(s.slug, ''), coalesce(s.headline, ''), coalesce(c.name, ''), ` + tallyColumns + `
	FROM (` + summed + `) AS sums LEFT JOIN stories s ON s.id = sums.name LEFT JOIN sections c ON c.slug = s.section
	ORDER BY reads DESC, sums.name DESC`

// CountsByStory lists what happened at each story, the most reads first.
func (db *DB) CountsByStory(ctx context.Context, r numbers.Range) ([]numbers.StoryTally, error) {
	return all(ctx, db, "counts by story", func(rows *sql.Rows) (s numbers.StoryTally, err error) {
		return s, rows.Scan(append([]any{&s.Story, &s.Slug, &s.Headline, &s.Section}, scanTally(&s.Tally)...)...)
	}, countsByStory, sumArgs(numbers.OfStory, r)...)
}
