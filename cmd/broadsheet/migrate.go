package main

import (
	"context"
	"errors"
	"fmt"

	"broadsheet/internal/clock"
	"broadsheet/store"
)

func migrate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "migrate", "migrate", `
Brings the database that DATABASE_URL names up to this program, and makes it if
it is not there. Every command does so when it starts; on several machines, run
this once before the new program starts on them. On SQLite a copy of the
database is made beside it first (the last three stay), and a failure leaves it
as it was. On PostgreSQL each step is one transaction; make a backup before.`)
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
	up, err := db.Upgrade(ctx, clock.Wall{}.Now())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if up.Steps == 0 {
		fmt.Fprintln(w.stdout, "The database is up to date.")
		return nil
	}
	fmt.Fprintf(w.stdout, "The database is up to date; steps taken: %d.\n", up.Steps)
	if up.Copy != "" {
		fmt.Fprintf(w.stdout, "It lies as it was before in %s\n", up.Copy)
	}
	return nil
}
