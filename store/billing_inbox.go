package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
)

// KeepEvent stores an event once; false if it was there.
func (db *DB) KeepEvent(ctx context.Context, e billing.Event, mark billing.Ref, at time.Time) (bool, error) {
	var done any // what names nothing of ours is done when it is kept
	if mark.IsZero() {
		done = stamp(at)
	}
	n, err := db.exec(ctx, "keep event", `
		INSERT INTO stripe_events (id, type, created_at, api_version, object_kind, object_id, mark_kind, mark_id, payload, received_at, done_at, attempts, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '') ON CONFLICT (id) DO NOTHING`,
		e.ID, e.Type, e.Created.UnixMicro(), e.APIVersion, e.Object.Kind, e.Object.ID, mark.Kind, mark.ID, string(e.Payload), stamp(at), done)
	return n == 1, err
}

// HasEvent reports whether the event was kept.
func (db *DB) HasEvent(ctx context.Context, id string) (bool, error) {
	var n int
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT count(*) FROM stripe_events WHERE id = $1`, id).Scan(&n); err != nil {
		return false, fmt.Errorf("has event: %w", err)
	}
	return n > 0, nil
}

// MarkDirty says that an object changed, and makes its mark due at once.
func (db *DB) MarkDirty(ctx context.Context, object billing.Ref, at time.Time) error {
	_, err := db.exec(ctx, "mark", `
		INSERT INTO stripe_marks (kind, id, rev, dirty, next_at, claimed_until, attempts, error) VALUES ($1, $2, 1, TRUE, $3, 0, 0, '')
		ON CONFLICT (kind, id) DO UPDATE SET rev = stripe_marks.rev + 1, dirty = TRUE, next_at = excluded.next_at`,
		object.Kind, object.ID, stamp(at))
	return err
}

// ClaimMarks takes dirty marks that are due, the longest waiting first.
func (db *DB) ClaimMarks(ctx context.Context, now, until time.Time, n int) ([]billing.Mark, error) {
	if idle, err := db.idle(ctx, now); err != nil || idle {
		return nil, err
	}
	var marks []billing.Mark
	err := db.InTx(ctx, func(ctx context.Context) error {
		var err error
		marks, err = all(ctx, db, "claim marks", func(rows *sql.Rows) (m billing.Mark, err error) {
			return m, rows.Scan(&m.Kind, &m.ID, &m.Rev, &m.Attempts)
		}, `
			UPDATE stripe_marks SET claimed_until = $2 WHERE (kind, id) IN (
				SELECT kind, id FROM stripe_marks WHERE dirty AND next_at <= $1 AND claimed_until <= $1
				ORDER BY next_at LIMIT $3`+db.skipLocked()+`)
			RETURNING kind, id, rev, attempts`, stamp(now), stamp(until), n)
		return err
	})
	return marks, err
}

// skipLocked lets several machines claim at once without waiting for each
// other. On SQLite there is one writer and nothing to skip.
func (db *DB) skipLocked() string {
	if db.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// idle asks without the writer whether there is anything to claim.
func (db *DB) idle(ctx context.Context, now time.Time) (bool, error) {
	var n int
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM (SELECT 1 AS one FROM stripe_marks WHERE dirty AND next_at <= $1 AND claimed_until <= $1 LIMIT 1) AS due`, stamp(now)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("claim marks: %w", err)
	}
	return n == 0, nil
}

// SettleMark makes the mark clean and its events done, unless it moved; then it
// is due again at once.
func (db *DB) SettleMark(ctx context.Context, m billing.Mark, at time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		n, err := db.exec(ctx, "settle mark", `
			UPDATE stripe_marks SET dirty = FALSE, claimed_until = 0, attempts = 0, error = ''
			WHERE kind = $1 AND id = $2 AND rev = $3`, m.Kind, m.ID, m.Rev)
		if err != nil {
			return err
		}
		if n == 0 {
			_, err := db.exec(ctx, "settle mark", `UPDATE stripe_marks SET claimed_until = 0 WHERE kind = $1 AND id = $2`, m.Kind, m.ID)
			return err
		}
		_, err = db.exec(ctx, "settle mark", `
			UPDATE stripe_events SET done_at = $3, error = '' WHERE mark_kind = $1 AND mark_id = $2 AND done_at IS NULL`, m.Kind, m.ID, stamp(at))
		return err
	})
}

// FailMark keeps why with the mark and with each of its events, and lets go of
// the claim. A mark that moved in the meantime is due at once.
func (db *DB) FailMark(ctx context.Context, m billing.Mark, reason string, next time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, "fail mark", `
			UPDATE stripe_marks SET claimed_until = 0, attempts = attempts + 1, error = $4,
				next_at = CASE WHEN rev = $3 THEN $5 ELSE next_at END
			WHERE kind = $1 AND id = $2`, m.Kind, m.ID, m.Rev, reason, stamp(next))
		if err != nil {
			return err
		}
		_, err = db.exec(ctx, "fail mark", `
			UPDATE stripe_events SET attempts = attempts + 1, error = $3 WHERE mark_kind = $1 AND mark_id = $2 AND done_at IS NULL`, m.Kind, m.ID, reason)
		return err
	})
}

