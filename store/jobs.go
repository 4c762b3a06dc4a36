package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/jobs"
)

// AddJob keeps a job unless its key is there already.
func (db *DB) AddJob(ctx context.Context, j jobs.Job) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO jobs (id, kind, key, payload, run_at, state) VALUES ($1, $2, $3, $4, $5, 'waiting')
		ON CONFLICT (key) DO NOTHING`,
		j.ID, j.Kind, j.Key, string(j.Payload), stamp(j.RunAt))
	if err != nil {
		return fmt.Errorf("add job %s: %w", j.Kind, err)
	}
	return nil
}

// list writes n placeholders from $first on: "$4, $5, $6". An empty list
// matches nothing.
func list(first, n int) string {
	if n == 0 {
		return "NULL"
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return b.String()
}

func texts(args []any, more []string) []any {
	for _, s := range more {
		args = append(args, s)
	}
	return args
}

// JobsDue reports whether a claim could get anything.
func (db *DB) JobsDue(ctx context.Context, c jobs.Claim) (bool, error) {
	var due bool
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= $1 AND free_at <= $2
		AND kind IN (`+list(3, len(c.Kinds))+`))`,
		texts([]any{stamp(c.Paper), stamp(c.Wall)}, c.Kinds)...).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("jobs due: %w", err)
	}
	return due, nil
}

