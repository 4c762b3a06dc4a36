package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/paywall"
)

// GateHistory are the rules that were set, the newest first, n at most. None
// are the defaults that hold until then.
func (db *DB) GateHistory(ctx context.Context, n int) ([]paywall.Era, error) {
	return all(ctx, db, "gate history", func(rows *sql.Rows) (e paywall.Era, err error) {
		var from, to sql.NullInt64
		var doc string
		if err := rows.Scan(&from, &to, &doc); err != nil {
			return e, err
		}
		e.From, e.To, e.Rules = unstamp(from), unstamp(to), paywall.DefaultRules()
		if err := json.Unmarshal([]byte(doc), &e.Rules); err != nil {
			return e, fmt.Errorf("rules of %s: %w", e.From.Format(time.RFC3339), err)
		}
		return e, nil
	}, `SELECT from_at, to_at, doc FROM gate_rules ORDER BY from_at DESC LIMIT $1`, n)
}