// ReleaseMark lets go of a claim; the mark stays as dirty as it was.
func (db *DB) ReleaseMark(ctx context.Context, m billing.Mark) error {
	_, err := db.exec(ctx, "release mark", `UPDATE stripe_marks SET claimed_until = 0 WHERE kind = $1 AND id = $2`, m.Kind, m.ID)
	return err
}

// ExtendMark moves the end of a claim that is still held.
func (db *DB) ExtendMark(ctx context.Context, m billing.Mark, until time.Time) error {
	_, err := db.exec(ctx, "extend mark", `
		UPDATE stripe_marks SET claimed_until = $3 WHERE kind = $1 AND id = $2 AND claimed_until > 0`, m.Kind, m.ID, stamp(until))
	return err
}

// PrunePayloads empties up to n payloads of events that were done before.
func (db *DB) PrunePayloads(ctx context.Context, before time.Time, n int) (int, error) {
	done, err := db.exec(ctx, "prune payloads", `
		UPDATE stripe_events SET payload = '' WHERE id IN (
			SELECT id FROM stripe_events WHERE done_at < $1 AND payload <> '' ORDER BY received_at LIMIT $2)`, stamp(before), n)
	return int(done), err
}

// DirtyMarks lists what is marked and not looked at since.
func (db *DB) DirtyMarks(ctx context.Context) ([]billing.Ref, error) {
	return all(ctx, db, "dirty marks", func(rows *sql.Rows) (r billing.Ref, err error) {
		return r, rows.Scan(&r.Kind, &r.ID)
	}, `SELECT kind, id FROM stripe_marks WHERE dirty`)
}

// Unsettled counts the marks that are due or being worked on.
func (db *DB) Unsettled(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM stripe_marks WHERE dirty AND (next_at <= $1 OR claimed_until > $1)`, stamp(now)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("unsettled marks: %w", err)
	}
	return n, nil
}

// FailedEvent is an inbox row that could not be brought home yet, for the desk.
type FailedEvent = desk.FailedHook

// FailedEvents lists the inbox rows that failed and are not done, oldest first.
func (db *DB) FailedEvents(ctx context.Context, n int) ([]FailedEvent, error) {
	return all(ctx, db, "failed events", func(rows *sql.Rows) (f FailedEvent, err error) {
		var at sql.NullInt64
		err = rows.Scan(&f.ID, &f.Type, &f.Error, &f.Attempts, &at)
		f.Received = unstamp(at)
		return f, err
	}, `SELECT id, type, error, attempts, received_at FROM stripe_events WHERE done_at IS NULL AND attempts > 0 ORDER BY received_at, id LIMIT $1`, n)
}

// TakeLease takes a lease that is free or ran out, under the next number.
func (db *DB) TakeLease(ctx context.Context, name string, now, until time.Time) (int64, bool, error) {
	var fence int64
	err := db.InTx(ctx, func(ctx context.Context) error {
		none, err := missing(db.r(ctx).QueryRowContext(ctx, `
			INSERT INTO leases (name, fence, until_at) VALUES ($1, 1, $3)
			ON CONFLICT (name) DO UPDATE SET fence = leases.fence + 1, until_at = excluded.until_at WHERE leases.until_at <= $2
			RETURNING fence`, name, stamp(now), stamp(until)).Scan(&fence))
		if none {
			fence = 0
		}
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("take lease: %w", err)
	}
	return fence, fence > 0, nil
}

// HoldLease fails with billing.ErrFenced unless the lease still has that
// number. The row stays locked until the transaction ends, so nobody can take
// the lease between this check and the commit.
func (db *DB) HoldLease(ctx context.Context, name string, fence int64) error {
	n, err := db.exec(ctx, "hold lease", `UPDATE leases SET until_at = until_at WHERE name = $1 AND fence = $2`, name, fence)
	if err == nil && n == 0 {
		return billing.ErrFenced
	}
	return err
}

// RenewLease moves the end of a lease, and fails with billing.ErrFenced if
// somebody else has it by now.
func (db *DB) RenewLease(ctx context.Context, name string, fence int64, until time.Time) error {
	n, err := db.exec(ctx, "renew lease", `UPDATE leases SET until_at = $3 WHERE name = $1 AND fence = $2 AND until_at > 0`, name, fence, stamp(until))
	if err == nil && n == 0 {
		return billing.ErrFenced
	}
	return err
}

// DropLease gives a lease back, unless somebody else has it by now.
func (db *DB) DropLease(ctx context.Context, name string, fence int64) error {
	_, err := db.exec(ctx, "drop lease", `UPDATE leases SET until_at = 0 WHERE name = $1 AND fence = $2`, name, fence)
	return err
}

// Watermark is how far a reconciler read; zero if it never did.
func (db *DB) Watermark(ctx context.Context, name string) (time.Time, error) {
	var at sql.NullInt64
	if _, err := missing(db.r(ctx).QueryRowContext(ctx, `SELECT at FROM watermarks WHERE name = $1`, name).Scan(&at)); err != nil {
		return time.Time{}, fmt.Errorf("watermark: %w", err)
	}
	return unstamp(at), nil
}

// SetWatermark keeps how far a reconciler read.
func (db *DB) SetWatermark(ctx context.Context, name string, at time.Time) error {
	_, err := db.exec(ctx, "watermark", `
		INSERT INTO watermarks (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, name, stamp(at))
	return err
}
