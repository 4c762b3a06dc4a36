package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/billing"
)

// runsFor is how long the reconciler's runs are kept.
const runsFor = 90 * 24 * time.Hour

// NoteReconciled keeps a run of the reconciler, and forgets those of long ago.
func (db *DB) NoteReconciled(ctx context.Context, r billing.Reconciled) error {
	ids, err := json.Marshal(r.IDs)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "note reconciliation", `
			INSERT INTO reconciliations (at, run, events, missed, customers, drift, ids, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (at, run) DO NOTHING`,
			stamp(r.At), r.Run, r.Events, r.Missed, r.Customers, r.Drift, string(ids), r.Error); err != nil {
			return err
		}
		_, err := db.exec(ctx, "note reconciliation", `DELETE FROM reconciliations WHERE at < $1`, stamp(r.At.Add(-runsFor)))
		return err
	})
}

// Reconciliations lists the reconciler's runs, the newest first.
func (db *DB) Reconciliations(ctx context.Context, n int) ([]billing.Reconciled, error) {
	return all(ctx, db, "reconciliations", func(rows *sql.Rows) (r billing.Reconciled, err error) {
		var at sql.NullInt64
		var ids string
		if err := rows.Scan(&at, &r.Run, &r.Events, &r.Missed, &r.Customers, &r.Drift, &ids, &r.Error); err != nil {
			return r, err
		}
		r.At = unstamp(at)
		return r, json.Unmarshal([]byte(ids), &r.IDs)
	}, `SELECT at, run, events, missed, customers, drift, ids, error FROM reconciliations ORDER BY at DESC, run LIMIT $1`, n)
}

// ReplayEvent makes what a kept event names due again at once, done or not.
// false if there is no such event, or it names nothing of ours.
func (db *DB) ReplayEvent(ctx context.Context, id string, at time.Time) (FailedEvent, bool, error) {
	var e FailedEvent
	var mark billing.Ref
	err := db.InTx(ctx, func(ctx context.Context) error {
		none, err := missing(db.r(ctx).QueryRowContext(ctx, `
			SELECT id, type, attempts, mark_kind, mark_id FROM stripe_events WHERE id = $1`, id).Scan(&e.ID, &e.Type, &e.Attempts, &mark.Kind, &mark.ID))
		if err != nil || none || mark.IsZero() {
			return err
		}
		return db.MarkDirty(ctx, mark, at)
	})
	if err != nil {
		return e, false, fmt.Errorf("replay event: %w", err)
	}
	return e, !mark.IsZero(), nil
}
