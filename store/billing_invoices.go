package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"broadsheet/billing"
)

const invoiceColumns = `id, customer, subscription, number, status, amount, currency, paid, remaining, created_at, due_at, paid_at,
	period_start, period_end, attempts, hosted_url, pdf, reason, next_attempt_at, needs_action, tax, lines, bill_to`

func scanInvoice(rows *sql.Rows) (i billing.Invoice, err error) {
	var t [6]sql.NullInt64
	var lines string
	err = rows.Scan(&i.ID, &i.Customer, &i.Subscription, &i.Number, &i.Status, &i.Money.Amount, &i.Money.Currency, &i.Paid, &i.Remaining,
		&t[0], &t[1], &t[2], &t[3], &t[4], &i.Attempts, &i.HostedURL, &i.PDF,
		&i.Reason, &t[5], &i.NeedsAction, &i.Tax, &lines, &i.BillTo)
	if err != nil {
		return i, err
	}
	for n, to := range []*time.Time{&i.Created, &i.Due, &i.PaidAt, &i.PeriodStart, &i.PeriodEnd, &i.NextAttempt} {
		*to = unstamp(t[n])
	}
	if lines == "[]" {
		return i, nil
	}
	return i, json.Unmarshal([]byte(lines), &i.Lines)
}

// SaveInvoice writes an invoice as Stripe says it is.
func (db *DB) SaveInvoice(ctx context.Context, readerID string, i billing.Invoice) error {
	lines, err := json.Marshal(append([]billing.InvoiceLine{}, i.Lines...))
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "save invoice", `
		INSERT INTO invoices (reader_id, `+invoiceColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (id) DO UPDATE SET reader_id = excluded.reader_id, number = excluded.number, status = excluded.status,
			amount = excluded.amount, paid = excluded.paid, remaining = excluded.remaining, due_at = excluded.due_at,
			paid_at = excluded.paid_at, period_start = excluded.period_start, period_end = excluded.period_end,
			attempts = excluded.attempts, hosted_url = excluded.hosted_url, pdf = excluded.pdf,
			reason = excluded.reason, next_attempt_at = excluded.next_attempt_at, needs_action = excluded.needs_action,
			tax = excluded.tax, lines = excluded.lines, bill_to = excluded.bill_to`,
		readerID, i.ID, i.Customer, i.Subscription, i.Number, i.Status, i.Money.Amount, i.Money.Currency, i.Paid, i.Remaining,
		stamp(i.Created), stamp(i.Due), stamp(i.PaidAt), stamp(i.PeriodStart), stamp(i.PeriodEnd), i.Attempts, i.HostedURL, i.PDF,
		i.Reason, stamp(i.NextAttempt), i.NeedsAction, i.Tax, string(lines), i.BillTo)
	return err
}

// InvoicesOf lists a reader's invoices without the drafts, the newest first,
// from the one after before ("" for the first page).
func (db *DB) InvoicesOf(ctx context.Context, readerID, before string, n int) ([]billing.Invoice, error) {
	return all(ctx, db, "invoices", scanInvoice, `
		SELECT `+invoiceColumns+` FROM invoices
		WHERE reader_id = $1 AND status <> 'draft' AND ($2 = '' OR (created_at, id) < (SELECT created_at, id FROM invoices WHERE id = $2))
		ORDER BY created_at DESC, id DESC LIMIT $3`, readerID, before, n)
}

// InvoiceByID finds an invoice as it was last synced.
func (db *DB) InvoiceByID(ctx context.Context, id string) (billing.Invoice, bool, error) {
	return one(all(ctx, db, "invoice", scanInvoice, `SELECT `+invoiceColumns+` FROM invoices WHERE id = $1`, id))
}

// InvoiceOf finds an invoice of that reader's; false for anybody else's.
func (db *DB) InvoiceOf(ctx context.Context, readerID, id string) (billing.Invoice, bool, error) {
	return one(all(ctx, db, "invoice", scanInvoice, `SELECT `+invoiceColumns+` FROM invoices WHERE id = $1 AND reader_id = $2`, id, readerID))
}
