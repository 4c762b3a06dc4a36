package store

import (
	"context"
	"database/sql"
	"strings"

	"broadsheet/billing"
)

// AddCancellation keeps that somebody cancelled, and what they said.
func (db *DB) AddCancellation(ctx context.Context, c billing.Cancellation) error {
	_, err := db.exec(ctx, "add cancellation", `
		INSERT INTO cancellations (subscription, at, reader_id, feedback, comment) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subscription, at) DO NOTHING`, c.Subscription, stamp(c.At), c.ReaderID, c.Feedback, c.Comment)
	return err
}

// CancellationsOf lists what a reader cancelled, the newest first.
func (db *DB) CancellationsOf(ctx context.Context, readerID string) ([]billing.Cancellation, error) {
	return all(ctx, db, "cancellations", func(rows *sql.Rows) (c billing.Cancellation, err error) {
		var at sql.NullInt64
		err = rows.Scan(&c.Subscription, &at, &c.ReaderID, &c.Feedback, &c.Comment)
		c.At = unstamp(at)
		return c, err
	}, `SELECT subscription, at, reader_id, feedback, comment FROM cancellations WHERE reader_id = $1 ORDER BY at DESC, subscription`, readerID)
}

// EndingOf finds how a subscription was ended at once. Charges and refunds are
// kept as words.
func (db *DB) EndingOf(ctx context.Context, subscription string) (billing.Ending, bool, error) {
	return one(all(ctx, db, "ending", func(rows *sql.Rows) (e billing.Ending, err error) {
		var at sql.NullInt64
		var charges, refunds string
		err = rows.Scan(&e.Subscription, &e.ReaderID, &at, &e.Why, &charges, &e.Refund.Amount, &e.Refund.Currency, &refunds)
		e.At, e.Charges, e.Refunds = unstamp(at), strings.Fields(charges), strings.Fields(refunds)
		return e, err
	}, `SELECT subscription, reader_id, at, why, charge, amount, currency, refund FROM endings WHERE subscription = $1`, subscription))
}

// SaveEnding writes an ending; of one that is there, what was refunded.
func (db *DB) SaveEnding(ctx context.Context, e billing.Ending) error {
	_, err := db.exec(ctx, "save ending", `
		INSERT INTO endings (subscription, reader_id, at, why, charge, amount, currency, refund) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (subscription) DO UPDATE SET charge = excluded.charge, refund = excluded.refund`,
		e.Subscription, e.ReaderID, stamp(e.At), e.Why, strings.Join(e.Charges, " "), e.Refund.Amount, e.Refund.Currency, strings.Join(e.Refunds, " "))
	return err
}
