package drill

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// planted is an error that somebody's mistake could leave, and what the checker
// must say of it. Where SQL is given it is done to a copy of the paper's
// database or of the books.
type planted struct {
	name  string
	paper string
	books string
	do    func(e *evidence, o Options) error
	says  string // a regular expression
}

var plants = []planted{
	{name: "a cancellation that never arrived", books: `UPDATE objects SET body = json_set(body, '$.status', 'canceled') WHERE id = (` + anActive + `)`,
		says: `(?s)subscription sub_\w+\s+in the books: canceled.*in the paper: active`},
	{name: "access that outlives the books", books: `UPDATE objects SET body = json_set(body, '$.status', 'canceled') WHERE kind = 'subscription'`, // some have a gift besides
		says: `has nothing that opens a story for subscribers, and meets "open benefit"`},
	{name: "an old status", paper: `UPDATE subscriptions SET status = 'past_due' WHERE id = (SELECT id FROM subscriptions WHERE status = 'active' LIMIT 1)`,
		says: `(?s)in the books: active.*in the paper: past_due`},
	{name: "news that was not taken in", paper: `UPDATE subscriptions SET status = 'past_due' WHERE status = 'active'`,
		says: `(?s)the newest event of cus_\w+ was delivered, and the paper did not take in what had happened: subscription sub_`},
	{name: "an old period", paper: `UPDATE subscriptions SET period_end = period_end - 1000000 WHERE id = (SELECT id FROM subscriptions LIMIT 1)`, says: `in the paper: .* to \d+`},
	{name: "somebody else's subscription", paper: `UPDATE subscriptions SET reader_id = (SELECT max(id) FROM readers WHERE id <> subscriptions.reader_id) WHERE id = (SELECT id FROM subscriptions LIMIT 1)`,
		says: `in the paper: .* reader `},
	{name: "a reader who paid and is shut out", do: func(e *evidence, _ Options) error {
		for who, gate := range e.gates {
			if gate == "open benefit" {
				e.gates[who] = "subscribe subscribers"
				return nil
			}
		}
		return errors.New("nobody reads everything")
	}, says: `should read everything \((sub_\w+, \w+|the grant \w+)\), and meets "subscribe subscribers"`},
	{name: "two live subscriptions", books: `INSERT INTO objects (kind, id, body) SELECT kind, 'sub_second', json_set(body, '$.id', 'sub_second') FROM objects WHERE id = (` + anActive + `)`,
		says: `has 2 live subscriptions`},
	{name: "a row out of nowhere", books: `DELETE FROM objects WHERE id = (` + anActive + `)`, says: `is in the paper's tables and not in the books`},
	{name: "an event that was promised and lost", paper: `DELETE FROM stripe_events WHERE id = (SELECT id FROM stripe_events ORDER BY received_at LIMIT 1)`,
		says: `answered 200 to the event evt_\w+, and its inbox does not have it`},
	{name: "work left lying", paper: `UPDATE stripe_marks SET dirty = TRUE WHERE id = (SELECT id FROM stripe_marks LIMIT 1)`, says: `1 objects are still marked`},
	{name: "a dead job", paper: `UPDATE jobs SET state = 'dead' WHERE id = (SELECT id FROM jobs LIMIT 1)`, says: `1 jobs failed for good`},
	{name: "a cent too much on a charge", books: `UPDATE objects SET body = json_set(body, '$.amount', (body->>'$.amount') + 1) WHERE id = (` + aCharge + `)`,
		says: `charges \d+ − refunds \d+ − disputes \d+ is not the balance`},
	{name: "a charge of no invoice", books: `UPDATE objects SET body = json_set(body, '$.invoice', NULL) WHERE id = (` + aCharge + `)`, says: `was paid \d+, by 0 charges`},
	{name: "an invoice charged twice", books: `INSERT INTO objects (kind, id, body) SELECT kind, 'ch_twice', json_set(body, '$.id', 'ch_twice') FROM objects WHERE id = (` + aCharge + `)`,
		says: `was paid \d+, by 2 charges`},
	{name: "a refund above the charge", books: `INSERT INTO objects (kind, id, body) SELECT 'refund', 're_planted', json_object('object', 'refund', 'id', 're_planted', 'status', 'succeeded',
		'currency', body->>'$.currency', 'charge', id, 'amount', (body->>'$.amount') + 1) FROM objects WHERE id = (` + aCharge + `)`, says: `of charge ch_\w+ over \d+, \d+ went back`},
	{name: "a refund that nobody asked for", books: `INSERT INTO objects (kind, id, body) SELECT 'refund', 're_planted', json_object('object', 'refund', 'id', 're_planted', 'status', 'succeeded',
		'currency', body->>'$.currency', 'charge', id, 'amount', 1) FROM objects WHERE id = (` + aCharge + `)`, says: `nobody asked for the refund re_planted of 1`},
	{name: "an invoice that the paper has otherwise", paper: `UPDATE invoices SET paid = paid + 1 WHERE id = (SELECT id FROM invoices WHERE status = 'paid' LIMIT 1)`,
		says: `(?s)invoice in_\w+\s+in the books: .*in the paper: `},
	{name: "an invoice that the paper lost", paper: `DELETE FROM invoices WHERE id = (SELECT id FROM invoices LIMIT 1)`, says: `invoice in_\w+ \(\w+\) is not in the paper's tables`},
	{name: "a receipt sent twice", do: func(_ *evidence, o Options) error { return again(o, "^Receipt: ") }, says: `the receipt [A-Z0-9-]+ was sent 2 times`},
	{name: "a welcome sent twice", do: func(_ *evidence, o Options) error { return again(o, "^Welcome|was bought") }, says: `got \d+ welcomes, and there was cause for \d+|the same letter was sent 2 times`},
	{name: "a reconciler that finds more", do: func(e *evidence, _ Options) error {
		e.secondRun = strings.Replace(e.secondRun, "drift: 0", "drift: 1", 1)
		return nil
	}, says: `the reconciler's second run still found something`},
	{name: "a reader who met something odd", do: func(e *evidence, _ Options) error {
		e.odd = append(e.odd, "reader 3, buy: a page without a form")
		return nil
	}, says: `reader 3, buy`},
}

