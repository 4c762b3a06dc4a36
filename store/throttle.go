package store

import (
	"context"
	"fmt"
	"time"
)

// Take takes one from the limit that key names: most in every, from the first
// one on. One statement decides and counts, so that no two requests share the
// last one. A refusal counts nothing and says how long it lasts.
func (db *DB) Take(ctx context.Context, key string, most int, every time.Duration, now time.Time) (time.Duration, bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO throttles (key, taken, resets_at) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET
			taken = CASE WHEN throttles.resets_at <= $3 THEN 1 ELSE throttles.taken + 1 END,
			resets_at = CASE WHEN throttles.resets_at <= $3 THEN excluded.resets_at ELSE throttles.resets_at END
		WHERE throttles.resets_at <= $3 OR throttles.taken < $4`,
		key, now.Add(every).UnixMicro(), now.UnixMicro(), most)
	ok, err := touched(done, err, "take from limit")
	if ok || err != nil {
		return 0, ok, err
	}
	var resets int64
	// A row that a sweep has taken since was over: the next try will find it so.
	_, err = missing(db.r(ctx).QueryRowContext(ctx, `SELECT resets_at FROM throttles WHERE key = $1`, key).Scan(&resets))
	if err != nil {
		return 0, false, fmt.Errorf("limit: %w", err)
	}
	return max(time.UnixMicro(resets).Sub(now), time.Second), false, nil
}

// sweepBatch is how many rows a sweep deletes at once: the writer is never held long.
const sweepBatch = 500

// Sweep deletes what time has ended: sessions, codes a day after their end, and
// limits that have reset. It works in batches and says how many rows went.
func (db *DB) Sweep(ctx context.Context, now time.Time) (int, error) {
	gone := 0
	for _, s := range []struct {
		table, key, column string
		before             time.Time
	}{
		{"sessions", "token_hash", "expires_at", now},
		{"signin_codes", "id", "expires_at", now.Add(-24 * time.Hour)},
		{"throttles", "key", "resets_at", now},
	} {
		for {
			done, err := db.w(ctx).ExecContext(ctx, fmt.Sprintf(
				`DELETE FROM %[1]s WHERE %[2]s IN (SELECT %[2]s FROM %[1]s WHERE %[3]s <= $1 ORDER BY %[3]s LIMIT $2)`,
				s.table, s.key, s.column), s.before.UnixMicro(), sweepBatch)
			if err != nil {
				return gone, fmt.Errorf("sweep %s: %w", s.table, err)
			}
			n, err := done.RowsAffected()
			if err != nil {
				return gone, fmt.Errorf("sweep %s: %w", s.table, err)
			}
			if gone += int(n); n < sweepBatch {
				break
			}
		}
	}
	return gone, nil
}
