package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"broadsheet/billing"
)

// writeComing and readComing keep a change that waits as JSON; "" is none.
func writeComing(c billing.Coming) string {
	if c == (billing.Coming{}) {
		return ""
	}
	doc, _ := json.Marshal(c) // strings, numbers and a time: it cannot fail
	return string(doc)
}

func readComing(doc string) (c billing.Coming, err error) {
	if doc == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(doc), &c); err != nil {
		return c, fmt.Errorf("a change that waits: %w", err)
	}
	return c, nil
}

const planChangeColumns = `id, reader_id, subscription, from_plan, to_plan, every, timing, uncancel, amount, currency, invoice, state, decline, at`

func scanPlanChange(rows *sql.Rows) (c billing.PlanChange, err error) {
	var at sql.NullInt64
	err = rows.Scan(&c.ID, &c.ReaderID, &c.Subscription, &c.FromPlan, &c.ToPlan, &c.Interval, &c.Timing, &c.Uncancel,
		&c.Due.Amount, &c.Due.Currency, &c.Invoice, &c.State, &c.Decline, &at)
	c.At = unstamp(at)
	return c, err
}

// PlanChange finds a change by the id of its preview.
func (db *DB) PlanChange(ctx context.Context, id string) (billing.PlanChange, bool, error) {
	return one(all(ctx, db, "plan change", scanPlanChange, `SELECT `+planChangeColumns+` FROM plan_changes WHERE id = $1`, id))
}

// PlanChangesOf lists what a reader changed, the newest first.
func (db *DB) PlanChangesOf(ctx context.Context, readerID string) ([]billing.PlanChange, error) {
	return all(ctx, db, "plan changes", scanPlanChange, `
		SELECT `+planChangeColumns+` FROM plan_changes WHERE reader_id = $1 ORDER BY at DESC, id DESC`, readerID)
}

// SavePlanChange writes a change; of one that is there, how it went.
func (db *DB) SavePlanChange(ctx context.Context, c billing.PlanChange) error {
	_, err := db.exec(ctx, "save plan change", `
		INSERT INTO plan_changes (`+planChangeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET invoice = excluded.invoice, state = excluded.state, decline = excluded.decline`,
		c.ID, c.ReaderID, c.Subscription, c.FromPlan, c.ToPlan, string(c.Interval), string(c.Timing), c.Uncancel,
		c.Due.Amount, c.Due.Currency, c.Invoice, string(c.State), c.Decline, stamp(c.At))
	return err
}
