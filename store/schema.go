package store

import (
	"context"
	"fmt"
)

// Columns lists every table of the paper with the names of its columns.
func (db *DB) Columns(ctx context.Context) (map[string][]string, error) {
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
	if db.engine == SQLite {
		query = `SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'`
	}
	rows, err := db.r(ctx).QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	defer rows.Close()
	all := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		all[table] = append(all[table], column)
	}
	return all, rows.Err()
}
