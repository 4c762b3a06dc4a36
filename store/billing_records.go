package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/billing"
)

// CustomerByID finds a customer that is a reader of ours.
func (db *DB) CustomerByID(ctx context.Context, id string) (billing.Customer, bool, error) {
	return one(all(ctx, db, "customer", scanCustomer, `SELECT `+customerColumns+` FROM customers WHERE id = $1`, id))
}

// CustomersOf lists a reader's customers, the newest first, without those that
// were deleted at Stripe.
func (db *DB) CustomersOf(ctx context.Context, readerID string) ([]billing.Customer, error) {
	return all(ctx, db, "customers", scanCustomer, `
		SELECT `+customerColumns+` FROM customers WHERE reader_id = $1 AND NOT deleted ORDER BY created_at DESC, id DESC`, readerID)
}

const customerColumns = `id, reader_id, email, created_at, deleted, card_id, card_brand, card_last4, card_month, card_year`

func scanCustomer(rows *sql.Rows) (c billing.Customer, err error) {
	var created sql.NullInt64
	err = rows.Scan(&c.ID, &c.ReaderID, &c.Email, &created, &c.Deleted,
		&c.Card.ID, &c.Card.Brand, &c.Card.Last4, &c.Card.ExpMonth, &c.Card.ExpYear)
	c.Created = unstamp(created)
	return c, err
}

// one turns a list of at most one into a value and whether it is there.
func one[T any](list []T, err error) (T, bool, error) {
	var zero T
	if err != nil || len(list) == 0 {
		return zero, false, err
	}
	return list[0], true, nil
}

// SaveCustomer makes or changes a customer. Whose it is never changes here.
func (db *DB) SaveCustomer(ctx context.Context, c billing.Customer) error {
	_, err := db.exec(ctx, "save customer", `
		INSERT INTO customers (`+customerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, deleted = excluded.deleted, created_at = coalesce(excluded.created_at, customers.created_at),
			card_id = excluded.card_id, card_brand = excluded.card_brand, card_last4 = excluded.card_last4,
			card_month = excluded.card_month, card_year = excluded.card_year`,
		c.ID, c.ReaderID, c.Email, stamp(c.Created), c.Deleted, c.Card.ID, c.Card.Brand, c.Card.Last4, c.Card.ExpMonth, c.Card.ExpYear)
	return err
}

// ReaderExists reports whether there is such an account, and it was not erased.
func (db *DB) ReaderExists(ctx context.Context, id string) (bool, error) {
	var n int
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT count(*) FROM readers WHERE id = $1 AND NOT erased`, id).Scan(&n); err != nil {
		return false, fmt.Errorf("reader: %w", err)
	}
	return n > 0, nil
}

const subscriptionColumns = `id, customer, reader_id, plan, price_id, lookup_key, every, amount, currency, status, started_at,
	period_start, period_end, cancel_at, canceled_at, ended_at, trial_end, is_paused, paused_until, past_due_since,
	latest, latest_status, decline, synced_at, end_reason, pause_behavior, paused_from, anchor_at, trial_then, discount, coming, dispute`

func scanSubscription(rows *sql.Rows) (s billing.Subscription, err error) {
	var t [12]sql.NullInt64
	var discount, coming string
	err = rows.Scan(&s.ID, &s.Customer, &s.ReaderID, &s.Plan, &s.PriceID, &s.LookupKey, &s.Interval, &s.Money.Amount, &s.Money.Currency,
		&s.Status, &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &s.IsPaused, &t[7], &t[8], &s.Latest, &s.LatestStatus, &s.Decline, &t[9], &s.EndReason,
		&s.PauseBehavior, &t[10], &t[11], &s.TrialThen, &discount, &coming, &s.Dispute)
	for i, to := range []*time.Time{
		&s.Started, &s.PeriodStart, &s.PeriodEnd, &s.CancelAt, &s.CanceledAt, &s.EndedAt, &s.TrialEnd, &s.PausedUntil, &s.PastDueSince, &s.SyncedAt,
		&s.PausedFrom, &s.Anchor,
	} {
		*to = unstamp(t[i])
	}
	if err == nil && discount != "" {
		err = json.Unmarshal([]byte(discount), &s.Discount)
	}
	if err == nil {
		s.Coming, err = readComing(coming)
	}
	return s, err
}

