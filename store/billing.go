package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"broadsheet/billing"
)

// Everything that package billing asks of a storage.
var _ billing.Store = (*DB)(nil)

// exec runs one statement where a write belongs, and says what it was for when
// it fails.
func (db *DB) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	done, err := db.w(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// SaveCatalogue makes c what is sold. What it no longer names is retired, not
// deleted: it may have subscribers.
func (db *DB) SaveCatalogue(ctx context.Context, c billing.Catalogue) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		was, err := db.Catalogue(ctx)
		if err != nil {
			return err
		}
		if fmt.Sprint(was.Plans, was.Benefits, was.ShipsTo, was.Disputes) == fmt.Sprint(c.Plans, c.Benefits, c.ShipsTo, c.Disputes) {
			return nil
		}
		for _, clear := range []string{
			`UPDATE plans SET sold = FALSE`, `UPDATE prices SET sold = FALSE`, `UPDATE gift_prices SET sold = FALSE`,
			`DELETE FROM benefit_texts`, `DELETE FROM ships_to`,
		} {
			if _, err := db.exec(ctx, "save catalogue", clear); err != nil {
				return err
			}
		}
		for i, p := range c.Plans {
			if err := db.savePlan(ctx, i, p); err != nil {
				return err
			}
		}
		for i, b := range c.Benefits {
			if _, err := db.exec(ctx, "save benefit", `INSERT INTO benefit_texts (benefit, name, text, position) VALUES ($1, $2, $3, $4)`,
				string(b.Key), b.Name, b.Text, i); err != nil {
				return err
			}
		}
		for i, country := range c.ShipsTo {
			if _, err := db.exec(ctx, "save countries", `INSERT INTO ships_to (country, position) VALUES ($1, $2) ON CONFLICT (country) DO NOTHING`,
				country, i); err != nil {
				return err
			}
		}
		if err := db.saveRules(ctx, c); err != nil {
			return err
		}
		return db.bumpNews(ctx)
	})
}

func (db *DB) savePlan(ctx context.Context, position int, p billing.Plan) error {
	if _, err := db.exec(ctx, "save plan", `
		INSERT INTO plans (key, name, summary, position, sold) VALUES ($1, $2, $3, $4, TRUE)
		ON CONFLICT (key) DO UPDATE SET name = excluded.name, summary = excluded.summary, position = excluded.position, sold = TRUE`,
		p.Key, p.Name, p.Summary, position); err != nil {
		return err
	}
	if _, err := db.exec(ctx, "save plan", `DELETE FROM plan_benefits WHERE plan = $1`, p.Key); err != nil {
		return err
	}
	for i, b := range p.Benefits {
		if _, err := db.exec(ctx, "save plan", `INSERT INTO plan_benefits (plan, benefit, position) VALUES ($1, $2, $3)`, p.Key, string(b), i); err != nil {
			return err
		}
	}
	for i, pr := range p.Prices {
		if _, err := db.exec(ctx, "save price", `
			INSERT INTO prices (lookup_key, plan, every, amount, currency, position, sold, trial_days, trial_card) VALUES ($1, $2, $3, $4, $5, $6, TRUE, $7, $8)
			ON CONFLICT (lookup_key) DO UPDATE SET plan = excluded.plan, every = excluded.every, amount = excluded.amount,
				currency = excluded.currency, position = excluded.position, sold = TRUE, trial_days = excluded.trial_days, trial_card = excluded.trial_card`,
			pr.LookupKey, p.Key, string(pr.Interval), pr.Money.Amount, pr.Money.Currency, i, pr.TrialDays, string(pr.TrialCard)); err != nil {
			return err
		}
	}
	return db.saveGiftPrices(ctx, p)
}

type priceRow struct {
	billing.Price
	sold bool
}

