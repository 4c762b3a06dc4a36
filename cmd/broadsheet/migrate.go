package main

import (
	"context"
	"errors"
	"fmt"

	"broadsheet/store"
)

func migrate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate", "migrate", `
Brings the database that DATABASE_URL names up to this program, and makes it if
it is not there. Every command does so when it starts; on several machines, run
this once before the new program starts on them.`)
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	if err := makeFolder(conf); err != nil {
		return err
	}
	db, err := store.Open(ctx, conf.Database.Reveal())
	if err != nil {
		return err
	}
	steps, err := db.Migrate(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if steps == 0 {
		fmt.Fprintln(w.stdout, "The database is up to date.")
		return nil
	}
	fmt.Fprintf(w.stdout, "The database is up to date; steps taken: %d.\n", steps)
	return nil
}
