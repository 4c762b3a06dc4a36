package store

import (
	"context"
	"database/sql"
	"fmt"

	"broadsheet/billing"
)

const checkoutColumns = `id, reader_id, customer, lookup_key, return_path, visitor, session_id, tries, state, created_at, trial_days, code`

func scanCheckout(rows *sql.Rows) (c billing.Checkout, err error) {
	var session sql.NullString
	var created sql.NullInt64
	err = rows.Scan(&c.ID, &c.ReaderID, &c.Customer, &c.LookupKey, &c.Return, &c.Visitor, &session, &c.Tries, &c.State, &created, &c.TrialDays, &c.Code)
	c.SessionID, c.Created = session.String, unstamp(created)
	return c, err
}

// OpenCheckout finds the one checkout of a reader that is open.
func (db *DB) OpenCheckout(ctx context.Context, readerID string) (billing.Checkout, bool, error) {
	return one(all(ctx, db, "checkout", scanCheckout, `SELECT `+checkoutColumns+` FROM checkouts WHERE reader_id = $1 AND state = 'open'`, readerID))
}

// CheckoutBySession finds a checkout by the session at Stripe.
func (db *DB) CheckoutBySession(ctx context.Context, session string) (billing.Checkout, bool, error) {
	return one(all(ctx, db, "checkout", scanCheckout, `SELECT `+checkoutColumns+` FROM checkouts WHERE session_id = $1`, session))
}

// CheckoutByID finds a checkout.
func (db *DB) CheckoutByID(ctx context.Context, id string) (billing.Checkout, bool, error) {
	return one(all(ctx, db, "checkout", scanCheckout, `SELECT `+checkoutColumns+` FROM checkouts WHERE id = $1`, id))
}

// SaveCheckout makes or changes a checkout that is open. One that is not stays
// as it is: nothing opens again.
func (db *DB) SaveCheckout(ctx context.Context, c billing.Checkout) error {
	_, err := db.exec(ctx, "save checkout", `
		INSERT INTO checkouts (`+checkoutColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, return_path = excluded.return_path, visitor = excluded.visitor,
			session_id = excluded.session_id, tries = excluded.tries, state = excluded.state, trial_days = excluded.trial_days, code = excluded.code
		WHERE checkouts.state = 'open'`,
		c.ID, c.ReaderID, c.Customer, c.LookupKey, c.Return, c.Visitor, nullable(c.SessionID != "", c.SessionID), c.Tries, string(c.State), stamp(c.Created), c.TrialDays, c.Code)
	return err
}

// billingData is the billing room's hold on what is kept of a reader.
type billingData struct{ db *DB }

// BillingData registers export, erase and merge for what was bought.
func (db *DB) BillingData() Personal { return billingData{db} }

func (billingData) Tables() []string {
	return []string{"customers", "subscriptions", "subscription_states", "grants", "invoices", "checkouts", "cancellations", "endings", "pauses", "plan_changes"}
}

func (d billingData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	subs, err := d.db.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	grants, err := d.db.GrantsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	invoices := []billing.Invoice{}
	for before := ""; ; before = invoices[len(invoices)-1].ID {
		page, err := d.db.InvoicesOf(ctx, readerID, before, 200)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		invoices = append(invoices, page...)
	}
	customers, err := d.db.CustomersOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	cards := []billing.Card{}
	for _, c := range customers {
		if !c.Card.IsZero() {
			cards = append(cards, c.Card)
		}
	}
	left, err := d.db.CancellationsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	pauses, err := d.db.PausesOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	changes, err := d.db.PlanChangesOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"plan_changes": changes, "pauses": pauses, "cancellations": left, "cards": cards, "subscriptions": subs, "grants": grants, "invoices": invoices}, nil
}

// Erase removes addresses, the ways to the payment page, and the payloads of
// webhooks. Invoices and the subscriptions that they bill stay, as the law of
// accounts wants it; without the account they name nobody here.
func (d billingData) Erase(ctx context.Context, readerID string) error {
	return d.each(ctx, "erase billing", []string{
		`UPDATE stripe_events SET payload = '' WHERE mark_kind = 'customer' AND mark_id IN (SELECT id FROM customers WHERE reader_id = $1)`,
		`UPDATE customers SET email = '', card_id = '', card_brand = '', card_last4 = '', card_month = 0, card_year = 0 WHERE reader_id = $1`,
		`UPDATE cancellations SET comment = '' WHERE reader_id = $1`,
		`UPDATE checkouts SET return_path = '', visitor = '' WHERE reader_id = $1`,
		`UPDATE invoices SET hosted_url = '', pdf = '', bill_to = '' WHERE reader_id = $1`,
	}, readerID)
}

// Merge moves all of it. Of two open checkouts only the remaining reader's stays.
func (d billingData) Merge(ctx context.Context, from, into string) error {
	return d.each(ctx, "merge billing", []string{
		`UPDATE checkouts SET state = 'closed' WHERE reader_id = $1 AND state = 'open' AND $2 <> ''`,
		`UPDATE checkouts SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE customers SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE subscriptions SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE subscription_states SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE cancellations SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE endings SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE pauses SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE plan_changes SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE grants SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE invoices SET reader_id = $2 WHERE reader_id = $1`,
	}, from, into)
}

func (d billingData) each(ctx context.Context, what string, statements []string, args ...any) error {
	return d.db.InTx(ctx, func(ctx context.Context) error {
		for _, statement := range statements {
			if _, err := d.db.exec(ctx, what, statement, args...); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
		}
		return nil
	})
}