// ClaimJobs leases what is due to c.Holder, oldest first. On PostgreSQL a row
// that another claim is taking is skipped; on SQLite claims follow one another
// on the one writer. The CTE is materialised so that its LIMIT is applied once.
func (db *DB) ClaimJobs(ctx context.Context, c jobs.Claim) ([]jobs.Job, error) {
	skip := ""
	if db.engine == Postgres {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	var claimed []jobs.Job
	err := db.returning(ctx, func(row *sql.Rows) error {
		j, err := scanJob(row)
		claimed = append(claimed, j)
		return err
	}, `
		WITH due AS MATERIALIZED (
			SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= $1 AND free_at <= $2
			AND kind IN (`+list(6, len(c.Kinds))+`)
			ORDER BY run_at, id LIMIT $5 `+skip+`)
		UPDATE jobs SET holder = $3, free_at = $4, attempts = attempts + 1
		WHERE id IN (SELECT id FROM due)
		RETURNING id, kind, key, payload, run_at, attempts`,
		texts([]any{stamp(c.Paper), stamp(c.Wall), c.Holder, stamp(c.Until), c.Limit}, c.Kinds)...)
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	slices.SortFunc(claimed, func(a, b jobs.Job) int {
		return cmp.Or(a.RunAt.Compare(b.RunAt), cmp.Compare(a.ID, b.ID))
	})
	return claimed, nil
}

func scanJob(row scanner) (jobs.Job, error) {
	var j jobs.Job
	var payload string
	var runAt sql.NullInt64
	err := row.Scan(&j.ID, &j.Kind, &j.Key, &payload, &runAt, &j.Attempts)
	j.Payload, j.RunAt = []byte(payload), unstamp(runAt)
	return j, err
}

// RenewJob moves the end of a lease.
func (db *DB) RenewJob(ctx context.Context, id, holder string, until time.Time) (bool, error) {
	return db.onHeldJob(ctx, "renew", `UPDATE jobs SET free_at = $3
		WHERE id = $1 AND holder = $2 AND state = 'waiting'`, id, holder, stamp(until))
}

// FinishJob wipes the payload, since mails carry sign-in codes, and keeps the
// key, so that the same work is not asked for again.
func (db *DB) FinishJob(ctx context.Context, id, holder string, now time.Time) (bool, error) {
	return db.onHeldJob(ctx, "finish", `UPDATE jobs SET state = 'done', holder = '', payload = 'null', last_error = '', ended_at = $3
		WHERE id = $1 AND holder = $2 AND state = 'waiting'`, id, holder, stamp(now))
}

// FailJob ends an attempt that failed.
func (db *DB) FailJob(ctx context.Context, f jobs.Failure) (bool, error) {
	if f.Dead {
		return db.onHeldJob(ctx, "fail", `UPDATE jobs SET state = 'dead', holder = '', last_error = $3, ended_at = $4
			WHERE id = $1 AND holder = $2 AND state = 'waiting'`, f.ID, f.Holder, f.Error, stamp(f.Now))
	}
	return db.onHeldJob(ctx, "fail", `UPDATE jobs SET holder = '', last_error = $3, free_at = $4
		WHERE id = $1 AND holder = $2 AND state = 'waiting'`, f.ID, f.Holder, f.Error, stamp(f.FreeAt))
}

// onHeldJob runs an update that touches a job only while its lease is held.
func (db *DB) onHeldJob(ctx context.Context, verb, query string, args ...any) (bool, error) {
	res, err := db.w(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("%s job: %w", verb, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// NextJob is the earliest run_at after that paper time.
func (db *DB) NextJob(ctx context.Context, after time.Time, except []string) (time.Time, bool, error) {
	var at sql.NullInt64
	but := ""
	if len(except) > 0 {
		but = `AND kind NOT IN (` + list(2, len(except)) + `)`
	}
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT min(run_at) FROM jobs WHERE state = 'waiting' AND run_at > $1 `+but,
		texts([]any{stamp(after)}, except)...).Scan(&at)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("next job: %w", err)
	}
	return unstamp(at), at.Valid, nil
}

// JobsUnsettled counts what is due and either free or being worked at.
func (db *DB) JobsUnsettled(ctx context.Context, c jobs.Claim) (int, error) {
	var n int
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM jobs WHERE state = 'waiting' AND run_at <= $1 AND (free_at <= $2 OR holder <> '')
		AND kind IN (`+list(3, len(c.Kinds))+`)`,
		texts([]any{stamp(c.Paper), stamp(c.Wall)}, c.Kinds)...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("jobs unsettled: %w", err)
	}
	return n, nil
}

// PurgeJobs forgets jobs done before that wall time. Dead ones stay.
func (db *DB) PurgeJobs(ctx context.Context, doneBefore time.Time, limit int) (int, error) {
	res, err := db.w(ctx).ExecContext(ctx, `
		DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'done' AND ended_at < $1 LIMIT $2)`,
		stamp(doneBefore), limit)
	if err != nil {
		return 0, fmt.Errorf("purge jobs: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// DeadJobs lists dead letters, the newest first.
func (db *DB) DeadJobs(ctx context.Context, limit int) ([]jobs.Letter, error) {
	rows, err := db.r(ctx).QueryContext(ctx, `
		SELECT id, kind, key, payload, run_at, attempts, last_error, ended_at FROM jobs
		WHERE state = 'dead' ORDER BY ended_at DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("dead jobs: %w", err)
	}
	defer rows.Close()
	var out []jobs.Letter
	for rows.Next() {
		var l jobs.Letter
		var payload string
		var runAt, died sql.NullInt64
		if err := rows.Scan(&l.ID, &l.Kind, &l.Key, &payload, &runAt, &l.Attempts, &l.Error, &died); err != nil {
			return nil, fmt.Errorf("dead jobs: %w", err)
		}
		l.Payload, l.RunAt, l.Died = []byte(payload), unstamp(runAt), unstamp(died)
		out = append(out, l)
	}
	return out, rows.Err()
}

// JobHealth is what an operator watches of the queue.
type JobHealth struct {
	Dead   int           // dead letters that nobody looked at
	Behind time.Duration // by how much the oldest job is late, in paper time
}

// JobHealth looks at the queue as it stands at that paper time.
func (db *DB) JobHealth(ctx context.Context, paper time.Time) (JobHealth, error) {
	var h JobHealth
	var oldest sql.NullInt64
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM jobs WHERE state = 'dead'), (SELECT min(run_at) FROM jobs WHERE state = 'waiting')`).Scan(&h.Dead, &oldest)
	if err != nil {
		return h, fmt.Errorf("job health: %w", err)
	}
	if oldest.Valid {
		h.Behind = max(0, paper.Sub(unstamp(oldest)))
	}
	return h, nil
}

// ReviveJob gives a dead letter all its attempts again; false if it is not dead.
func (db *DB) ReviveJob(ctx context.Context, id string) (bool, error) {
	return db.onHeldJob(ctx, "revive", `UPDATE jobs SET state = 'waiting', attempts = 0, free_at = 0, ended_at = NULL
		WHERE id = $1 AND holder = $2 AND state = 'dead'`, id, "")
}
