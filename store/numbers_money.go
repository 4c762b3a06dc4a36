package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/billing"
	"broadsheet/numbers"
)

// over are the statuses that nothing follows.
const over = `('canceled', 'incomplete_expired')`

// MoneyBegan is when the paper first knew of a subscription or sold a gift; zero
// if it never did.
func (db *DB) MoneyBegan(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := db.r(ctx).QueryRowContext(ctx, `SELECT min(at) FROM (
		SELECT min(from_at) AS at FROM subscription_states
		UNION ALL SELECT min(paid_at) FROM invoices WHERE paid_at IS NOT NULL
		UNION ALL SELECT min(paid_at) FROM gifts WHERE paid_at IS NOT NULL) AS firsts`).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("first money: %w", err)
	}
	return unstamp(at), nil
}

// payingReaders finds readers by the states that last, and by those that ended
// since.
const payingReaders = `SELECT reader_id FROM (
		SELECT reader_id FROM subscription_states WHERE to_at IS NULL AND status NOT IN ` + over + ` AND reader_id > $3
		UNION SELECT reader_id FROM subscription_states WHERE to_at IS NOT NULL AND to_at >= $1 AND from_at < $2 AND reader_id > $3
	) AS found ORDER BY reader_id LIMIT $4`

// PayingReaders lists whose subscriptions were something other than over in that
// time, in pages after an id.
func (db *DB) PayingReaders(ctx context.Context, from, to time.Time, after string, n int) ([]string, error) {
	return all(ctx, db, "paying readers", scanText, payingReaders, stamp(from), stamp(to), after, n)
}

// ReadersOf gives what became of these readers' subscriptions in that time.
func (db *DB) ReadersOf(ctx context.Context, readers []string, from, to time.Time) ([]numbers.Reader, error) {
	out := make([]numbers.Reader, len(readers))
	at := map[string]*numbers.Reader{}
	for i, id := range readers {
		out[i] = numbers.Reader{Begun: map[string]time.Time{}, Ended: map[string]bool{}, Said: map[string][]numbers.Parted{}}
		at[id] = &out[i]
	}
	for _, step := range []func(context.Context, []string, map[string]*numbers.Reader) error{db.readBegun, db.readFirst, db.readParted} {
		if err := step(ctx, readers, at); err != nil {
			return nil, err
		}
	}
	args := append(texts(nil, readers), stamp(from), stamp(to))
	n := len(readers)
	_, err := all(ctx, db, "states", func(rows *sql.Rows) (none struct{}, err error) {
		var id, doc string
		var from, to sql.NullInt64
		if err := rows.Scan(&id, &doc, &from, &to); err != nil {
			return none, err
		}
		span := billing.Span{From: unstamp(from), To: unstamp(to)}
		err = json.Unmarshal([]byte(doc), &span.Subscription)
		at[id].Spans = append(at[id].Spans, span)
		return none, err
	}, `SELECT reader_id, doc, from_at, to_at FROM subscription_states
		WHERE reader_id IN (`+list(1, n)+fmt.Sprintf(`) AND (to_at IS NULL OR to_at >= $%d) AND from_at < $%d ORDER BY reader_id, subscription, rev`, n+1, n+2), args...)
	return out, err
}

// eachOf runs a query about readers and gives each row to take.
func (db *DB) eachOf(ctx context.Context, what, query string, readers []string, take func(rows *sql.Rows) error) error {
	_, err := all(ctx, db, what, func(rows *sql.Rows) (none struct{}, err error) { return none, take(rows) },
		fmt.Sprintf(query, list(1, len(readers))), texts(nil, readers)...)
	return err
}

func (db *DB) readBegun(ctx context.Context, readers []string, at map[string]*numbers.Reader) error {
	return db.eachOf(ctx, "subscriptions", `
		SELECT reader_id, id, started_at, EXISTS (SELECT 1 FROM endings e WHERE e.subscription = subscriptions.id) FROM subscriptions
		WHERE reader_id IN (%s) AND status NOT IN ('incomplete', 'incomplete_expired')`, readers, func(rows *sql.Rows) error {
		var id, sub string
		var begun sql.NullInt64
		var ended bool
		err := rows.Scan(&id, &sub, &begun, &ended)
		at[id].Begun[sub], at[id].Ended[sub] = unstamp(begun), ended
		return err
	})
}

func (db *DB) readFirst(ctx context.Context, readers []string, at map[string]*numbers.Reader) error {
	return db.eachOf(ctx, "first payments", `
		SELECT reader_id, min(paid_at) FROM invoices
		WHERE reader_id IN (%s) AND status = 'paid' AND paid > 0 AND subscription <> '' GROUP BY reader_id`, readers, func(rows *sql.Rows) error {
		var id string
		var first sql.NullInt64
		err := rows.Scan(&id, &first)
		at[id].FirstPaid = unstamp(first)
		return err
	})
}

