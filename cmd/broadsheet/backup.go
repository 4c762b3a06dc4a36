package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"broadsheet/internal/archive"
	"broadsheet/internal/clock"
	"broadsheet/internal/config"
	"broadsheet/store"
)

func backup(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "backup", "backup FILE | backup --verify FILE", `
Writes the whole paper, database and pictures, to one file while the paper goes
on. All of it is of one moment. The file is then restored for trial in a
temporary place beside it, and gets its name only when every row and every
picture proved to be there; until then an older FILE stays as it is. It holds
what readers entrusted to the paper, so it belongs where nobody else can read
it. No settings and no secrets are in it. "broadsheet restore" puts it back, on
SQLite and on PostgreSQL, whichever it came from.`)
	verify := f.Bool("verify", false, "look at a file that is there, trial restore and all, and change nothing")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	if *verify {
		return verifyBackup(ctx, w, rest[0])
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	if path, lite := conf.SQLitePath(); lite {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("there is no database at %s to copy", path)
		}
	}
	if err := mayReplace(rest[0]); err != nil {
		return err
	}
	db, err := store.Open(ctx, conf.Database.Reveal())
	if err != nil {
		return err
	}
	made, err := makeBackup(ctx, db, conf, rest[0], clock.Wall{})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: %d bytes, %d rows and %d pictures of %s; restored for trial, all of it is there.\n",
		made.File, made.Bytes, made.Rows, made.Media, made.Made.Format(time.RFC3339))
	return nil
}

// mayReplace lets a backup replace a backup and nothing else.
func mayReplace(file string) error {
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		r, err := archive.Open(file)
		if err == nil {
			return r.Close()
		}
		if errors.Is(err, archive.ErrNewer) {
			return nil
		}
	}
	return fmt.Errorf("%s is there and is no backup, and a backup replaces nothing else: move it away, or name another file", file)
}

// makeBackup writes beside file, tries what it wrote, and only then gives it
// its name.
func makeBackup(ctx context.Context, db *store.DB, conf config.Config, file string, wall clock.Clock) (store.LastBackup, error) {
	last := store.LastBackup{File: file}
	if abs, err := filepath.Abs(file); err == nil {
		last.File = abs
	}
	sweepLeftovers(filepath.Dir(file), wall.Now())
	part, err := os.CreateTemp(filepath.Dir(file), partPattern)
	if err != nil {
		return last, fmt.Errorf("the backup cannot be written: %w", err)
	}
	defer os.Remove(part.Name()) // gone once it has its name
	m, err := writeBackup(ctx, db, conf, part, wall)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return last, fmt.Errorf("the backup could not be written, and %s is as it was: %w", file, err)
	}
	if _, err := tryBackup(ctx, part.Name()); err != nil {
		return last, fmt.Errorf("the backup failed its trial restore, and %s is as it was: %w", file, err)
	}
	info, err := os.Stat(part.Name())
	if err != nil {
		return last, err
	}
	if err := errors.Join(os.Rename(part.Name(), file), store.SyncFile(filepath.Dir(file))); err != nil {
		return last, err
	}
	last.Bytes, last.Rows, last.Media, last.Made, last.Verified = info.Size(), m.Rows(), m.Media(), m.Made, wall.Now()
	if err := db.NoteBackup(ctx, last); err != nil {
		return last, fmt.Errorf("%s is whole, but the paper could not note it: %w", file, err)
	}
	return last, nil
}

func writeBackup(ctx context.Context, db *store.DB, conf config.Config, to *os.File, wall clock.Clock) (archive.Manifest, error) {
	snapshot, err := db.Snapshot(ctx)
	if err != nil {
		return archive.Manifest{}, err
	}
	about := archive.About{
		Program: programVersion(), Schema: snapshot.Schema(), Engine: string(db.Engine()), Made: wall.Now().Truncate(time.Second),
	}
	m, err := archive.Write(ctx, to, about, snapshot, os.DirFS(conf.MediaDir))
	return m, errors.Join(err, snapshot.Close())
}

// What an unfinished backup is called, and the folder of a trial.
const (
	partPattern  = ".broadsheet-backup-*.part"
	trialPattern = ".broadsheet-trial-*"
	leftoverAge  = 24 * time.Hour
)

// sweepLeftovers removes what a backup left that was ended before its time. One
// that is still at work touches its file more often than that.
func sweepLeftovers(dir string, now time.Time) {
	for _, pattern := range []string{partPattern, trialPattern} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > leftoverAge {
				_ = os.RemoveAll(path) // what cannot be removed is in nobody's way
			}
		}
	}
}

func verifyBackup(ctx context.Context, w world, file string) error {
	m, err := tryBackup(ctx, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s is whole: %d rows in %d tables and %d pictures of %s, by program %s from %s.\n",
		file, m.Rows(), len(m.Tables), m.Media(), m.Made.Format(time.RFC3339), m.Program, m.Engine)
	return nil
}

// tryBackup restores a file into a temporary place beside it: every file is
// read and its sum compared, every row is put into a new SQLite database, which
// must then be whole and hold exactly what the archive says.
func tryBackup(ctx context.Context, file string) (m archive.Manifest, err error) {
	r, err := openBackup(file)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Check(ctx); err != nil {
		return r.Manifest, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), trialPattern)
	if err != nil {
		return r.Manifest, fmt.Errorf("there is no room for a trial: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := store.Open(ctx, "sqlite://"+filepath.Join(dir, "trial.db"))
	if err != nil {
		return r.Manifest, err
	}
	return r.Manifest, errors.Join(fill(ctx, db, r), db.Close())
}

// openBackup opens an archive that this program can read.
func openBackup(file string) (*archive.Reader, error) {
	r, err := archive.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", file)
	}
	return r, err
}

// fill puts an archive into an empty database, brings that up to this program,
// and believes none of it: the content is read back and compared.
func fill(ctx context.Context, db *store.DB, r *archive.Reader) error {
	newest, err := db.NewestSchema()
	if err != nil {
		return err
	}
	m := r.Manifest
	if m.Schema > newest {
		return fmt.Errorf("the archive was made by a newer program (%s, schema %d; this one knows %d): use that one, or a newer one", m.Program, m.Schema, newest)
	}
	if m.Schema < 1 {
		return archive.Damaged{What: "it names no schema"}
	}
	if err := db.MigrateTo(ctx, m.Schema); err != nil {
		return err
	}
	if err := db.Load(ctx, r); err != nil {
		return err
	}
	snapshot, err := db.Snapshot(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(archive.Compare(ctx, m, snapshot), snapshot.Close()); err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	return db.Check(ctx)
}
