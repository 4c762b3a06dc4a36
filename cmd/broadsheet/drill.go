package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"broadsheet/drill"
)

func drillTool(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "drill", "drill billing [--readers N] [--years Y | --days D] [--seed S] [--database sqlite|postgres://…]", `
Lives the money of a paper through bad weather, on this machine, beside any
paper that runs here and without touching it. Simulated readers buy, cancel,
change their minds and lose their cards over years of paper time, while webhooks
are lost, doubled, late and shuffled, the database refuses what is written, and
the paper is killed and started again. Then every reader's access, every mail
and every cent is compared with the stand-in's books. It ends with 1 and an
account of what is wrong, if anything is.`)
	readers := f.Int("readers", 1000, "how many live")
	years := f.Float64("years", 2, "of paper time")
	days := f.Int("days", 0, "of paper time, in place of --years")
	seed := f.Uint64("seed", 0, "of every choice; 0 is by chance, and is printed")
	kills := f.Int("kills", -1, "how often the paper is killed; -1 is every third week")
	database := f.String("database", "sqlite", "sqlite, or the address of an empty PostgreSQL database")
	keep := f.String("dir", "", "an empty folder to work in and to keep; a temporary one, kept only when something is wrong")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	if rest[0] != "billing" {
		return f.wrong("there is no drill %q; there is billing", rest[0])
	}
	o := drill.Options{
		Database: *database, Readers: *readers, Life: time.Duration(*years * 365 * 24 * float64(time.Hour)), Kills: *kills,
		Seed: *seed, Out: w.stdout, Dir: *keep,
	}
	if *days > 0 {
		o.Life = time.Duration(*days) * 24 * time.Hour
	}
	if o.Seed == 0 {
		o.Seed = uint64(rand.Uint32()) + 1
	}
	return runDrill(ctx, w, o)
}

// runDrill finds the program and a folder. What was right leaves nothing behind.
func runDrill(ctx context.Context, w world, o drill.Options) (err error) {
	if o.Program, err = os.Executable(); err != nil {
		return err
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "broadsheet-drill-"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = os.RemoveAll(o.Dir)
			}
		}()
	}
	if err := drill.Billing(ctx, o); err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, "Everything is as the books say.")
	return nil
}