func (db *DB) readParted(ctx context.Context, readers []string, at map[string]*numbers.Reader) error {
	return db.eachOf(ctx, "cancellations", `
		SELECT reader_id, subscription, at, feedback FROM cancellations WHERE reader_id IN (%s) ORDER BY at`, readers, func(rows *sql.Rows) error {
		var id, sub, why string
		var when sql.NullInt64
		err := rows.Scan(&id, &sub, &when, &why)
		at[id].Said[sub] = append(at[id].Said[sub], numbers.Parted{At: unstamp(when), Why: why})
		return err
	})
}

// taken are the queries for money that moved, each by an index over time.
var taken = []string{
	// Paid, by why the invoice was made; recovered, if it had failed before.
	`SELECT paid_at, CASE reason WHEN 'subscription_create' THEN 'first' WHEN 'subscription_cycle' THEN 'renewal' ELSE 'change' END, currency, paid
		FROM invoices WHERE paid_at >= $1 AND paid_at < $2 AND status = 'paid' AND paid > 0 AND subscription <> ''`,
	`SELECT paid_at, 'recovered', currency, paid FROM invoices
		WHERE paid_at >= $1 AND paid_at < $2 AND status = 'paid' AND paid > 0 AND reason = 'subscription_cycle' AND (attempts > 1 OR paid_at > due_at + 86400000000)`,
	`SELECT due_at, 'failed', currency, amount FROM invoices
		WHERE due_at >= $1 AND due_at < $2 AND reason = 'subscription_cycle'
		AND (attempts > 1 OR attempts = 1 AND status IN ('open', 'uncollectible') OR status = 'paid' AND paid_at > due_at + 86400000000)`,
	`SELECT paid_at, 'gift', currency, amount FROM gifts WHERE paid_at >= $1 AND paid_at < $2`,
	`SELECT closed_at, 'refunded', currency, amount FROM gifts WHERE closed_at >= $1 AND closed_at < $2 AND state = 'returned' AND paid_at IS NOT NULL`,
	`SELECT created_at, 'refunded', currency, amount FROM credits
		WHERE created_at >= $1 AND created_at < $2 AND kind = 'refund' AND status NOT IN ('failed', 'canceled')`,
	`SELECT created_at, 'withdrawn', currency, amount FROM disputes WHERE created_at >= $1 AND created_at < $2 AND status NOT LIKE 'warning%'`,
	`SELECT s.from_at, 'won', d.currency, d.amount FROM dispute_states s JOIN disputes d ON d.id = s.dispute
		WHERE s.from_at >= $1 AND s.from_at < $2 AND s.status = 'won'`,
}

// Sums lists what was paid and given back in that time, and what was not paid.
func (db *DB) Sums(ctx context.Context, from, to time.Time) ([]numbers.Sum, error) {
	var out []numbers.Sum
	for _, query := range taken {
		some, err := all(ctx, db, "sums", func(rows *sql.Rows) (s numbers.Sum, err error) {
			var at sql.NullInt64
			err = rows.Scan(&at, &s.Kind, &s.Currency, &s.Amount)
			s.At = unstamp(at)
			return s, err
		}, query, stamp(from), stamp(to))
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// SaveMonth puts a month's figures in place of those that are there.
func (db *DB) SaveMonth(ctx context.Context, r numbers.Range, m numbers.Month, at time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		// Whoever reckons at once waits here, and then writes all of it anew.
		if _, err := db.exec(ctx, "reckoned", `UPDATE money_reckoned SET at = $1`, stamp(at)); err != nil {
			return err
		}
		for _, table := range []string{"money_days", "money_moves", "money_taken"} {
			if _, err := db.exec(ctx, "forget figures", `DELETE FROM `+table+` WHERE day >= $1 AND day < $2`, r.From, r.To); err != nil {
				return err
			}
		}
		if _, err := db.exec(ctx, "forget figures", `DELETE FROM money_cohorts WHERE month = $1`, numbers.MonthOf(r.From)); err != nil {
			return err
		}
		return db.addMonth(ctx, m)
	})
}

