package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrNoBackup means that this engine has its own tool for copies.
var ErrNoBackup = errors.New("only SQLite is copied by this program; PostgreSQL has pg_dump")

// Backup writes a whole and compact copy of a SQLite database to a file that
// must not exist yet. It reads one state; the paper may go on writing.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.engine != SQLite {
		return ErrNoBackup
	}
	// Made here, so that nobody else can read it and nothing is overwritten.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = db.write.ExecContext(ctx, `VACUUM INTO $1`, path)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(path))
	}
	return nil
}
