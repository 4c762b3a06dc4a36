package billing_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// stripe is a Stripe of a few maps, for what the real shapes do not matter to:
// orders of arrival, races and failures. Its webhooks are JSON events.
type stripe struct {
	mu        sync.Mutex
	live      bool
	serial    int
	customers map[string]billing.Customer
	subs      map[string]billing.Subscription
	invoices  map[string]billing.Invoice
	sessions  map[string]billing.Session
	asked     map[string]billing.NewSession // by session
	events    []billing.Event               // oldest first
	now       func() time.Time

	failing map[string]int // method → how many calls still fail
	opened  int            // sessions that were made
	paid    int            // invoices that were paid by asking
	keys    map[string]bool
	said    []billing.Parting
	refunds map[string][]billing.Refund // by charge; in_X is paid by ch_in_X
	travel  time.Duration               // the most that an answer takes to arrive
	during  func(method string)
	asking  func(subscription string)
	changes changes
	gifts   gifts
	stock   stock
	moves
}

func newStripe(now func() time.Time) *stripe {
	return &stripe{
		customers: map[string]billing.Customer{}, subs: map[string]billing.Subscription{}, invoices: map[string]billing.Invoice{},
		sessions: map[string]billing.Session{}, asked: map[string]billing.NewSession{}, failing: map[string]int{}, keys: map[string]bool{}, refunds: map[string][]billing.Refund{}, now: now,
	}
}

func (f *stripe) id(prefix string) string {
	f.serial++
	return fmt.Sprintf("%s_%04d", prefix, f.serial)
}

// enter is the beginning of each call: it may fail, and others may come between
// an answer and its arrival.
func (f *stripe) enter(method string) error {
	if f.during != nil {
		f.during(method)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failing[method] > 0 {
		f.failing[method]--
		return fault.New(fault.Unavailable, "no answer", nil)
	}
	return nil
}

func (f *stripe) happened(kind, object, id, customer string) {
	f.events = append(f.events, billing.Event{
		ID: f.id("evt"), Type: kind, Created: f.now(), Livemode: f.live, APIVersion: "2023-10-16",
		Object: billing.Ref{Kind: object, ID: id}, Customer: customer,
	})
}

func missing() error { return fault.New(fault.Missing, "no such thing", nil) }

func (f *stripe) Livemode() bool { return f.live }

func (f *stripe) Snapshot(_ context.Context, customer string) (billing.Snapshot, error) {
	if err := f.enter("Snapshot"); err != nil {
		return billing.Snapshot{}, err
	}
	f.mu.Lock()
	c, ok := f.customers[customer]
	snap := billing.Snapshot{Customer: c}
	for _, s := range f.subs {
		if s.Customer == customer {
			snap.Subscriptions = append(snap.Subscriptions, s)
		}
	}
	for _, i := range f.invoices {
		if i.Customer == customer {
			snap.Invoices = append(snap.Invoices, i)
		}
	}
	f.fill(&snap)
	f.mu.Unlock()
	if f.travel > 0 && rand.IntN(3) == 0 {
		<-time.After(rand.N(f.travel)) // this answer is old when it arrives
	}
	if f.during != nil {
		f.during("Snapshot answered")
	}
	if !ok {
		return billing.Snapshot{}, missing()
	}
	return snap, nil
}

func (f *stripe) Subscription(_ context.Context, id string) (billing.Subscription, error) {
	if f.asking != nil {
		f.asking(id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.subs[id]
	if !ok {
		return s, missing()
	}
	return s, nil
}

func (f *stripe) Session(_ context.Context, id string) (billing.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.sessions[id]
	if !ok {
		return s, missing()
	}
	return s, nil
}

func (f *stripe) CustomerOf(_ context.Context, o billing.Ref) (string, error) {
	if err := f.enter("CustomerOf"); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.Kind == "charge" { // ch_X belongs to the customer cus_X
		if id := "cus_" + o.ID[len("ch_"):]; f.customers[id].ID != "" {
			return id, nil
		}
	}
	return "", missing()
}

func (f *stripe) NewCustomer(_ context.Context, readerID, email, _ string) (billing.Customer, error) {
	if err := f.enter("NewCustomer"); err != nil {
		return billing.Customer{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := billing.Customer{ID: f.id("cus"), ReaderID: readerID, Email: email, Created: f.now()}
	f.customers[c.ID] = c
	f.happened("customer.created", "customer", c.ID, "")
	return c, nil
}

func (f *stripe) OpenSession(_ context.Context, n billing.NewSession) (billing.Session, error) {
	if err := f.enter("OpenSession"); err != nil {
		return billing.Session{}, err
	}
	f.mu.Lock()
	s := billing.Session{ID: f.id("cs"), Status: billing.SessionOpen, Customer: n.Customer, ReaderID: n.ReaderID, CheckoutID: n.CheckoutID}
	s.URL = "https://pay.example/" + s.ID
	f.sessions[s.ID], f.asked[s.ID] = s, n
	f.opened++
	f.mu.Unlock()
	return s, f.enter("OpenSession after")
}

func (f *stripe) FindSession(_ context.Context, customer, checkout string) (billing.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		if s.Customer == customer && s.CheckoutID == checkout {
			return s, nil
		}
	}
	return billing.Session{}, missing()
}

func (f *stripe) ExpireSession(_ context.Context, id string) error {
	if err := f.enter("ExpireSession"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[id]
	if s.Status != billing.SessionOpen {
		return fault.New(fault.Conflict, "not open", nil)
	}
	s.Status, s.URL = billing.SessionExpired, ""
	f.sessions[id] = s
	f.happened("checkout.session.expired", "checkout.session", id, s.Customer)
	return nil
}

func (f *stripe) CancelNow(_ context.Context, id string, said billing.Parting) error {
	f.said = append(f.said, said)
	return f.change(id, "customer.subscription.deleted", func(s *billing.Subscription) {
		s.Status, s.EndedAt, s.CanceledAt = billing.Canceled, f.now(), f.now()
	})
}

func (f *stripe) CancelAtPeriodEnd(_ context.Context, id string, cancel bool, said billing.Parting, _ string) error {
	f.said = append(f.said, said)
	return f.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
		s.CancelAt, s.CanceledAt = time.Time{}, time.Time{}
		if cancel {
			s.CancelAt, s.CanceledAt = s.PeriodEnd, f.now()
		}
	})
}

func (f *stripe) Portal(context.Context, string, string, string) (string, error) {
	return "https://portal.example", nil
}

func (f *stripe) Payments(_ context.Context, sub string) ([]billing.Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []billing.Payment
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(f.invoices))) {
		if inv := f.invoices[id]; inv.Subscription == sub && inv.Status == billing.InvoicePaid {
			out = append(out, billing.Payment{
				Invoice: id, Charge: "ch_" + id, Paid: billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency},
				Refunds: slices.Clone(f.refunds["ch_"+id]), Subtotal: inv.Money.Amount, Total: inv.Money.Amount, Lines: inv.Lines,
			})
		}
	}
	return out, nil
}

