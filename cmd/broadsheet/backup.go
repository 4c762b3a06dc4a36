package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"broadsheet/store"
)

func backup(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "backup", "backup FILE", `
Copies the SQLite database to a new file, whole and of one moment, while the
paper goes on. The copy is a database itself: to restore it, stop the paper and
put it where DATABASE_URL points. A file that is there is never overwritten.
Pictures are files of their own, in MEDIA_DIR. For PostgreSQL use pg_dump.`)
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	path, lite := conf.SQLitePath()
	if !lite {
		return f.wrong("the database is PostgreSQL: use pg_dump, which knows it best")
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database at %s to copy", path)
	}
	db, err := store.Open(ctx, conf.Database.Reveal())
	if err != nil {
		return err
	}
	err = db.Backup(ctx, rest[0])
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s is there already, and a backup overwrites nothing", rest[0])
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	info, err := os.Stat(rest[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: %d bytes\n", rest[0], info.Size())
	return nil
}
