package store

import (
	"context"
	"database/sql"
	"time"

	"broadsheet/billing"
)

// SavePause keeps a pause that a reader asked for; of one that is there, when
// it ends.
func (db *DB) SavePause(ctx context.Context, p billing.PauseTaken) error {
	_, err := db.exec(ctx, "save pause", `
		INSERT INTO pauses (subscription, reader_id, asked_at, from_at, until_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subscription, from_at) DO UPDATE SET asked_at = excluded.asked_at, until_at = excluded.until_at`,
		p.Subscription, p.ReaderID, stamp(p.Asked), stamp(p.From), stamp(p.Until))
	return err
}

// PausesOf lists the pauses that a reader asked for, the newest first.
func (db *DB) PausesOf(ctx context.Context, readerID string) ([]billing.PauseTaken, error) {
	return all(ctx, db, "pauses", func(rows *sql.Rows) (p billing.PauseTaken, err error) {
		var t [3]sql.NullInt64
		err = rows.Scan(&p.Subscription, &p.ReaderID, &t[0], &t[1], &t[2])
		p.Asked, p.From, p.Until = unstamp(t[0]), unstamp(t[1]), unstamp(t[2])
		return p, err
	}, `SELECT subscription, reader_id, asked_at, from_at, until_at FROM pauses WHERE reader_id = $1 ORDER BY from_at DESC, subscription`, readerID)
}

// PausesEnding lists the paused subscriptions that go on after the one time and
// not after the other, by their ids.
func (db *DB) PausesEnding(ctx context.Context, from, to time.Time, after string, n int) ([]billing.Subscription, error) {
	return all(ctx, db, "pauses that end", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions
		WHERE is_paused AND status = 'active' AND cancel_at IS NULL AND paused_until > $1 AND paused_until <= $2 AND id > $3
		ORDER BY id LIMIT $4`, stamp(from), stamp(to), after, n)
}
