package drill

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// books are the stand-in's, read from its file: what Stripe would say. The
// shapes are those of API 2023-10-16, as far as the checker asks.
type books struct {
	customers map[string]bookCustomer
	subs      []bookSub
	invoices  []bookInvoice
	charges   map[string]bookCharge
	refunds   []bookRefund
	disputes  []bookDispute
	entries   []bookEntry
	delivered []string // events that an endpoint took with a 200
	once      []bookSession
}

type bookCustomer struct {
	ID       string
	Metadata map[string]string
	Deleted  bool
}

type bookSub struct {
	ID, Customer, Status string

	Created            int64
	EndedAt            *int64 `json:"ended_at"`
	Metadata           map[string]string
	LatestInvoice      string `json:"latest_invoice"`
	CurrentPeriodStart int64  `json:"current_period_start"`
	CurrentPeriodEnd   int64  `json:"current_period_end"`
	CancelAt           *int64 `json:"cancel_at"`
	PauseCollection    *struct {
		ResumesAt *int64 `json:"resumes_at"`
	} `json:"pause_collection"`
	Items struct {
		Data []struct {
			Price struct {
				LookupKey string `json:"lookup_key"`
			}
		}
	}
}

func (b bookSub) lookup() string {
	if len(b.Items.Data) == 0 {
		return ""
	}
	return b.Items.Data[0].Price.LookupKey
}

// over reports whether nothing can follow.
func (b bookSub) over() bool { return b.Status == "canceled" || b.Status == "incomplete_expired" }

type bookInvoice struct {
	ID, Customer, Subscription, Status, Currency, Number, Charge string

	Total, Subtotal int64
	AmountDue       int64                    `json:"amount_due"`
	AmountPaid      int64                    `json:"amount_paid"`
	AmountRemaining int64                    `json:"amount_remaining"`
	StartingBalance int64                    `json:"starting_balance"`
	Attempts        int                      `json:"attempt_count"`
	DueDate         *int64                   `json:"due_date"`
	Discounts       []struct{ Amount int64 } `json:"total_discount_amounts"`
	Lines           struct {
		Data []struct{ Period struct{ Start, End int64 } }
	}
	Steps struct {
		FinalizedAt *int64 `json:"finalized_at"`
	} `json:"status_transitions"`
}

// due is when it had to be paid: on its day, or as soon as it was final.
func (b bookInvoice) due() int64 {
	switch {
	case b.DueDate != nil:
		return *b.DueDate
	case b.Steps.FinalizedAt != nil:
		return *b.Steps.FinalizedAt
	}
	return 0
}

type bookCharge struct {
	ID, Customer, Currency, Invoice string

	Amount         int64
	AmountRefunded int64 `json:"amount_refunded"`
	Paid           bool
	Entry          string `json:"balance_transaction"`
}

type bookRefund struct {
	ID, Charge, Currency, Status string

	Amount   int64
	Entry    string `json:"balance_transaction"`
	Metadata map[string]string
}

type bookDispute struct {
	ID, Charge, Currency, Status string

	Amount int64
}

type bookEntry struct {
	ID, Currency, Type, Source string

	Amount, Net, Fee int64
}

type bookSession struct {
	ID, Mode, Currency, Invoice string

	AmountTotal   int64  `json:"amount_total"`
	PaymentStatus string `json:"payment_status"`
}

// openReadOnly opens a SQLite file that another process writes.
func openReadOnly(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)")
}

func readBooks(path string) (_ *books, err error) {
	db, err := openReadOnly(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b := &books{customers: map[string]bookCustomer{}, charges: map[string]bookCharge{}}
	customers, err := objects[bookCustomer](db, "customer")
	if err != nil {
		return nil, err
	}
	for _, c := range customers {
		b.customers[c.ID] = c
	}
	charges, err := objects[bookCharge](db, "charge")
	if err != nil {
		return nil, err
	}
	for _, c := range charges {
		b.charges[c.ID] = c
	}
	for _, read := range []func() error{
		func() (err error) { b.subs, err = objects[bookSub](db, "subscription"); return err },
		func() (err error) { b.invoices, err = objects[bookInvoice](db, "invoice"); return err },
		func() (err error) { b.refunds, err = objects[bookRefund](db, "refund"); return err },
		func() (err error) { b.disputes, err = objects[bookDispute](db, "dispute"); return err },
		func() (err error) { b.entries, err = objects[bookEntry](db, "balance_transaction"); return err },
		func() (err error) { b.once, err = objects[bookSession](db, "checkout.session"); return err },
		func() (err error) {
			b.delivered, err = texts(db, `SELECT DISTINCT event FROM deliveries WHERE status = 'delivered'`)
			return err
		},
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// objects reads all of one kind, oldest first.
func objects[T any](db *sql.DB, kind string) ([]T, error) {
	bodies, err := texts(db, `SELECT body FROM objects WHERE kind = $1 ORDER BY seq`, kind)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(bodies))
	for i, body := range bodies {
		if err := json.Unmarshal([]byte(body), &out[i]); err != nil {
			return nil, fmt.Errorf("a %s in the books: %w", kind, err)
		}
	}
	return out, nil
}

func texts(db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// reader is whose a customer is, by what we wrote on it.
func (b *books) reader(customer string) string { return b.customers[customer].Metadata["reader_id"] }

// statuses counts the subscriptions: "active 301, canceled 40".
func (b *books) statuses() string {
	n := map[string]int{}
	for _, s := range b.subs {
		n[s.Status]++
	}
	var out []string
	for _, status := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%s %d", status, n[status]))
	}
	return strings.Join(out, ", ")
}

func (b *books) currencies() []string {
	seen := map[string]bool{}
	for _, e := range b.entries {
		seen[e.Currency] = true
	}
	for _, c := range b.charges {
		seen[c.Currency] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
