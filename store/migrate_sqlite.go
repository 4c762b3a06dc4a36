package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errSplit is a migration that ended the transaction it runs in: what came
// before it in the file holds, and what came after may not.
var errSplit = errors.New("a migration ended the upgrade's transaction")

// migrateSQLite runs all that is pending in one transaction: a failure, a kill
// or a power cut leaves the schema of before. A second process waits for it and
// finds nothing left to do.
func (db *DB) migrateSQLite(ctx context.Context) (steps int, err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return 0, err
	}
	err = conn.Raw(func(raw any) error {
		c, ok := raw.(sqliteConn)
		if !ok {
			return fmt.Errorf("a connection is a %T", raw)
		}
		steps, err = db.migrateOn(ctx, &wholeTx{sqliteConn: c})
		return err
	})
	return steps, errors.Join(err, conn.Close())
}

func (db *DB) migrateOn(ctx context.Context, whole *wholeTx) (steps int, err error) {
	if err := whole.begin(ctx); err != nil {
		return 0, err
	}
	end := `ROLLBACK`
	defer func() {
		if _, failed := whole.ExecContext(context.WithoutCancel(ctx), end, nil); failed != nil {
			err = errors.Join(err, failed)
			whole.split = true
		}
		if whole.split {
			err = errors.Join(errSplit, err)
		}
		if err != nil {
			steps = 0
		}
	}()
	pool := sql.OpenDB(whole)
	pool.SetMaxOpenConns(1)
	defer pool.Close()
	p, err := db.providerOn(pool)
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err == nil && !whole.split {
		end = `COMMIT`
	}
	return len(done), err
}

// sqliteConn is what database/sql uses of a connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// wholeTx is a connection inside of one transaction: what begins on it is a
// savepoint. It is its own connector, and closing it closes nothing.
type wholeTx struct {
	sqliteConn
	split bool // a savepoint was gone when it was to end
}

// queues is how often a process asks anew for its turn at migrating, each time
// for as long as any write waits: another's upgrade of a large paper takes
// longer than that.
const queues = 60

// begin takes the writer.
func (c *wholeTx) begin(ctx context.Context) error {
	for range queues {
		_, err := c.ExecContext(ctx, `BEGIN IMMEDIATE`, nil)
		if busy, ok := errors.AsType[*sqlite.Error](err); !ok || busy.Code()&0xff != sqlite3.SQLITE_BUSY || ctx.Err() != nil {
			return err
		}
	}
	return errors.New("another program has been writing to the database for ten minutes")
}

func (c *wholeTx) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c *wholeTx) Driver() driver.Driver                        { return nil }
func (c *wholeTx) Close() error                                 { return nil }

func (c *wholeTx) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	_, err := c.ExecContext(ctx, `SAVEPOINT step`, nil)
	return step{c}, err
}

// step is a savepoint as database/sql ends it.
type step struct{ on *wholeTx }

func (s step) Commit() error { return s.end(`RELEASE step`) }

func (s step) Rollback() error {
	return errors.Join(s.end(`ROLLBACK TO step`), s.end(`RELEASE step`))
}

func (s step) end(text string) error {
	_, err := s.on.ExecContext(context.Background(), text, nil)
	s.on.split = s.on.split || err != nil
	return err
}