// Catalogue is what is sold, and what was and may have subscribers.
func (db *DB) Catalogue(ctx context.Context) (c billing.Catalogue, err error) {
	type planRow struct {
		billing.Plan
		sold bool
	}
	plans, err := all(ctx, db, "plans", func(rows *sql.Rows) (p planRow, err error) {
		return p, rows.Scan(&p.Key, &p.Name, &p.Summary, &p.sold)
	}, `SELECT key, name, summary, sold FROM plans ORDER BY position, key`)
	if err != nil {
		return c, err
	}
	brings, err := all(ctx, db, "benefits", func(rows *sql.Rows) (b [2]string, err error) {
		return b, rows.Scan(&b[0], &b[1])
	}, `SELECT plan, benefit FROM plan_benefits ORDER BY plan, position`)
	if err != nil {
		return c, err
	}
	prices, err := all(ctx, db, "prices", func(rows *sql.Rows) (p priceRow, err error) {
		return p, rows.Scan(&p.LookupKey, &p.Plan, &p.Interval, &p.Money.Amount, &p.Money.Currency, &p.sold, &p.TrialDays, &p.TrialCard)
	}, `SELECT lookup_key, plan, every, amount, currency, sold, trial_days, trial_card FROM prices ORDER BY plan, position, lookup_key`)
	if err != nil {
		return c, err
	}
	gifts, err := db.giftPrices(ctx)
	if err != nil {
		return c, err
	}
	for _, p := range plans {
		for _, b := range brings {
			if b[0] == p.Key {
				p.Benefits = append(p.Benefits, billing.Benefit(b[1]))
			}
		}
		if p.sold {
			sold := p.Plan
			sold.Prices, sold.Gifts = pricesOf(prices, p.Key, true), gifts[p.Key]
			c.Plans = append(c.Plans, sold)
		}
		if old := pricesOf(prices, p.Key, false); len(old) > 0 || !p.sold {
			retired := p.Plan
			retired.Prices = old
			c.Retired = append(c.Retired, retired)
		}
	}
	if err := db.rules(ctx, &c); err != nil {
		return c, err
	}
	return c, db.wording(ctx, &c)
}

// pricesOf picks a plan's prices, the more frequent first.
func pricesOf(rows []priceRow, plan string, sold bool) []billing.Price {
	var out []billing.Price
	for _, r := range rows {
		if r.Plan == plan && r.sold == sold {
			out = append(out, r.Price)
		}
	}
	slices.SortStableFunc(out, func(a, b billing.Price) int { return cmp.Compare(a.Interval, b.Interval) })
	return out
}

func (db *DB) wording(ctx context.Context, c *billing.Catalogue) (err error) {
	c.Benefits, err = all(ctx, db, "benefit texts", func(rows *sql.Rows) (b billing.BenefitText, err error) {
		return b, rows.Scan(&b.Key, &b.Name, &b.Text)
	}, `SELECT benefit, name, text FROM benefit_texts ORDER BY position`)
	if err != nil {
		return err
	}
	c.ShipsTo, err = all(ctx, db, "countries", func(rows *sql.Rows) (s string, err error) {
		return s, rows.Scan(&s)
	}, `SELECT country FROM ships_to ORDER BY position`)
	return err
}

// KeepPrice remembers which lookup key a price of Stripe's had.
func (db *DB) KeepPrice(ctx context.Context, priceID, lookup string) error {
	_, err := db.exec(ctx, "keep price", `
		INSERT INTO stripe_prices (id, lookup_key) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET lookup_key = excluded.lookup_key WHERE stripe_prices.lookup_key <> excluded.lookup_key`, priceID, lookup)
	return err
}

// LookupOfPrice is the lookup key that a price had last; "" if none is known.
func (db *DB) LookupOfPrice(ctx context.Context, priceID string) (string, error) {
	var lookup string
	_, err := missing(db.r(ctx).QueryRowContext(ctx, `SELECT lookup_key FROM stripe_prices WHERE id = $1`, priceID).Scan(&lookup))
	if err != nil {
		return "", fmt.Errorf("price: %w", err)
	}
	return lookup, nil
}
