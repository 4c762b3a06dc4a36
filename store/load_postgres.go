package store

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"broadsheet/internal/archive"
)

// loadPostgres loads in one transaction: all of it holds, or nothing. Putting
// the rules between tables back makes the engine look at every row.
func loadPostgres(ctx context.Context, conn *sql.Conn, from archive.Source, tables []archive.Table) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit this does nothing
	rules, err := dropRules(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := copyTable(ctx, tx, conn, from, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for _, r := range rules {
		if _, err := tx.ExecContext(ctx, `ALTER TABLE `+quoted(r.table)+` ADD CONSTRAINT `+quoted(r.name)+` `+r.text); err != nil {
			return fmt.Errorf("a row of %s names one that is not there: %w", r.table, err)
		}
	}
	if err := countOn(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// rule is what one table says of another's rows.
type rule struct{ table, name, text string }

func dropRules(ctx context.Context, tx *sql.Tx) ([]rule, error) {
	var all []rule
	err := each(ctx, tx, func(row scanner) error {
		var r rule
		err := row.Scan(&r.table, &r.name, &r.text)
		all = append(all, r)
		return err
	}, `SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
		WHERE c.contype = 'f' AND t.relnamespace = current_schema()::regnamespace ORDER BY t.relname, c.conname`)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if _, err := tx.ExecContext(ctx, `ALTER TABLE `+quoted(r.table)+` DROP CONSTRAINT `+quoted(r.name)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func each(ctx context.Context, on querier, row func(scanner) error, query string, args ...any) error {
	rows, err := on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// copyTable streams a table through COPY, in PostgreSQL's own text form.
func copyTable(ctx context.Context, tx *sql.Tx, conn *sql.Conn, from archive.Source, t archive.Table) error {
	name := quoted(t.Name)
	for _, q := range []string{`ALTER TABLE ` + name + ` DISABLE TRIGGER USER`, `DELETE FROM ` + name} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	columns := columnsOf(from, t.Name)
	lines, into := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		out := bufio.NewWriterSize(into, 64<<10)
		var line []byte
		err := from.Each(ctx, t.Name, func(values []any) (err error) {
			if line, err = copyLine(line[:0], columns, values); err != nil {
				return err
			}
			_, err = out.Write(line)
			return err
		})
		into.CloseWithError(errors.Join(err, out.Flush())) // nil is the end
	}()
	err := conn.Raw(func(driver any) error {
		raw, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection is a %T", driver)
		}
		_, err := raw.Conn().PgConn().CopyFrom(ctx, lines, `COPY `+name+` (`+columnList(columns)+`) FROM STDIN`)
		return err
	})
	lines.CloseWithError(errors.New("the copy ended")) // lets go of whoever still writes
	<-written
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		err = fmt.Errorf("%s (%s)", pg.Message, pg.Detail)
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `ALTER TABLE `+name+` ENABLE TRIGGER USER`)
	return err
}

// copyLine writes a row in the text form of COPY.
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
func copyLine(line []byte, columns []archive.Column, values []any) ([]byte, error) {
	for i, v := range values {
		if i > 0 {
			line = append(line, '\t')
		}
		switch v := v.(type) {
		case nil:
			line = append(line, '\\', 'N')
		case int64:
			line = strconv.AppendInt(line, v, 10)
		case bool:
			line = strconv.AppendBool(line, v)
		case float64:
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
		case []byte:
			line = hex.AppendEncode(append(line, '\\', '\\', 'x'), v)
		case string:
			if strings.ContainsRune(v, 0) {
				return nil, fmt.Errorf("%s holds a text with a zero byte, which PostgreSQL does not take", columns[i].Name)
			}
			line = appendCopyText(line, v)
		default:
			return nil, fmt.Errorf("%s holds a %T", columns[i].Name, v)
		}
	}
	return append(line, '\n'), nil
}

func appendCopyText(line []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			line = append(line, '\\', '\\')
		case '\n':
			line = append(line, '\\', 'n')
		case '\r':
			line = append(line, '\\', 'r')
		case '\t':
			line = append(line, '\\', 't')
		default:
			line = append(line, c)
		}
	}
	return line
}

// countOn lets columns that count by themselves go on after the last number.
func countOn(ctx context.Context, tx *sql.Tx) error {
	type counter struct{ table, column string }
	var all []counter
	err := each(ctx, tx, func(row scanner) error {
		var c counter
		err := row.Scan(&c.table, &c.column)
		all = append(all, c)
		return err
	}, `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()
		AND pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) IS NOT NULL`)
	if err != nil {
		return err
	}
	for _, c := range all {
		_, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence(quote_ident(current_schema()) || '.' || quote_ident($1), $2),
			(SELECT coalesce(max(`+quoted(c.column)+`), 0) + 1 FROM `+quoted(c.table)+`), false)`, c.table, c.column)
		if err != nil {
			return fmt.Errorf("count on in %s.%s: %w", c.table, c.column, err)
		}
	}
	return nil
}
