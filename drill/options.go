package drill

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// Options say how large a drill is.
type Options struct {
	Program  string        // path of the binary whose "serve" and "standin" are run
	Dir      string        // an empty folder for everything that the drill keeps
	Database string        // "sqlite", or the address of an empty PostgreSQL database
	Readers  int           // how many live
	Life     time.Duration // of paper time
	Kills    int           // how often the paper is killed; below zero follows from Life
	Seed     uint64        // of every choice that the drill makes
	Out      io.Writer     // progress and figures, a line each
}

const day = 24 * time.Hour

func (o Options) check() error {
	switch {
	case o.Readers < 1:
		return fmt.Errorf("a drill needs a reader at least")
	case o.Life < 30*day:
		return fmt.Errorf("a drill lasts 30 days of paper time at least")
	case o.Database != "sqlite" && !strings.HasPrefix(o.Database, "postgres://") && !strings.HasPrefix(o.Database, "postgresql://"):
		return fmt.Errorf("the database is sqlite, or the address of an empty PostgreSQL database")
	}
	return nil
}

// kills is how often the paper dies: once in three weeks unless it was said.
func (o Options) kills() int {
	if o.Kills >= 0 {
		return o.Kills
	}
	return max(2, int(o.Life/(21*day)))
}

// onPostgres reports whether the paper keeps its rows in PostgreSQL.
func (o Options) onPostgres() bool { return o.Database != "sqlite" }

// databaseURL is what the paper is told.
func (o Options) databaseURL() string {
	if o.onPostgres() {
		return o.Database
	}
	return "sqlite://" + o.databasePath()
}

func (o Options) databasePath() string { return filepath.Join(o.Dir, "broadsheet.db") }
func (o Options) booksPath() string    { return filepath.Join(o.Dir, "standin.db") }
func (o Options) mailPath() string     { return filepath.Join(o.Dir, "mail") }

// again is the command that makes the same choices once more.
func (o Options) again() string {
	database := ""
	if o.onPostgres() {
		database = " --database postgres://…"
	}
	return fmt.Sprintf("broadsheet drill billing --readers %d --days %d --seed %d%s", o.Readers, int(o.Life/day), o.Seed, database)
}