// SubscriptionByID finds a subscription as it was last synced.
func (db *DB) SubscriptionByID(ctx context.Context, id string) (billing.Subscription, bool, error) {
	return one(all(ctx, db, "subscription", scanSubscription, `SELECT `+subscriptionColumns+` FROM subscriptions WHERE id = $1`, id))
}

// SubscriptionsOf lists a reader's subscriptions, the oldest first.
func (db *DB) SubscriptionsOf(ctx context.Context, readerID string) ([]billing.Subscription, error) {
	return all(ctx, db, "subscriptions", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions WHERE reader_id = $1 ORDER BY started_at, id`, readerID)
}

// SubscriptionsOfCustomer lists a customer's subscriptions.
func (db *DB) SubscriptionsOfCustomer(ctx context.Context, customer string) ([]billing.Subscription, error) {
	return all(ctx, db, "subscriptions", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions WHERE customer = $1 ORDER BY started_at, id`, customer)
}

// LiveSubscriptions walks all that are not over, in the order of their ids.
func (db *DB) LiveSubscriptions(ctx context.Context, after string, n int) ([]billing.Subscription, error) {
	return all(ctx, db, "subscriptions", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions
		WHERE id > $1 AND status NOT IN ('canceled', 'incomplete_expired') ORDER BY id LIMIT $2`, after, n)
}

// RecordSubscription writes the row as it is now, and its state beside those
// that held before.
func (db *DB) RecordSubscription(ctx context.Context, s billing.Subscription) error {
	discount := ""
	if !s.Discount.IsZero() {
		doc, err := json.Marshal(s.Discount)
		if err != nil {
			return err
		}
		discount = string(doc)
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "record subscription", `
			INSERT INTO subscriptions (`+subscriptionColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
			ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, reader_id = excluded.reader_id, plan = excluded.plan,
				price_id = excluded.price_id, lookup_key = excluded.lookup_key, every = excluded.every, amount = excluded.amount,
				currency = excluded.currency, status = excluded.status, started_at = excluded.started_at,
				period_start = excluded.period_start, period_end = excluded.period_end, cancel_at = excluded.cancel_at,
				canceled_at = excluded.canceled_at, ended_at = excluded.ended_at, trial_end = excluded.trial_end,
				is_paused = excluded.is_paused, paused_until = excluded.paused_until, past_due_since = excluded.past_due_since,
				latest = excluded.latest, latest_status = excluded.latest_status, decline = excluded.decline, synced_at = excluded.synced_at,
				end_reason = excluded.end_reason, pause_behavior = excluded.pause_behavior, paused_from = excluded.paused_from,
				anchor_at = excluded.anchor_at, trial_then = excluded.trial_then, discount = excluded.discount, coming = excluded.coming, dispute = excluded.dispute`,
			s.ID, s.Customer, s.ReaderID, s.Plan, s.PriceID, s.LookupKey, string(s.Interval), s.Money.Amount, s.Money.Currency, string(s.Status),
			stamp(s.Started), stamp(s.PeriodStart), stamp(s.PeriodEnd), stamp(s.CancelAt), stamp(s.CanceledAt), stamp(s.EndedAt), stamp(s.TrialEnd),
			s.IsPaused, stamp(s.PausedUntil), stamp(s.PastDueSince), s.Latest, s.LatestStatus, s.Decline, stamp(s.SyncedAt), s.EndReason,
			s.PauseBehavior, stamp(s.PausedFrom), stamp(s.Anchor), s.TrialThen, discount, writeComing(s.Coming), string(s.Dispute)); err != nil {
			return err
		}
		return db.recordState(ctx, s)
	})
}

// recordState ends the state that held and begins this one.
func (db *DB) recordState(ctx context.Context, s billing.Subscription) error {
	if _, err := db.exec(ctx, "record state", `
		UPDATE subscription_states SET to_at = $2 WHERE subscription = $1 AND to_at IS NULL`, s.ID, stamp(s.SyncedAt)); err != nil {
		return err
	}
	doc, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "record state", `
		INSERT INTO subscription_states (subscription, rev, reader_id, status, doc, from_at, to_at)
		SELECT CAST($1 AS TEXT), coalesce(max(rev), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), NULL
		FROM subscription_states WHERE subscription = $1`, s.ID, s.ReaderID, string(s.Status), string(doc), stamp(s.SyncedAt))
	return err
}

