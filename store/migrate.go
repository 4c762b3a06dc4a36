package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date and says how many steps it took. Twin
// migrations carry equal numbers for both engines and never change once landed.
func (db *DB) Migrate(ctx context.Context) (int, error) {
	p, err := db.provider()
	if err != nil {
		return 0, err
	}
	steps := 0
	for try := 0; ; try++ {
		done, err := p.Up(ctx)
		steps += len(done)
		if err == nil {
			return steps, nil
		}
		// Another process may be at the same step. PostgreSQL makes the second
		// wait; on SQLite it fails at a table that is there already, and finds
		// the rest when it looks again.
		if try == migrateTries || db.engine != SQLite || ctx.Err() != nil {
			return steps, fmt.Errorf("migrate: %w", err)
		}
	}
}

// migrateTries is how often a migration that another process was faster with is
// looked at again: more than there are migrations to collide at.
const migrateTries = 64

// Migrated reports whether the schema is the one this program was built for.
func (db *DB) Migrated(ctx context.Context) (bool, error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	return !pending && err == nil, err
}

func (db *DB) provider() (*goose.Provider, error) {
	dialect := database.DialectSQLite3
	var options []goose.ProviderOption
	if db.engine == Postgres {
		dialect = database.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	dir, err := fs.Sub(migrations, "migrations/"+string(db.engine))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.Dialect(dialect), db.write, dir, options...)
}
