package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/desk"
)

// Vitals looks at the database and what is in it: all but the disk, and whether
// backups are expected.
func (db *DB) Vitals(ctx context.Context, wall, paper time.Time) (desk.Vitals, error) {
	v := desk.Vitals{At: wall, Engine: "SQLite"}
	if db.engine == Postgres {
		v.Engine = "PostgreSQL"
	}
	var since, stuck sql.NullInt64
	day := stamp(wall.Add(-24 * time.Hour))
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM stripe_events WHERE received_at > $1),
		       (SELECT count(*) FROM stripe_events WHERE done_at IS NULL AND attempts = 0),
		       (SELECT min(received_at) FROM stripe_events WHERE done_at IS NULL AND attempts = 0),
		       (SELECT count(*) FROM stripe_marks WHERE dirty AND attempts > 0),
		       (SELECT count(*) FROM stripe_marks WHERE dirty AND attempts > $2),
		       (SELECT CAST(coalesce(sum(drift), 0) AS BIGINT) FROM reconciliations WHERE at > $1)`, day, desk.StuckAfter).
		Scan(&v.Received, &v.Pending, &since, &v.Failing, &stuck, &v.Drift)
	if err != nil {
		return v, fmt.Errorf("state of the house: %w", err)
	}
	v.PendingSince, v.Stuck = unstamp(since), int(stuck.Int64)
	if v.Queue, err = db.queue(ctx, paper); err != nil {
		return v, err
	}
	health, err := db.JobHealth(ctx, paper)
	if err != nil {
		return v, err
	}
	v.Dead, v.Behind = health.Dead, health.Behind
	last, ok, err := db.LastBackup(ctx)
	if err != nil {
		return v, err
	}
	if ok {
		v.Backup = last.Made
	}
	v.Database, err = db.Size(ctx)
	return v, err
}

// queue is what waits, by kind.
func (db *DB) queue(ctx context.Context, paper time.Time) ([]desk.QueueLine, error) {
	return all(ctx, db, "job queue", func(rows *sql.Rows) (q desk.QueueLine, err error) {
		return q, rows.Scan(&q.Kind, &q.Due, &q.Later, &q.Retrying, &q.Dead)
	}, `
		SELECT kind,
		       sum(CASE WHEN state = 'waiting' AND run_at <= $1 THEN 1 ELSE 0 END),
		       sum(CASE WHEN state = 'waiting' AND run_at > $1 THEN 1 ELSE 0 END),
		       sum(CASE WHEN state = 'waiting' AND last_error <> '' THEN 1 ELSE 0 END),
		       sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END)
		FROM jobs WHERE state <> 'done' GROUP BY kind ORDER BY kind`, stamp(paper))
}

// Size is what the database takes on its disk, in bytes.
func (db *DB) Size(ctx context.Context) (int64, error) {
	query := `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
	if db.engine == Postgres {
		query = `SELECT pg_database_size(current_database())`
	}
	var n int64
	if err := db.r(ctx).QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("size of the database: %w", err)
	}
	return n, nil
}

// Noted is what is remembered of each kind of trouble.
func (db *DB) Noted(ctx context.Context) ([]desk.Noted, error) {
	return all(ctx, db, "troubles", func(rows *sql.Rows) (n desk.Noted, err error) {
		var since, mailed sql.NullInt64
		err = rows.Scan(&n.Kind, &since, &mailed, &n.Open, &n.Told)
		n.Since, n.Mailed = unstamp(since), unstamp(mailed)
		return n, err
	}, `SELECT kind, since_at, mailed_at, is_open, is_told FROM troubles ORDER BY kind`)
}

// Note remembers kinds of trouble, in place of what was remembered of each.
func (db *DB) Note(ctx context.Context, list []desk.Noted) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		for _, n := range list {
			if _, err := db.exec(ctx, "note trouble", `
				INSERT INTO troubles (kind, since_at, mailed_at, is_open, is_told) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (kind) DO UPDATE SET since_at = excluded.since_at, mailed_at = excluded.mailed_at,
					is_open = excluded.is_open, is_told = excluded.is_told`,
				string(n.Kind), stamp(n.Since), stamp(n.Mailed), n.Open, n.Told); err != nil {
				return err
			}
		}
		return nil
	})
}
