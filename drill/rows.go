package drill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// rows are what the paper keeps, read from its database with SQL of our own.
type rows struct {
	readers  map[string]string // id → address
	subs     map[string]rowSub
	invoices map[string]rowInvoice
	grants   []rowGrant
	gifts    []rowGift
	events   map[string]bool // in the inbox
	troubles []string        // what should be empty and is not, in words
}

type rowSub struct {
	id, reader, lookup, status string
	periodEnd, cancelAt, until sql.NullInt64
	paused                     bool
}

type rowInvoice struct {
	status, currency, reader string
	amount, paid, remaining  int64
}

type rowGrant struct {
	id, reader string
	from       int64
	to         sql.NullInt64
}

// rowGift is a gift that somebody redeemed.
type rowGift struct {
	id, reader, charge, currency string

	amount int64
}

// micro is a time as the paper's tables hold it.
func micro(t time.Time) int64 { return t.UnixMicro() }

// openRows opens the paper's database for reading only.
func openRows(o Options) (*sql.DB, error) {
	if !o.onPostgres() {
		return openReadOnly(o.databasePath())
	}
	u, err := url.Parse(o.Database)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("default_transaction_read_only", "on")
	u.RawQuery = q.Encode()
	return sql.Open("pgx", u.String())
}

func readRows(o Options, now time.Time) (_ *rows, err error) {
	db, err := openRows(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r := &rows{readers: map[string]string{}, subs: map[string]rowSub{}, invoices: map[string]rowInvoice{}, events: map[string]bool{}}
	for _, read := range []struct {
		query string
		take  func(*sql.Rows) error
	}{
		{`SELECT id, email_form FROM readers`, r.takeReader},
		{`SELECT id, reader_id, lookup_key, status, period_end, cancel_at, paused_until, is_paused FROM subscriptions`, r.takeSub},
		{`SELECT id, status, currency, reader_id, amount, paid, remaining FROM invoices`, r.takeInvoice},
		{`SELECT id, reader_id, from_at, to_at FROM grants`, r.takeGrant},
		{`SELECT gifts.id, gift_redemptions.reader_id, gifts.charge, gifts.currency, gifts.amount FROM gift_redemptions JOIN gifts ON gifts.id = gift_redemptions.gift`, r.takeGift},
		{`SELECT id FROM stripe_events`, r.takeEvent},
	} {
		if err := each(db, read.query, read.take); err != nil {
			return nil, err
		}
	}
	r.troubles, err = left(db, now)
	return r, err
}

// unfinished is what should be empty when all is quiet, and is not.
func unfinished(o Options, now time.Time) (_ []string, err error) {
	db, err := openRows(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return left(db, now)
}

func each(db *sql.DB, query string, take func(*sql.Rows) error) error {
	found, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer found.Close()
	for found.Next() {
		if err := take(found); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return found.Err()
}

func (r *rows) takeReader(row *sql.Rows) error {
	var id, email string
	err := row.Scan(&id, &email)
	r.readers[id] = email
	return err
}

func (r *rows) takeSub(row *sql.Rows) error {
	var s rowSub
	err := row.Scan(&s.id, &s.reader, &s.lookup, &s.status, &s.periodEnd, &s.cancelAt, &s.until, &s.paused)
	r.subs[s.id] = s
	return err
}

func (r *rows) takeInvoice(row *sql.Rows) error {
	var id string
	var i rowInvoice
	err := row.Scan(&id, &i.status, &i.currency, &i.reader, &i.amount, &i.paid, &i.remaining)
	r.invoices[id] = i
	return err
}

func (r *rows) takeGrant(row *sql.Rows) error {
	var g rowGrant
	err := row.Scan(&g.id, &g.reader, &g.from, &g.to)
	r.grants = append(r.grants, g)
	return err
}

func (r *rows) takeGift(row *sql.Rows) error {
	var g rowGift
	err := row.Scan(&g.id, &g.reader, &g.charge, &g.currency, &g.amount)
	r.gifts = append(r.gifts, g)
	return err
}

func (r *rows) takeEvent(row *sql.Rows) error {
	var id string
	err := row.Scan(&id)
	r.events[id] = true
	return err
}

func left(db *sql.DB, now time.Time) (words []string, err error) {
	for _, q := range []struct{ query, words string }{
		{`SELECT count(*) FROM stripe_marks WHERE dirty`, "objects are still marked as changed"},
		{`SELECT count(*) FROM stripe_events WHERE done_at IS NULL AND mark_id <> ''`, "events in the inbox are not done"},
		{`SELECT count(*) FROM jobs WHERE state = 'dead'`, "jobs failed for good"},
		{fmt.Sprintf(`SELECT count(*) FROM jobs WHERE state = 'waiting' AND run_at <= %d`, micro(now)), "jobs are due and were not done"},
		{`SELECT count(*) FROM quarantine WHERE cleared_at IS NULL`, "objects at Stripe are set aside, and nobody put any there"},
	} {
		var n int
		if err := db.QueryRowContext(context.Background(), q.query).Scan(&n); err != nil {
			return nil, fmt.Errorf("%s: %w", q.query, err)
		}
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, q.words))
		}
	}
	return words, nil
}
