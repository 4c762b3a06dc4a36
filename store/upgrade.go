package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"
)

// Upgraded is what an upgrade did.
type Upgraded struct {
	Steps int    // migrations that ran; 0 when there was nothing to do
	Copy  string // where the database of before lies; "" when there was none
}

// keptCopies is how many copies from before an upgrade stay.
const keptCopies = 3

// Upgrade migrates. On SQLite it makes a copy first, beside the database, and
// when a migration fails the database is as it was before the first of them, so
// that the program of before can go on. On PostgreSQL each migration is one
// transaction: one that fails leaves nothing of itself, and those before it
// stay. now is wall time and names the copy.
func (db *DB) Upgrade(ctx context.Context, now time.Time) (Upgraded, error) {
	var up Upgraded
	from, err := db.SchemaVersion(ctx)
	if err != nil {
		return up, err
	}
	if ready, err := db.Migrated(ctx); ready || err != nil {
		return up, err
	}
	if db.engine == SQLite && from > 0 {
		if up.Copy, err = db.copyBefore(ctx, from, now); err != nil {
			return up, fmt.Errorf("no copy could be made beside the database, so nothing was changed: %w", err)
		}
	}
	up.Steps, err = db.Migrate(ctx)
	if errors.Is(err, errSplit) {
		if back := db.goBack(ctx, up.Copy); back != nil {
			return up, fmt.Errorf("%w; and the database could not be put back (%w): stop everything, and put the copy %s in its place", err, back, up.Copy)
		}
	}
	switch {
	case err == nil:
		return up, nil
	case db.engine == SQLite:
		return up, fmt.Errorf("the upgrade failed, and the database is as it was (schema %d): the program of before can go on with it: %w", from, err)
	}
	return up, fmt.Errorf("the upgrade failed: the migration that failed left nothing, and those before it stay: %w", err)
}

// copyBefore copies the database to a file beside it, whole and of one moment,
// and forgets the oldest copies.
func (db *DB) copyBefore(ctx context.Context, from int64, now time.Time) (string, error) {
	pattern := db.path + ".before-upgrade-*"
	leftovers, _ := filepath.Glob(pattern + ".part") // of a program that was killed
	for _, part := range leftovers {
		if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	name := fmt.Sprintf("%s.before-upgrade-%s-from-%d", db.path, now.UTC().Format("20060102T150405.000000Z"), from)
	part := name + ".part"
	// Made here, so that nobody else can read it.
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = db.write.ExecContext(ctx, `VACUUM INTO $1`, part)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	copies, _ := filepath.Glob(pattern)
	slices.Sort(copies) // by time, since that is what a name begins with
	for _, old := range copies[:max(0, len(copies)-keptCopies)] {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return name, SyncFile(filepath.Dir(name))
}

// goBack puts a copy's pages in place of the database's, in one step that other
// processes see like any transaction.
func (db *DB) goBack(ctx context.Context, copied string) error {
	if copied == "" {
		return errors.New("there is no copy")
	}
	conn, err := db.write.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	err = conn.Raw(func(driver any) error {
		to, ok := driver.(interface {
			NewRestore(from string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("a connection is a %T", driver)
		}
		b, err := to.NewRestore("file:" + (&url.URL{Path: copied}).EscapedPath() + "?mode=ro")
		if err != nil {
			return err
		}
		_, err = b.Step(-1)
		return errors.Join(err, b.Finish())
	})
	return errors.Join(err, conn.Close())
}
