package billing_test

import (
	"context"
	"slices"
	"time"

	"broadsheet/billing"
)

// gifts is the part of the fake Stripe that sells once.
type gifts struct {
	sales   map[string]billing.GiftSale       // by session
	asked   map[string]billing.NewGiftSession // by session
	pushes  []time.Time
	bounced map[string]string // why a refund did not arrive, by its id
}

// taken is what a bank makes of a gift's payment.
func taken(status string) func(*billing.GiftSale) {
	return func(s *billing.GiftSale) {
		s.Dispute = billing.Dispute{ID: "dp_" + s.Session, Status: status, Reason: "fraudulent", Created: noon, URL: "https://desk.example"}
	}
}

// bounce has a refund of a gift come back, with an event.
func (f *stripe) bounce(session, why string) billing.Event {
	return f.trouble(session, func(s *billing.GiftSale) {
		if f.gifts.bounced == nil {
			f.gifts.bounced = map[string]string{}
		}
		for _, r := range f.refunds[s.Charge] {
			f.gifts.bounced[r.ID] = why
		}
	})
}

func (f *stripe) OpenGift(_ context.Context, n billing.NewGiftSession) (billing.Session, error) {
	if err := f.enter("OpenGift"); err != nil {
		return billing.Session{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gifts.sales == nil {
		f.gifts.sales, f.gifts.asked = map[string]billing.GiftSale{}, map[string]billing.NewGiftSession{}
	}
	id := f.id("cs")
	f.gifts.asked[id], f.keys[n.Key] = n, true
	f.gifts.sales[id] = billing.GiftSale{Session: id, GiftID: n.GiftID, Money: billing.Money{Amount: 3900, Currency: "eur"}}
	return billing.Session{ID: id, URL: "https://pay.example/" + id, Status: billing.SessionOpen}, nil
}

// sale is a session with what was given back of its charge.
func (f *stripe) sale(session string) billing.GiftSale {
	sale := f.gifts.sales[session]
	for _, r := range f.refunds[sale.Charge] {
		if why, failed := f.gifts.bounced[r.ID]; failed {
			sale.Failed = append(sale.Failed, billing.Credit{
				ID: r.ID, Kind: billing.CreditRefund, Money: billing.Money{Amount: r.Amount, Currency: "eur"}, Status: billing.RefundFailed, Failure: why, Created: f.now(),
			})
			continue
		}
		sale.Refunded += r.Amount
	}
	return sale
}

func (f *stripe) GiftSale(_ context.Context, session string) (billing.GiftSale, error) {
	if err := f.enter("GiftSale"); err != nil {
		return billing.GiftSale{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gifts.sales[session].Session == "" {
		return billing.GiftSale{}, missing()
	}
	return f.sale(session), nil
}

func (f *stripe) GiftSales(_ context.Context, customer string) ([]billing.GiftSale, error) {
	if err := f.enter("GiftSales"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []billing.GiftSale
	for id, s := range f.gifts.sales {
		if s.Customer == customer {
			out = append(out, f.sale(id))
		}
	}
	slices.SortFunc(out, func(a, b billing.GiftSale) int { return len(a.Session) - len(b.Session) })
	return out, nil
}

// payGift completes a session of a gift, by a customer of its own, and gives the
// event that tells of it.
func (f *stripe) payGift(session string) billing.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.gifts.sales[session]
	c := billing.Customer{ID: f.id("cus"), Email: f.gifts.asked[session].Email, Created: f.now()}
	f.customers[c.ID] = c
	s.Paid, s.Customer, s.Charge, s.Invoice, s.Number, s.Receipt = true, c.ID, "ch_"+session, "in_"+session, "N-9", "https://pay.example/in"
	f.gifts.sales[session] = s
	f.happened("checkout.session.completed", "checkout.session", session, c.ID)
	return f.events[len(f.events)-1]
}

// trouble changes a paid session, with an event.
func (f *stripe) trouble(session string, how func(*billing.GiftSale)) billing.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.gifts.sales[session]
	how(&s)
	f.gifts.sales[session] = s
	f.happened("charge.dispute.created", "dispute", "dp_"+session, s.Customer)
	return f.events[len(f.events)-1]
}

// PushRenewal makes the subscription free until then, as Stripe does.
func (f *stripe) PushRenewal(_ context.Context, id string, until time.Time, key string) error {
	if err := f.enter("PushRenewal"); err != nil {
		return err
	}
	err := f.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
		if !f.keys[key] {
			f.keys[key] = true
			s.Status, s.PeriodStart, s.PeriodEnd, s.TrialEnd = billing.Trialing, f.now().Truncate(time.Second), until, until
			f.gifts.pushes = append(f.gifts.pushes, until)
		}
	})
	if err != nil {
		return err
	}
	return f.enter("PushRenewal after")
}
