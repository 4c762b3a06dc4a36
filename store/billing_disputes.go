package store

import (
	"context"
	"database/sql"
	"time"

	"broadsheet/billing"
)

const disputeColumns = `id, customer, subscription, invoice, charge, amount, currency, reason, status, due_at, url, created_at`

func scanDispute(rows *sql.Rows) (d billing.Dispute, err error) {
	var due, made sql.NullInt64
	err = rows.Scan(&d.ID, &d.Customer, &d.Subscription, &d.Invoice, &d.Charge, &d.Money.Amount, &d.Money.Currency, &d.Reason, &d.Status, &due, &d.URL, &made)
	d.Due, d.Created = unstamp(due), unstamp(made)
	return d, err
}

// DisputeByID finds a dispute as it was last synced.
func (db *DB) DisputeByID(ctx context.Context, id string) (billing.Dispute, bool, error) {
	return one(all(ctx, db, "dispute", scanDispute, `SELECT `+disputeColumns+` FROM disputes WHERE id = $1`, id))
}

// DisputesOf lists a reader's disputes, the newest first.
func (db *DB) DisputesOf(ctx context.Context, readerID string) ([]billing.Dispute, error) {
	return all(ctx, db, "disputes", scanDispute, `
		SELECT `+disputeColumns+` FROM disputes WHERE reader_id = $1 ORDER BY created_at DESC, id DESC`, readerID)
}

// DisputesOfInvoice lists the disputes over an invoice's payment, the newest
// first.
func (db *DB) DisputesOfInvoice(ctx context.Context, invoice string) ([]billing.Dispute, error) {
	return all(ctx, db, "disputes", scanDispute, `
		SELECT `+disputeColumns+` FROM disputes WHERE invoice = $1 ORDER BY created_at DESC, id DESC`, invoice)
}

// RecordDispute writes the row as it is now, and its state beside those that
// held before.
func (db *DB) RecordDispute(ctx context.Context, readerID string, d billing.Dispute, at time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "record dispute", `
			INSERT INTO disputes (reader_id, `+disputeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (id) DO UPDATE SET reader_id = excluded.reader_id, customer = excluded.customer, subscription = excluded.subscription,
				invoice = excluded.invoice, charge = excluded.charge, amount = excluded.amount, currency = excluded.currency,
				reason = excluded.reason, status = excluded.status, due_at = excluded.due_at, url = excluded.url`,
			readerID, d.ID, d.Customer, d.Subscription, d.Invoice, d.Charge, d.Money.Amount, d.Money.Currency, d.Reason, d.Status,
			stamp(d.Due), d.URL, stamp(d.Created)); err != nil {
			return err
		}
		return db.turnState(ctx, `
			UPDATE dispute_states SET to_at = $2 WHERE dispute = $1 AND to_at IS NULL`, `
			INSERT INTO dispute_states (dispute, rev, reader_id, status, doc, from_at, to_at)
			SELECT CAST($1 AS TEXT), coalesce(max(rev), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), NULL
			FROM dispute_states WHERE dispute = $1`, d.ID, readerID, d.Status, d, at)
	})
}

// DisputeStatuses lists the states that a dispute was in, the oldest first.
func (db *DB) DisputeStatuses(ctx context.Context, id string) ([]string, error) {
	return all(ctx, db, "dispute states", scanText, `SELECT status FROM dispute_states WHERE dispute = $1 ORDER BY rev`, id)
}

// saveRules keeps what the publisher has decided about money.
func (db *DB) saveRules(ctx context.Context, c billing.Catalogue) error {
	_, err := db.exec(ctx, "save billing rules", `
		INSERT INTO billing_rules (id, dispute) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET dispute = excluded.dispute`, string(c.Disputes))
	return err
}

func (db *DB) rules(ctx context.Context, c *billing.Catalogue) error {
	policy, _, err := one(all(ctx, db, "billing rules", scanText, `SELECT dispute FROM billing_rules WHERE id = 1`))
	c.Disputes = billing.DisputePolicy(policy)
	return err
}
