// Package store holds all of the paper's SQL, in one text for two engines:
// SQLite for a small paper and PostgreSQL for several machines. One file per
// subject implements the small interfaces that the subjects ask for. It decides
// nothing: conditions in its statements are there because only the database can
// hold them when two requests come at once.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // registers the "sqlite" driver

	"broadsheet/internal/lite"
)

// Engine names a database engine.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB is an open database. Reads and writes go through q and InTx, so that a
// transaction that travels in the context is always the one that is used.
type DB struct {
	engine   Engine
	path     string        // SQLite's file
	dsn      string        // PostgreSQL's address
	read     *sql.DB       // SQLite: many readers; PostgreSQL: the same pool as write
	write    *sql.DB       // SQLite: one connection, so writers queue here and not in the engine
	patience time.Duration // longWait, but for a test of it
	others   fs.FS         // migrations in place of the program's own, in tests
}

// Open connects to url: sqlite:// and a path (relative or absolute), or
// postgres://…. It does not migrate.
func Open(ctx context.Context, url string) (*DB, error) {
	switch {
	case strings.HasPrefix(url, "sqlite://"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite://"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url, nil)
	}
	return nil, errors.New("DATABASE_URL must begin with sqlite:// or postgres://")
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("DATABASE_URL names no SQLite file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the database %s cannot be made: %w", path, err)
	}
	write, err := lite.Open(sqliteDSN(path, false))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetConnMaxLifetime(0)
	db := &DB{engine: SQLite, path: path, write: write, patience: longWait}
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database %s cannot be opened: %w", path, err), write.Close())
	}
	if db.read, err = lite.Open(sqliteDSN(path, true)); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	return db, nil
}

// sqliteDSN sets the pragmas in the order that matters: the busy timeout first,
// since switching to WAL may itself have to wait. FULL, because a 200 to Stripe
// is a promise that survives a power cut.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", "synchronous(FULL)"}}
	if readOnly {
		q["_pragma"] = append(q["_pragma"], "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// openPostgres connects. Parameters are set in every session.
func openPostgres(ctx context.Context, dsn string, parameters map[string]string) (*DB, error) {
	conf, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL is not a PostgreSQL address: %w", err)
	}
	maps.Copy(conf.RuntimeParams, parameters)
	conf.RuntimeParams["timezone"] = "UTC"
	// A network that goes silent is noticed in half a minute, so that no request
	// waits for ever on a connection that leads nowhere.
	conf.DialFunc = (&net.Dialer{Timeout: 5 * time.Second, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}).DialContext
	pool := stdlib.OpenDB(*conf)
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("PostgreSQL does not answer: %w", err), pool.Close())
	}
	return &DB{engine: Postgres, dsn: dsn, read: pool, write: pool, patience: longWait}, nil
}

// Engine says which engine this is.
func (db *DB) Engine() Engine { return db.engine }

// Close lets go of every connection.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// querier is what a query runs on: a pool or the transaction in ctx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type txKey struct{ db *DB }

// r is where a read runs: in the transaction, if ctx carries one.
func (db *DB) r(ctx context.Context) querier {
	if tx, ok := ctx.Value(txKey{db}).(*sql.Tx); ok {
		return tx
	}
	return db.read
}

// execer is what a write runs on: the writer or the transaction in ctx. It gives
// no rows back, since rows hold the writer until they are read: see returning.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// w is where a write runs: in the transaction, if ctx carries one.
func (db *DB) w(ctx context.Context) execer {
	if tx, ok := ctx.Value(txKey{db}).(*sql.Tx); ok {
		return tx
	}
	return outside{db.write, db.patience}
}

// longWait is how long a statement outside a transaction may wait for the
// writer. A write with the outer context inside InTx would wait for itself on
// SQLite's one connection: it fails after this instead of hanging.
const longWait = 15 * time.Second

// outside guards single statements on the write pool with longWait.
type outside struct {
	pool     *sql.DB
	patience time.Duration
}

func (o outside) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	return o.pool.ExecContext(ctx, query, args...)
}

// returning runs a write that gives rows back (RETURNING), in the transaction if
// ctx carries one, and hands each row to read. Outside a transaction it waits no
// longer for the writer than any other write, and has let go of it when it
// returns.
func (db *DB) returning(ctx context.Context, read func(*sql.Rows) error, query string, args ...any) error {
	var on querier = db.write
	if tx, ok := ctx.Value(txKey{db}).(*sql.Tx); ok {
		on = tx
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, db.patience)
		defer cancel()
	}
	rows, err := on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// InTx runs fn in one transaction that travels in the context it is given, so
// that every room's own small interface can take part. It commits when fn
// returns nil. Inside a transaction it joins it. Nothing slow belongs in fn: no
// call to Stripe, no mail, no disk.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if ctx.Value(txKey{db}) != nil {
		return fn(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit this does nothing
	if err := fn(context.WithValue(ctx, txKey{db}, tx)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// missing turns "no rows" into nil and reports it.
func missing(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// stamp is how a time is stored: microseconds UTC since 1970, the finest that
// both engines and Go agree on. The zero time is stored as NULL.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// unstamp reads what stamp wrote.
func unstamp(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMicro(v.Int64).UTC()
}
