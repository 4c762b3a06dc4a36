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

// ErrOtherSchema is content that does not fit this schema's tables.
var ErrOtherSchema = errors.New("its tables are not those of this program's schema")

// Load puts the content of a source in place of all that is there. It is for a
// database that nobody uses yet: rules between tables and triggers are put
// aside meanwhile, since a source gives rows in no order that would satisfy
// them, and on SQLite the work is many transactions. Check says afterwards
// whether the rules hold.
func (db *DB) Load(ctx context.Context, from archive.Source) error {
	own, err := db.tables(ctx, db.read)
	if err != nil {
		return err
	}
	theirs := slices.SortedFunc(slices.Values(from.Tables()), func(a, b archive.Table) int { return strings.Compare(a.Name, b.Name) })
	if !slices.EqualFunc(own, theirs, sameTable) {
		return ErrOtherSchema
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	if db.engine == Postgres {
		err = loadPostgres(ctx, conn, from, own)
	} else {
		err = loadSQLite(ctx, conn, from, own)
	}
	return errors.Join(err, conn.Close())
}

// sameTable reports whether rows of one fit the other: the same columns, in
// whatever order a later ALTER TABLE left them.
func sameTable(a, b archive.Table) bool {
	byName := func(x, y archive.Column) int { return strings.Compare(x.Name, y.Name) }
	return a.Name == b.Name && slices.Equal(slices.SortedFunc(slices.Values(a.Columns), byName), slices.SortedFunc(slices.Values(b.Columns), byName))
}

// Check asks the engine whether the database is whole: its pages, its indexes,
// and every row that names another.
func (db *DB) Check(ctx context.Context) error {
	if db.engine == Postgres {
		return nil // PostgreSQL has looked at every rule when Load put it back
	}
	var verdict string
	if err := db.read.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("integrity check: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("the database is damaged: %s", verdict)
	}
	var table, parent string
	none, err := missing(db.read.QueryRowContext(ctx, `SELECT "table", parent FROM pragma_foreign_key_check LIMIT 1`).Scan(&table, &parent))
	if err == nil && !none {
		err = fmt.Errorf("a row of %s names one of %s that is not there", table, parent)
	}
	return err
}

// loadBatch is how many rows one transaction takes on SQLite, so that its log
// stays small.
const loadBatch = 20_000

// loadSQLite loads on the one connection that writes.
func loadSQLite(ctx context.Context, conn *sql.Conn, from archive.Source, tables []archive.Table) (err error) {
	if _, err := conn.ExecContext(ctx, `PRAGMA foreign_keys = 0`); err != nil {
		return err
	}
	defer func() {
		_, on := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA foreign_keys = 1`)
		err = errors.Join(err, on)
	}()
	triggers, err := asidePut(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := loadTable(ctx, conn, from, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for _, t := range triggers {
		if _, err := conn.ExecContext(ctx, t); err != nil {
			return fmt.Errorf("put a trigger back: %w", err)
		}
	}
	return nil
}

// asidePut drops every trigger and gives what makes them again.
func asidePut(ctx context.Context, conn *sql.Conn) ([]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names, texts []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, texts = append(names, name), append(texts, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := conn.ExecContext(ctx, `DROP TRIGGER `+quoted(name)); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func loadTable(ctx context.Context, conn *sql.Conn, from archive.Source, t archive.Table) error {
	columns := columnsOf(from, t.Name)
	insert := `INSERT INTO ` + quoted(t.Name) + ` (` + columnList(columns) + `) VALUES ` + tuples(1, len(columns))
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // the last; after a commit this does nothing
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+quoted(t.Name)); err != nil {
		return err
	}
	put, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	n := 0
	err = from.Each(ctx, t.Name, func(values []any) error {
		if n++; n%loadBatch == 0 {
			if err := errors.Join(put.Close(), tx.Commit()); err != nil {
				return err
			}
			if tx, err = conn.BeginTx(ctx, nil); err != nil {
				return err
			}
			if put, err = tx.PrepareContext(ctx, insert); err != nil {
				return err
			}
		}
		_, err := put.ExecContext(ctx, values...)
		return err
	})
	return errors.Join(err, put.Close(), commitIf(err == nil, tx))
}

func commitIf(ok bool, tx *sql.Tx) error {
	if !ok {
		return nil
	}
	return tx.Commit()
}

// columnsOf are a table's columns in the order of the source's values.
func columnsOf(from archive.Source, table string) []archive.Column {
	for _, t := range from.Tables() {
		if t.Name == table {
			return t.Columns
		}
	}
	return nil
}