func (f *stripe) Refund(_ context.Context, charge string, amount int64, ending, key string) (billing.Refund, error) {
	if err := f.enter("Refund"); err != nil {
		return billing.Refund{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := billing.Refund{ID: f.id("re"), Amount: amount, Ending: ending}
	if !f.keys[key] {
		f.keys[key] = true
		f.refunds[charge] = append(f.refunds[charge], r)
	}
	return r, nil
}

func (f *stripe) CardPage(_ context.Context, customer, done, _ string) (string, error) {
	return "https://portal.example/card/" + customer + "?then=" + done, nil
}

// PayInvoice pays an open invoice unless the customer's card is "pm_bad". The
// same key gives the same answer, as at Stripe.
func (f *stripe) PayInvoice(_ context.Context, id, key string) error {
	if err := f.enter("PayInvoice"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.invoices[id]
	if inv.Status != billing.InvoiceOpen || f.keys[key] {
		return nil
	}
	f.keys[key] = true
	if f.customers[inv.Customer].Card.ID == "pm_bad" {
		return fault.New(fault.Invalid, "declined", &billing.Declined{Code: "generic_decline"})
	}
	f.paid++
	inv.Status, inv.Paid, inv.Remaining, inv.PaidAt, inv.NextAttempt = billing.InvoicePaid, inv.Remaining, 0, f.now(), time.Time{}
	f.invoices[id] = inv
	if sub := f.subs[inv.Subscription]; sub.Status == billing.PastDue || sub.Status == billing.Unpaid {
		sub.Status, sub.LatestStatus, sub.Decline = billing.Active, billing.InvoicePaid, ""
		f.subs[sub.ID] = sub
	}
	f.happened("invoice.paid", "invoice", id, inv.Customer)
	return nil
}

// renew rolls a subscription's period and fails its invoice.
func (f *stripe) renew(id string) (invoice string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[id]
	inv := f.bill(sub, billing.InvoiceOpen)
	inv.Reason, inv.NextAttempt = "subscription_cycle", inv.Created.AddDate(0, 0, 3)
	f.invoices[inv.ID] = inv
	sub.Status, sub.PeriodStart, sub.PeriodEnd = billing.PastDue, sub.PeriodEnd, sub.PeriodEnd.AddDate(0, 1, 0)
	sub.Latest, sub.LatestStatus, sub.Decline = inv.ID, inv.Status, "generic_decline"
	f.subs[id] = sub
	f.happened("invoice.payment_failed", "invoice", inv.ID, sub.Customer)
	return inv.ID
}

// edit changes an invoice.
func (f *stripe) edit(id string, how func(*billing.Invoice)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.invoices[id]
	how(&inv)
	f.invoices[id] = inv
	f.happened("invoice.updated", "invoice", id, inv.Customer)
}

// card gives a customer another card.
func (f *stripe) card(customer string, c billing.Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	had := f.customers[customer]
	had.Card = c
	f.customers[customer] = had
	f.happened("customer.updated", "customer", customer, "")
}

func (f *stripe) Events(_ context.Context, since time.Time) iter.Seq2[billing.Event, error] {
	f.mu.Lock()
	events := slices.Clone(f.events)
	f.mu.Unlock()
	return func(yield func(billing.Event, error) bool) {
		for _, e := range slices.Backward(events) {
			if !e.Created.Before(since) && !yield(e, nil) {
				return
			}
		}
	}
}

func (f *stripe) Subscriptions(context.Context) iter.Seq2[billing.Subscription, error] {
	f.mu.Lock()
	subs := slices.SortedFunc(maps.Values(f.subs), func(a, b billing.Subscription) int { return cmp.Compare(a.ID, b.ID) })
	f.mu.Unlock()
	return func(yield func(billing.Subscription, error) bool) {
		for _, s := range subs {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// Verify takes the event itself as the payload and "signed" as the signature.
func (f *stripe) Verify(raw []byte, signature string, _ time.Time) (billing.Event, error) {
	var e billing.Event
	if signature != "signed" || json.Unmarshal(raw, &e) != nil {
		return e, fault.New(fault.Invalid, "not signed", nil)
	}
	e.Payload = raw
	return e, nil
}

// change changes a subscription as Stripe would, with an event.
func (f *stripe) change(id, kind string, how func(*billing.Subscription)) error {
	if err := f.enter("change"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.subs[id]
	if !ok || s.Status == billing.Canceled {
		return missing()
	}
	how(&s)
	f.subs[id] = s
	f.happened(kind, "subscription", id, s.Customer)
	return nil
}

// pay completes a session as a card that works would: the subscription is
// active and its first invoice paid.
func (f *stripe) pay(session string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[session]
	if s.Status != billing.SessionOpen {
		return ""
	}
	sub := f.newSub(s.Customer, f.asked[session].LookupKey, billing.Active)
	inv := f.bill(sub, billing.InvoicePaid)
	sub.Latest, sub.LatestStatus = inv.ID, inv.Status
	f.subs[sub.ID] = sub
	s.Status, s.URL, s.Subscription = billing.SessionComplete, "", sub.ID
	f.sessions[session] = s
	f.happened("customer.subscription.created", "subscription", sub.ID, s.Customer)
	f.happened("invoice.paid", "invoice", inv.ID, s.Customer)
	f.happened("checkout.session.completed", "checkout.session", s.ID, s.Customer)
	return sub.ID
}

// decline is a first payment with a card that is refused: the session stays
// open and an incomplete subscription is left behind.
func (f *stripe) decline(session, code string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[session]
	sub := f.newSub(s.Customer, f.asked[session].LookupKey, billing.Incomplete)
	inv := f.bill(sub, billing.InvoiceOpen)
	sub.Latest, sub.LatestStatus, sub.Decline = inv.ID, inv.Status, code
	f.subs[sub.ID] = sub
	f.happened("invoice.payment_failed", "invoice", inv.ID, s.Customer)
	return sub.ID
}

func (f *stripe) newSub(customer, lookup string, status billing.Status) billing.Subscription {
	now := f.now().Truncate(time.Second)
	sub := billing.Subscription{
		ID: f.id("sub"), Customer: customer, PriceID: "price_" + lookup, LookupKey: lookup, Interval: billing.Monthly,
		Money: billing.Money{Amount: 700, Currency: "eur"}, Status: status, Started: now, PeriodStart: now, PeriodEnd: now.AddDate(0, 1, 0),
	}
	f.subs[sub.ID] = sub
	return sub
}

func (f *stripe) bill(sub billing.Subscription, status string) billing.Invoice {
	inv := billing.Invoice{
		ID: f.id("in"), Number: "N-1", Customer: sub.Customer, Subscription: sub.ID, Status: status, Money: sub.Money,
		Created: f.now().Truncate(time.Second), Due: f.now().Truncate(time.Second), Attempts: 1,
	}
	if status == billing.InvoicePaid {
		inv.Paid, inv.PaidAt = sub.Money.Amount, inv.Created
	} else {
		inv.Remaining = sub.Money.Amount
	}
	f.invoices[inv.ID] = inv
	return inv
}
