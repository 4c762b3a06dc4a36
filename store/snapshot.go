package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"broadsheet/internal/archive"
)

// versionTable is the migrations' own: it belongs to a database, not to what a
// paper keeps in it.
const versionTable = "goose_db_version"

// Snapshot is the content of the database at one moment, while others write. It
// is an archive's source.
type Snapshot struct {
	tx     *sql.Tx
	schema int64
	tables []archive.Table
}

// Snapshot opens one. Close it: until then SQLite's log cannot be folded in,
// and PostgreSQL keeps what was deleted.
func (db *DB) Snapshot(ctx context.Context) (*Snapshot, error) {
	options := &sql.TxOptions{ReadOnly: true}
	if db.engine == Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	s := &Snapshot{tx: tx}
	// The first read is the moment.
	if s.schema, err = schemaVersion(ctx, tx); err == nil {
		s.tables, err = db.tables(ctx, tx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("snapshot: %w", err), tx.Rollback())
	}
	return s, nil
}

// Close lets go of the moment.
func (s *Snapshot) Close() error { return s.tx.Rollback() }

// Schema is the number of the last migration.
func (s *Snapshot) Schema() int64 { return s.schema }

// Tables are the paper's tables, by name.
func (s *Snapshot) Tables() []archive.Table { return s.tables }

// Each reads a table's rows, one at a time.
func (s *Snapshot) Each(ctx context.Context, table string, row func(values []any) error) error {
	at := slices.IndexFunc(s.tables, func(t archive.Table) bool { return t.Name == table })
	if at < 0 {
		return fmt.Errorf("there is no table %s", table)
	}
	columns := s.tables[at].Columns
	rows, err := s.tx.QueryContext(ctx, `SELECT `+columnList(columns)+` FROM `+quoted(table))
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// schemaVersion is the number of the last migration that was applied, 0 before
// the first.
func schemaVersion(ctx context.Context, on querier) (int64, error) {
	var version sql.NullInt64
	err := on.QueryRowContext(ctx, `SELECT max(version_id) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

// tables lists the paper's tables with their columns, without what an engine
// keeps for itself and what it computes by itself.
func (db *DB) tables(ctx context.Context, on querier) ([]archive.Table, error) {
	query := `
		SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
		ORDER BY c.table_name COLLATE "C", c.ordinal_position`
	if db.engine == SQLite {
		query = `
			SELECT t.name, c.name, c.type FROM pragma_table_list t, pragma_table_info(t.name) c
			WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
			ORDER BY t.name, c.cid`
	}
	rows, err := on.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	defer rows.Close()
	var all []archive.Table
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, fmt.Errorf("tables: %w", err)
		}
		if table == versionTable {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Name != table {
			all = append(all, archive.Table{Name: table})
		}
		c := archive.Column{Name: column, Kind: kinds[strings.ToUpper(kind)]}
		if c.Kind == "" {
			return nil, fmt.Errorf("%s.%s is a %q, which no archive can carry", table, column, kind)
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, c)
	}
	return all, rows.Err()
}

// kinds are the engines' words for what a column holds.
var kinds = map[string]archive.Kind{
	"BIGINT": archive.Int, "INTEGER": archive.Int, "INT": archive.Int, "SMALLINT": archive.Int,
	"TEXT": archive.Text, "CHARACTER VARYING": archive.Text,
	"BOOLEAN": archive.Bool,
	"BLOB":    archive.Bytes, "BYTEA": archive.Bytes,
	"REAL": archive.Real, "DOUBLE PRECISION": archive.Real,
}

// quoted is a name as SQL takes it, whatever it is made of.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func columnList(columns []archive.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}
