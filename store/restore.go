package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse is a database that another program has open.
var ErrInUse = errors.New("the database is in use")

// Site is where a restored paper is built, beside the database that is there,
// until Settle puts it in that one's place. Nothing of the old one is deleted.
type Site struct {
	DB    *DB // empty, not migrated
	url   string
	where string // the file or the schema that is being built
	stamp string
}

// OpenSite begins a restore into the database of that address. The stamp tells
// it from others; letters and digits only.
func OpenSite(ctx context.Context, address, stamp string) (*Site, error) {
	s := &Site{url: address, stamp: stamp}
	var err error
	if path, lite := strings.CutPrefix(address, "sqlite://"); lite {
		s.where = path + ".restoring-" + stamp
		s.DB, err = openSQLite(ctx, s.where)
		return s, err
	}
	s.where = "restoring_" + strings.ToLower(stamp)
	if err = makeSchema(ctx, address, s.where); err != nil {
		return nil, err
	}
	s.DB, err = openPostgres(ctx, address, map[string]string{"search_path": s.where})
	return s, err
}

// Discard removes what was built.
func (s *Site) Discard(ctx context.Context) error {
	err := s.DB.Close()
	if s.DB.engine == Postgres {
		return errors.Join(err, dropSchema(ctx, s.url, s.where))
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if gone := os.Remove(s.where + end); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// Settle puts what was built in the place of what is there and says where the
// old one is kept; "" when there was none. It fails with ErrInUse, and changes
// nothing, while another program has the database open.
func (s *Site) Settle(ctx context.Context) (kept string, err error) {
	if s.DB.engine == Postgres {
		if err := s.DB.Close(); err != nil {
			return "", err
		}
		return swapSchemas(ctx, s.url, s.where, "before_"+strings.ToLower(s.stamp))
	}
	// All of it into the one file, and that onto the disk, before it has a name.
	if _, err := s.DB.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return "", err
	}
	if err := errors.Join(s.DB.Close(), SyncFile(s.where)); err != nil {
		return "", err
	}
	path := strings.TrimPrefix(s.url, "sqlite://")
	if kept, err = setAside(ctx, path, path+".before-"+s.stamp); err != nil {
		return "", err
	}
	if err := os.Rename(s.where, path); err != nil {
		if kept != "" {
			err = errors.Join(err, os.Rename(kept, path)) // as it was
		}
		return "", err
	}
	return kept, SyncFile(filepath.Dir(path))
}

// setAside renames a SQLite database that nobody else has open.
func setAside(ctx context.Context, path, to string) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	release, err := alone(ctx, path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	for _, end := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+end, to+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return to, nil
}

// alone takes a SQLite file for this process, until released. Leaving WAL mode
// needs what only the last one who has the file open can get; the exclusive
// transaction keeps others out from then on.
func alone(ctx context.Context, path string) (release func() error, err error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(1000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var mode string
	if err = db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err == nil {
		_, err = db.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	if err == nil {
		return db.Close, nil
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return nil, errors.Join(ErrInUse, db.Close())
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			return db.Close, nil // no paper can run on that
		}
	}
	return nil, errors.Join(err, db.Close())
}

// SyncFile waits until a file, or the names in a folder, are on the disk.
func SyncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Holding says what is at a database's address.
type Holding int

// What there can be.
const (
	Nothing Holding = iota // no database, or an empty one
	Bare                   // a schema, and nothing that anybody did
	Paper                  // stories, readers or settings, or what cannot be read
)

// HoldingOf looks at what is at an address without changing it.
func HoldingOf(ctx context.Context, address string) (Holding, error) {
	if path, lite := strings.CutPrefix(address, "sqlite://"); lite {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			return Nothing, nil
		}
		if err != nil {
			return Paper, err
		}
	}
	db, err := Open(ctx, address)
	if err != nil && strings.HasPrefix(address, "sqlite://") {
		return Paper, nil //nolint:nilerr // what cannot be opened is not to be lost either
	}
	if err != nil {
		return Paper, err
	}
	held, err := db.holding(ctx)
	return held, errors.Join(err, db.Close())
}

// workTables are those that hold something as soon as anybody did anything.
var workTables = []string{"publication", "stories", "readers", "customers", "gate_rules", "plans"}

func (db *DB) holding(ctx context.Context) (Holding, error) {
	columns, err := db.Columns(ctx)
	if err != nil && db.engine == SQLite {
		return Paper, nil //nolint:nilerr // as above
	}
	if err != nil || len(columns) == 0 {
		return Nothing, err
	}
	held := Bare
	for _, table := range workTables {
		if columns[table] == nil {
			held = Paper // somebody else's database, or an odd one
			continue
		}
		var some bool
		if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&some); err != nil {
			return Paper, err
		}
		if some {
			held = Paper
		}
	}
	return held, nil
}