// TouchSubscription notes that a sync found nothing new.
func (db *DB) TouchSubscription(ctx context.Context, id string, syncedAt time.Time) error {
	_, err := db.exec(ctx, "touch subscription", `UPDATE subscriptions SET synced_at = $2 WHERE id = $1`, id, stamp(syncedAt))
	return err
}

// SubscriptionsAt is what the paper knew of a reader's subscriptions at a past
// instant.
func (db *DB) SubscriptionsAt(ctx context.Context, readerID string, at time.Time) ([]billing.Subscription, error) {
	return all(ctx, db, "subscription states", func(rows *sql.Rows) (s billing.Subscription, err error) {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			return s, err
		}
		return s, json.Unmarshal([]byte(doc), &s)
	}, `
		SELECT doc FROM subscription_states
		WHERE reader_id = $1 AND from_at <= $2 AND (to_at IS NULL OR to_at > $2) ORDER BY subscription, rev`, readerID, stamp(at))
}

// GrantsOf lists the plans that a reader was given, past and future ones too.
func (db *DB) GrantsOf(ctx context.Context, readerID string) ([]billing.Grant, error) {
	return all(ctx, db, "grants", func(rows *sql.Rows) (g billing.Grant, err error) {
		var from, to sql.NullInt64
		err = rows.Scan(&g.ID, &g.ReaderID, &g.Plan, &g.Why, &from, &to)
		g.From, g.To = unstamp(from), unstamp(to)
		return g, err
	}, `SELECT id, reader_id, plan, why, from_at, to_at FROM grants WHERE reader_id = $1 ORDER BY from_at, id`, readerID)
}

// AddGrant gives a plan without a payment. The same id again changes its end.
func (db *DB) AddGrant(ctx context.Context, g billing.Grant) error {
	_, err := db.exec(ctx, "add grant", `
		INSERT INTO grants (id, reader_id, plan, why, from_at, to_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET to_at = excluded.to_at`, g.ID, g.ReaderID, g.Plan, g.Why, stamp(g.From), stamp(g.To))
	return err
}

// FirstEffect takes a key once for all time.
func (db *DB) FirstEffect(ctx context.Context, key string, at time.Time) (bool, error) {
	n, err := db.exec(ctx, "effect", `INSERT INTO billing_effects (key, at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, key, stamp(at))
	return n == 1, err
}

// HadEffect reports whether a key was taken.
func (db *DB) HadEffect(ctx context.Context, key string) (bool, error) {
	var n int
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT count(*) FROM billing_effects WHERE key = $1`, key).Scan(&n); err != nil {
		return false, fmt.Errorf("had effect: %w", err)
	}
	return n > 0, nil
}

// Quarantine sets an object aside. Its first sight stays, until it was released.
func (db *DB) Quarantine(ctx context.Context, o billing.Oddity) error {
	_, err := db.exec(ctx, "quarantine", `
		INSERT INTO quarantine (kind, id, why, at, cleared_at) VALUES ($1, $2, $3, $4, NULL)
		ON CONFLICT (kind, id, why) DO UPDATE SET at = excluded.at, cleared_at = NULL WHERE quarantine.cleared_at IS NOT NULL`,
		o.Object.Kind, o.Object.ID, o.Why, stamp(o.At))
	return err
}

// Release takes an object out of quarantine, if it was there for that reason.
func (db *DB) Release(ctx context.Context, object billing.Ref, why string, at time.Time) error {
	_, err := db.exec(ctx, "release", `
		UPDATE quarantine SET cleared_at = $4 WHERE kind = $1 AND id = $2 AND why = $3 AND cleared_at IS NULL`,
		object.Kind, object.ID, why, stamp(at))
	return err
}

// Oddities lists what is set aside, oldest first.
func (db *DB) Oddities(ctx context.Context) ([]billing.Oddity, error) {
	return all(ctx, db, "quarantine", func(rows *sql.Rows) (o billing.Oddity, err error) {
		var at sql.NullInt64
		err = rows.Scan(&o.Object.Kind, &o.Object.ID, &o.Why, &at)
		o.At = unstamp(at)
		return o, err
	}, `SELECT kind, id, why, at FROM quarantine WHERE cleared_at IS NULL ORDER BY at, kind, id, why`)
}
