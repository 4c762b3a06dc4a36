package store

import (
	"context"
	"time"

	"broadsheet/billing"
)

// CardsRunningOut lists the customers whose card is good to the end of a month
// between the two, both included, and whose subscription goes on, by their ids.
func (db *DB) CardsRunningOut(ctx context.Context, from, to time.Time, after string, n int) ([]billing.Customer, error) {
	months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) }
	return all(ctx, db, "cards that run out", scanCustomer, `
		SELECT `+customerColumns+` FROM customers
		WHERE card_id <> '' AND NOT deleted AND card_year * 12 + card_month BETWEEN $1 AND $2 AND card_month > 0 AND id > $3
			AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.customer = customers.id AND s.cancel_at IS NULL
				AND s.status IN ('active', 'trialing', 'past_due', 'unpaid', 'paused'))
		ORDER BY id LIMIT $4`, months(from), months(to), after, n)
}

// YearlyRenewals lists the yearly subscriptions whose period ends after the one
// time and not after the other, and is followed by another, by their ids.
func (db *DB) YearlyRenewals(ctx context.Context, from, to time.Time, after string, n int) ([]billing.Subscription, error) {
	return all(ctx, db, "yearly renewals", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions
		WHERE every = 'year' AND status = 'active' AND cancel_at IS NULL AND NOT is_paused
			AND period_end > $1 AND period_end <= $2 AND id > $3
		ORDER BY id LIMIT $4`, stamp(from), stamp(to), after, n)
}
