package store

import (
	"context"
	"fmt"
	"time"

	"broadsheet/billing"
)

// HadTrial reports whether the reader ever had free days. Subscriptions are
// kept for ever and follow accounts that are joined, and so does this. A payment
// that a gift moved is no trial, though Stripe calls it one.
func (db *DB) HadTrial(ctx context.Context, readerID string) (bool, error) {
	var n int
	if err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM subscriptions WHERE reader_id = $1 AND trial_end IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM gift_redemptions g WHERE g.push_sub = subscriptions.id AND g.push_set = subscriptions.trial_end)`, readerID).Scan(&n); err != nil {
		return false, fmt.Errorf("had a trial: %w", err)
	}
	return n > 0, nil
}

// TrialsEnding lists the trials that end after the one time and not after the
// other, and go on then, by their ids.
func (db *DB) TrialsEnding(ctx context.Context, from, to time.Time, after string, n int) ([]billing.Subscription, error) {
	return all(ctx, db, "trials that end", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions
		WHERE status = 'trialing' AND cancel_at IS NULL AND trial_end > $1 AND trial_end <= $2 AND id > $3
		ORDER BY id LIMIT $4`, stamp(from), stamp(to), after, n)
}
