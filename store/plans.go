package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/billing"
)

// ClaimPlans notes that the desk has set these things itself.
func (db *DB) ClaimPlans(ctx context.Context, things []string, at time.Time) error {
	for _, thing := range things {
		if _, err := db.exec(ctx, "claim plans", `
			INSERT INTO plan_claims (thing, at) VALUES ($1, $2) ON CONFLICT (thing) DO UPDATE SET at = excluded.at`, thing, stamp(at)); err != nil {
			return err
		}
	}
	return nil
}

// PlanClaims are the things that the desk has set itself, and when.
func (db *DB) PlanClaims(ctx context.Context) (map[string]time.Time, error) {
	type claim struct {
		thing string
		at    sql.NullInt64
	}
	rows, err := all(ctx, db, "plan claims", func(rows *sql.Rows) (c claim, err error) {
		return c, rows.Scan(&c.thing, &c.at)
	}, `SELECT thing, at FROM plan_claims`)
	claims := make(map[string]time.Time, len(rows))
	for _, c := range rows {
		claims[c.thing] = unstamp(c.at)
	}
	return claims, err
}

// DropPlanClaims gives all things back to the publication's file.
func (db *DB) DropPlanClaims(ctx context.Context) error {
	_, err := db.exec(ctx, "drop plan claims", `DELETE FROM plan_claims`)
	return err
}

// KeepPastCatalogue keeps what was sold until that paper time. Of two changes
// at one instant the first says what held before.
func (db *DB) KeepPastCatalogue(ctx context.Context, was billing.Catalogue, until time.Time) error {
	doc, err := json.Marshal(was)
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "keep what was sold", `
		INSERT INTO past_catalogues (until_at, doc) VALUES ($1, $2) ON CONFLICT (until_at) DO NOTHING`, stamp(until), string(doc))
	return err
}

// CatalogueAt is what was sold at that paper time.
func (db *DB) CatalogueAt(ctx context.Context, at time.Time) (c billing.Catalogue, err error) {
	var doc string
	none, err := missing(db.r(ctx).QueryRowContext(ctx, `
		SELECT doc FROM past_catalogues WHERE until_at > $1 ORDER BY until_at LIMIT 1`, stamp(at)).Scan(&doc))
	switch {
	case err != nil:
		return c, fmt.Errorf("what was sold: %w", err)
	case none:
		return db.Catalogue(ctx)
	}
	if err := json.Unmarshal([]byte(doc), &c); err != nil {
		return c, fmt.Errorf("what was sold: %w", err)
	}
	return c, nil
}

// Holders is how many pay each price, by what they really pay, and how many
// have each plan without a payment at that paper time.
func (db *DB) Holders(ctx context.Context, now time.Time) ([]billing.Holders, error) {
	return all(ctx, db, "who has which price", func(rows *sql.Rows) (h billing.Holders, err error) {
		return h, rows.Scan(&h.Plan, &h.LookupKey, &h.Interval, &h.Money.Amount, &h.Money.Currency, &h.Readers)
	}, `
		SELECT s.plan, coalesce(p.lookup_key, s.lookup_key), s.every, s.amount, s.currency, count(*)
		FROM subscriptions s LEFT JOIN stripe_prices p ON p.id = s.price_id
		WHERE s.status IN ('active', 'trialing', 'past_due', 'paused', 'unpaid') GROUP BY 1, 2, 3, 4, 5
		UNION ALL
		SELECT g.plan, '', '', 0, '', count(DISTINCT g.reader_id) FROM grants g
		WHERE g.from_at <= $1 AND (g.to_at IS NULL OR g.to_at > $1) GROUP BY g.plan
		ORDER BY 1, 2, 4`, stamp(now))
}

// PriceInUse is a price of Stripe's by which somebody pays now; "" for none.
func (db *DB) PriceInUse(ctx context.Context) (string, error) {
	var id string
	_, err := missing(db.r(ctx).QueryRowContext(ctx, `
		SELECT price_id FROM subscriptions WHERE status IN ('active', 'trialing', 'past_due') ORDER BY synced_at DESC, id LIMIT 1`).Scan(&id))
	if err != nil {
		return "", fmt.Errorf("a price in use: %w", err)
	}
	return id, nil
}