const (
	anActive = `SELECT id FROM objects WHERE kind = 'subscription' AND body->>'$.status' = 'active' AND body->>'$.cancel_at' IS NULL ORDER BY seq LIMIT 1`
	aCharge  = `SELECT id FROM objects WHERE kind = 'charge' AND body->>'$.paid' AND NOT body->>'$.disputed' AND body->>'$.amount_refunded' = 0 ORDER BY seq LIMIT 1`
)

// again puts another copy of a letter into the box, as a second sending would.
func again(o Options, subject string) error {
	p, err := openPost(o.mailPath())
	if err == nil {
		err = p.read()
	}
	if err != nil {
		return err
	}
	for _, m := range p.all {
		if !regexp.MustCompile(subject).MatchString(m.Subject) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(o.mailPath(), m.ID+".eml"))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(o.mailPath(), strings.Repeat("a", 32)+".eml"), raw, 0o600)
	}
	return fmt.Errorf("there is no letter %q", subject)
}

// TestPlanted: the checker is no good if it passes everything.
func TestPlanted(t *testing.T) {
	t.Parallel()
	r, err := small()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plants {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			found, err := p.find(r, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(found, "\n"); !regexp.MustCompile(p.says).MatchString(text) {
				t.Errorf("the checker does not say %q; it says:\n%s", p.says, text)
			}
		})
	}
}

// find plants the error in a copy of all that the drill left, and examines it.
func (p planted) find(r *result, dir string) ([]string, error) {
	o := r.Options
	o.Dir = dir
	if err := os.CopyFS(o.mailPath(), os.DirFS(r.mailPath())); err != nil {
		return nil, err
	}
	for from, to := range map[string]struct{ path, text string }{
		r.databasePath(): {o.databasePath(), p.paper}, r.booksPath(): {o.booksPath(), p.books},
	} {
		if err := copyAndChange(from, to.path, to.text); err != nil {
			return nil, err
		}
	}
	var e *evidence
	var err error
	if p.do != nil {
		before := *r.e
		before.gates = map[string]string{}
		for who, gate := range r.e.gates {
			before.gates[who] = gate
		}
		if err := p.do(&before, o); err != nil {
			return nil, err
		}
		if e, err = examine(o, r.e.now); err != nil {
			return nil, err
		}
		e.gates, e.firstRun, e.secondRun, e.odd, e.orders = before.gates, before.firstRun, before.secondRun, before.odd, before.orders
		return e.faults(), nil
	}
	if e, err = examine(o, r.e.now); err != nil {
		return nil, err
	}
	e.gates, e.secondRun, e.orders = r.e.gates, r.e.secondRun, r.e.orders
	if e.unread, err = checkNews(o, e.rows); err != nil {
		return nil, err
	}
	return e.faults(), nil
}

// copyAndChange copies a database and does something to the copy, which must
// change a row.
func copyAndChange(from, to, text string) error {
	db, err := sql.Open("sqlite", "file:"+from+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	if _, err := db.Exec(`VACUUM INTO '` + to + `'`); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil || text == "" {
		return err
	}
	if db, err = sql.Open("sqlite", "file:"+to); err != nil {
		return err
	}
	defer db.Close()
	res, err := db.Exec(text)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%s changed nothing (%v)", text, err)
	}
	return nil
}
