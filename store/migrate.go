package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date and says how many steps it took: on
// SQLite all of them or none, on PostgreSQL one transaction each. Twin
// migrations carry equal numbers for both engines and never change once landed.
func (db *DB) Migrate(ctx context.Context) (int, error) {
	if db.engine == SQLite {
		steps, err := db.migrateSQLite(ctx)
		if err != nil {
			err = fmt.Errorf("migrate: %w", err)
		}
		return steps, err
	}
	p, err := db.provider()
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}

// Migrated reports whether the schema is the one this program was built for.
func (db *DB) Migrated(ctx context.Context) (bool, error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	return !pending && err == nil, err
}

// steps are the engine's migrations.
func (db *DB) steps() (fs.FS, error) {
	if db.others != nil {
		return db.others, nil
	}
	return fs.Sub(migrations, "migrations/"+string(db.engine))
}

// MigrateTo brings an empty database to an earlier schema of this program's, so
// that it takes the content of that time.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate to %d: %w", version, err)
	}
	return nil
}

// SchemaVersion is the number of the last migration that was applied; 0 for a
// database that was never migrated.
func (db *DB) SchemaVersion(ctx context.Context) (int64, error) {
	columns, err := db.Columns(ctx)
	if err != nil || columns[versionTable] == nil {
		return 0, err
	}
	return schemaVersion(ctx, db.read)
}

// NewestSchema is the number of this program's last migration.
func (db *DB) NewestSchema() (int64, error) {
	p, err := db.provider()
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, s := range p.ListSources() {
		newest = max(newest, s.Version)
	}
	return newest, nil
}

func (db *DB) provider() (*goose.Provider, error) { return db.providerOn(db.write) }

func (db *DB) providerOn(pool *sql.DB) (*goose.Provider, error) {
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
	dir, err := db.steps()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.Dialect(dialect), pool, dir, options...)
}
