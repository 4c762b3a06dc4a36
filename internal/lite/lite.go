// Package lite opens SQLite databases whose connections keep the statements that
// they have run. The engine compiles a text each time that it is given one, which
// for short statements costs more than running them. It knows nothing of what the
// statements say.
package lite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// Open is sql.Open for the SQLite driver, with statements kept. As there, no
// connection is made yet.
func Open(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := raw.(engine)
	if !ok {
		return nil, fmt.Errorf("a connection to SQLite is a %T", raw)
	}
	return &conn{engine: whole, kept: map[string]*statement{}}, nil
}

// engine is all that a connection of the driver can do.
type engine interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	NewRestore(from string) (*sqlite.Backup, error)
}

// most is how many statements a connection keeps; the one that was not used for
// longest makes room. A statement takes some ten kilobytes.
const most = 80

// conn is a connection with its statements. Like any of database/sql's, it is
// used by one goroutine at a time.
type conn struct {
	engine
	kept  map[string]*statement
	turns uint64
}

// statement is compiled, and idle while it is among the kept.
type statement struct {
	runner
	text string
	used uint64 // the turn of its last use
}

type runner interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// take gives the statement of that text out of the kept, or compiles it; nil for
// a text that is not worth keeping.
func (c *conn) take(ctx context.Context, text string) (*statement, error) {
	if s, ok := c.kept[text]; ok {
		delete(c.kept, text)
		return s, nil
	}
	if !worth(text) {
		return nil, nil
	}
	made, err := c.engine.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	able, ok := made.(runner)
	if !ok {
		return nil, fmt.Errorf("a statement of SQLite is a %T", made)
	}
	return &statement{runner: able, text: text}, nil
}

// worth reports whether a text is one that comes again: reads and writes of rows.
// Whatever changes the schema or a setting is left to the engine.
func worth(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if len(text) > len(verb) && strings.EqualFold(text[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// put gives a statement back. One that failed may be in any state, and is not
// kept.
func (c *conn) put(s *statement, failed error) error {
	if _, twin := c.kept[s.text]; failed != nil || twin {
		return s.Close()
	}
	var err error
	if len(c.kept) >= most {
		var oldest *statement
		for _, each := range c.kept {
			if oldest == nil || each.used < oldest.used {
				oldest = each
			}
		}
		delete(c.kept, oldest.text)
		err = oldest.Close()
	}
	c.turns++
	s.used = c.turns
	c.kept[s.text] = s
	return err
}

// ExecContext runs a statement that gives no rows.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.engine.ExecContext(ctx, text, args)
	}
	done, err := s.ExecContext(ctx, args)
	if end := c.put(s, err); err == nil {
		err = end
	}
	return done, err
}

// QueryContext runs a statement that gives rows, which hold it until they are
// closed.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.engine.QueryContext(ctx, text, args)
	}
	found, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = c.put(s, err) // why it failed is the news
		return nil, err
	}
	able, ok := found.(columns)
	if !ok {
		return nil, fmt.Errorf("rows of SQLite are a %T", found)
	}
	return &rows{columns: able, of: c, from: s}, nil
}

// columns are rows that can describe what they hold.
type columns interface {
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type rows struct {
	columns
	of   *conn
	from *statement // nil once they are closed
}

// Close lets go of the statement, which may then run again.
func (r *rows) Close() error {
	if r.from == nil {
		return nil
	}
	err := r.columns.Close()
	if end := r.of.put(r.from, err); err == nil {
		err = end
	}
	r.from = nil
	return err
}

// NewRestore is the driver's: other pages take the place of these. No statement
// is held over it.
func (c *conn) NewRestore(from string) (*sqlite.Backup, error) {
	if err := c.forget(); err != nil {
		return nil, err
	}
	return c.engine.NewRestore(from)
}

func (c *conn) forget() error {
	var first error
	for text, s := range c.kept {
		delete(c.kept, text)
		if err := s.Close(); first == nil {
			first = err
		}
	}
	return first
}

// Close ends the connection and what it kept.
func (c *conn) Close() error {
	err := c.forget()
	if end := c.engine.Close(); err == nil {
		err = end
	}
	return err
}