func (db *DB) addMonth(ctx context.Context, m numbers.Month) error {
	if err := addRows(ctx, db, `money_days (day, currency, plan, every, subscribers, past_due, trials, paused, yearly)`, m.Days, func(d numbers.MoneyDay) []any {
		return []any{d.Day, d.Currency, d.Plan, string(d.Every), d.Subscribers, d.PastDue, d.Trials, d.Paused, d.Yearly}
	}); err != nil {
		return err
	}
	if err := addRows(ctx, db, `money_moves (day, kind, why, plan, currency, n, yearly)`, m.Moves, func(v numbers.Move) []any {
		return []any{v.Day, string(v.Kind), v.Why, v.Plan, v.Currency, v.N, v.Yearly}
	}); err != nil {
		return err
	}
	if err := addRows(ctx, db, `money_taken (day, kind, currency, n, amount)`, m.Taken, func(t numbers.Taken) []any {
		return []any{t.Day, string(t.Kind), t.Currency, t.N, t.Amount}
	}); err != nil {
		return err
	}
	return addRows(ctx, db, `money_cohorts (month, first, size, kept)`, m.Cohorts, func(c numbers.Cohort) []any {
		return []any{c.Month, c.First, c.Size, c.Kept}
	})
}

// addRows inserts rows in groups.
func addRows[T any](ctx context.Context, db *DB, into string, rows []T, values func(T) []any) error {
	for len(rows) > 0 {
		n := min(len(rows), 100)
		var args []any
		for _, row := range rows[:n] {
			args = append(args, values(row)...)
		}
		if _, err := db.exec(ctx, "add figures", `INSERT INTO `+into+` VALUES `+tuples(n, len(args)/n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// MonthsClosed is the first month that is not closed yet; 0 if none is.
func (db *DB) MonthsClosed(ctx context.Context) (open int64, err error) {
	err = db.r(ctx).QueryRowContext(ctx, `SELECT open FROM money_reckoned`).Scan(&open)
	return open, err
}

// CloseMonths says that months before this one are reckoned for good.
func (db *DB) CloseMonths(ctx context.Context, before int64) error {
	_, err := db.exec(ctx, "close months", `UPDATE money_reckoned SET open = $1 WHERE open < $1`, before)
	return err
}

// MoneyReckoned is when the figures about money were last reckoned; zero if never.
func (db *DB) MoneyReckoned(ctx context.Context) (time.Time, error) {
	var at int64
	err := db.r(ctx).QueryRowContext(ctx, `SELECT at FROM money_reckoned`).Scan(&at)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(at).UTC(), nil
}

// MoneyDays lists how things stood at the end of each day.
func (db *DB) MoneyDays(ctx context.Context, r numbers.Range) ([]numbers.MoneyDay, error) {
	return all(ctx, db, "money by day", func(rows *sql.Rows) (d numbers.MoneyDay, err error) {
		return d, rows.Scan(&d.Day, &d.Currency, &d.Plan, &d.Every, &d.Subscribers, &d.PastDue, &d.Trials, &d.Paused, &d.Yearly)
	}, `SELECT day, currency, plan, every, subscribers, past_due, trials, paused, yearly FROM money_days
		WHERE day >= $1 AND day < $2 ORDER BY day, currency, plan, every`, r.From, r.To)
}

// Moves lists who came and went.
func (db *DB) Moves(ctx context.Context, r numbers.Range) ([]numbers.Move, error) {
	return all(ctx, db, "moves", func(rows *sql.Rows) (m numbers.Move, err error) {
		return m, rows.Scan(&m.Day, &m.Kind, &m.Why, &m.Plan, &m.Currency, &m.N, &m.Yearly)
	}, `SELECT day, kind, why, plan, currency, n, yearly FROM money_moves WHERE day >= $1 AND day < $2 ORDER BY day, kind, why, plan, currency`, r.From, r.To)
}

// Takings lists what money came and went.
func (db *DB) Takings(ctx context.Context, r numbers.Range) ([]numbers.Taken, error) {
	return all(ctx, db, "takings", func(rows *sql.Rows) (t numbers.Taken, err error) {
		return t, rows.Scan(&t.Day, &t.Kind, &t.Currency, &t.N, &t.Amount)
	}, `SELECT day, kind, currency, n, amount FROM money_taken WHERE day >= $1 AND day < $2 ORDER BY day, kind, currency`, r.From, r.To)
}

// Cohorts lists who stayed, of those who first paid in these months.
func (db *DB) Cohorts(ctx context.Context, from, to int64) ([]numbers.Cohort, error) {
	return all(ctx, db, "cohorts", func(rows *sql.Rows) (c numbers.Cohort, err error) {
		return c, rows.Scan(&c.Month, &c.First, &c.Size, &c.Kept)
	}, `SELECT month, first, size, kept FROM money_cohorts WHERE month >= $1 AND month < $2 AND first >= $1 ORDER BY first, month`, from, to)
}
