package store

import (
	"context"
	"database/sql"
	"slices"
)

// ReadsOf adds up the reads of these stories, over all days.
func (db *DB) ReadsOf(ctx context.Context, stories []string) (map[string]int64, error) {
	out := map[string]int64{}
	for chunk := range slices.Chunk(stories, 200) {
		args := texts(nil, chunk)
		_, err := all(ctx, db, "reads", func(rows *sql.Rows) (n int64, err error) {
			var id string
			err = rows.Scan(&id, &n)
			out[id] = n
			return n, err
		}, `SELECT story, SUM(reads) FROM story_reads WHERE story IN (`+holders(len(chunk))+`) GROUP BY story`, args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
