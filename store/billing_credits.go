package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"broadsheet/billing"
)

const creditColumns = `id, kind, customer, charge, invoice, number, refund, early, amount, currency, status, reason, failure, asked_by, created_at`

func scanCredit(rows *sql.Rows) (c billing.Credit, err error) {
	var at sql.NullInt64
	err = rows.Scan(&c.ID, &c.Kind, &c.Customer, &c.Charge, &c.Invoice, &c.Number, &c.Refund, &c.Early, &c.Money.Amount, &c.Money.Currency,
		&c.Status, &c.Reason, &c.Failure, &c.AskedBy, &at)
	c.Created = unstamp(at)
	return c, err
}

// CreditByID finds a refund or a credit note as it was last synced.
func (db *DB) CreditByID(ctx context.Context, id string) (billing.Credit, bool, error) {
	return one(all(ctx, db, "credit", scanCredit, `SELECT `+creditColumns+` FROM credits WHERE id = $1`, id))
}

// CreditsOf lists what a reader got back, the newest first.
func (db *DB) CreditsOf(ctx context.Context, readerID string) ([]billing.Credit, error) {
	return all(ctx, db, "credits", scanCredit, `
		SELECT `+creditColumns+` FROM credits WHERE reader_id = $1 ORDER BY created_at DESC, id DESC`, readerID)
}

// CreditsOfInvoice lists what went back of an invoice, the newest first.
func (db *DB) CreditsOfInvoice(ctx context.Context, invoice string) ([]billing.Credit, error) {
	return all(ctx, db, "credits", scanCredit, `
		SELECT `+creditColumns+` FROM credits WHERE invoice = $1 ORDER BY created_at DESC, id DESC`, invoice)
}

// RecordCredit writes the row as it is now, and its state beside those that
// held before.
func (db *DB) RecordCredit(ctx context.Context, readerID string, c billing.Credit, at time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "record credit", `
			INSERT INTO credits (reader_id, `+creditColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (id) DO UPDATE SET reader_id = excluded.reader_id, customer = excluded.customer, charge = excluded.charge,
				invoice = excluded.invoice, number = excluded.number, refund = excluded.refund, early = excluded.early,
				amount = excluded.amount, status = excluded.status, reason = excluded.reason, failure = excluded.failure,
				asked_by = excluded.asked_by`,
			readerID, c.ID, string(c.Kind), c.Customer, c.Charge, c.Invoice, c.Number, c.Refund, c.Early, c.Money.Amount, c.Money.Currency,
			c.Status, c.Reason, c.Failure, c.AskedBy, stamp(c.Created)); err != nil {
			return err
		}
		return db.turnState(ctx, `
			UPDATE credit_states SET to_at = $2 WHERE credit = $1 AND to_at IS NULL`, `
			INSERT INTO credit_states (credit, rev, reader_id, status, doc, from_at, to_at)
			SELECT CAST($1 AS TEXT), coalesce(max(rev), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), NULL
			FROM credit_states WHERE credit = $1`, c.ID, readerID, c.Status, c, at)
	})
}

// turnState ends the state that held and begins the one that doc describes.
func (db *DB) turnState(ctx context.Context, end, begin, id, readerID, status string, doc any, at time.Time) error {
	if _, err := db.exec(ctx, "end state", end, id, stamp(at)); err != nil {
		return err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "begin state", begin, id, readerID, status, string(text), stamp(at))
	return err
}

// CreditStatuses lists the states that a refund or a note was in, the oldest
// first.
func (db *DB) CreditStatuses(ctx context.Context, id string) ([]string, error) {
	return all(ctx, db, "credit states", scanText, `SELECT status FROM credit_states WHERE credit = $1 ORDER BY rev`, id)
}

func scanText(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }

// LastRefundOrder is the newest order for an invoice that was not refused.
func (db *DB) LastRefundOrder(ctx context.Context, invoice string) (billing.RefundOrder, bool, error) {
	return one(all(ctx, db, "refund order", scanOrder, `
		SELECT `+orderColumns+` FROM refund_orders WHERE invoice = $1 AND state <> 'refused'
		ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, at DESC, id DESC LIMIT 1`, invoice))
}

const orderColumns = `id, reader_id, invoice, charge, asked, amount, currency, reason, at, refund, state`

func scanOrder(rows *sql.Rows) (o billing.RefundOrder, err error) {
	var at sql.NullInt64
	err = rows.Scan(&o.ID, &o.ReaderID, &o.Invoice, &o.Charge, &o.Asked, &o.Money.Amount, &o.Money.Currency, &o.Reason, &at, &o.Refund, &o.State)
	o.At = unstamp(at)
	return o, err
}

// SaveRefundOrder writes an order; of one that is there, what became of it.
func (db *DB) SaveRefundOrder(ctx context.Context, o billing.RefundOrder) error {
	_, err := db.exec(ctx, "save refund order", `
		INSERT INTO refund_orders (`+orderColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET refund = excluded.refund, state = excluded.state`,
		o.ID, o.ReaderID, o.Invoice, o.Charge, o.Asked, o.Money.Amount, o.Money.Currency, o.Reason, stamp(o.At), o.Refund, string(o.State))
	return err
}

// InvoiceByNumber finds an invoice by what is printed on it.
func (db *DB) InvoiceByNumber(ctx context.Context, number string) (billing.Invoice, bool, error) {
	return one(all(ctx, db, "invoice", scanInvoice, `
		SELECT `+invoiceColumns+` FROM invoices WHERE number = $1 AND number <> '' ORDER BY created_at DESC, id DESC LIMIT 1`, number))
}
