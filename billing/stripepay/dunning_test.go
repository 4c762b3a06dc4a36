package stripepay_test

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

const (
	failsLater = "4000000000000341" // attaches, and then every charge fails
	works      = "5555555555554444"
	asksAlways = "4000002760003184" // wants each payment confirmed
)

// card gives the customer another card at a page of Stripe's, and says where
// that leads.
func (b *bench) card(page, number string) string {
	b.t.Helper()
	res, err := b.web.PostForm(page, url.Values{"action": {"card"}, "number": {number}, "exp": {"08/41"}, "cvc": {"123"}, "name": {"Ada Byron"}})
	b.must(err)
	res.Body.Close()
	if res.StatusCode >= 400 {
		b.t.Fatalf("the portal took no card: %s", res.Status)
	}
	return res.Header.Get("Location")
}

// renewsWith is a subscriber whose first renewal has been tried with the card.
func (b *bench) renewsWith(number string) (due time.Time, invoice billing.Invoice) {
	b.t.Helper()
	address := b.buy("digital_monthly")
	b.pay(address, "4242424242424242")
	b.finish(address)
	portal, err := b.Portal(b.t.Context(), b.reader)
	b.must(err)
	b.card(portal, number)
	due = b.sub().PeriodEnd
	b.must(b.standin.Advance(b.t.Context(), due.Add(2*time.Hour)))
	list, err := b.db.InvoicesOf(b.t.Context(), b.reader, "", 9)
	b.must(err)
	return due, list[0]
}

// told counts the effects of a kind, by the first word of their keys.
func (b *bench) told(word string) (n int) {
	for _, k := range b.kinds() {
		if k == word {
			n++
		}
	}
	return n
}

func TestDunningToTheEnd(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		due, inv := b.renewsWith(failsLater)
		if inv.Attempts != 1 || inv.Reason != "subscription_cycle" || !inv.NextAttempt.After(b.paper.Now()) || b.told("attempt") != 1 {
			t.Fatalf("after the first attempt: %+v, %v", inv, b.kinds())
		}
		b.must(b.standin.Advance(t.Context(), due.AddDate(0, 0, 40)))
		sub, _, err := b.db.SubscriptionByID(t.Context(), inv.Subscription)
		b.must(err)
		if sub.Status != billing.Canceled || sub.EndReason != billing.EndedUnpaid {
			t.Fatalf("at the end: %+v", sub)
		}
		last, _, err := b.db.InvoiceByID(t.Context(), inv.ID)
		b.must(err)
		// The last attempt's letter is the one that says that it is over.
		if got := b.told("attempt"); got != last.Attempts-1 || b.told("lapsed") != 1 {
			t.Errorf("%d attempts, %d letters about them, %d about the end", last.Attempts, got, b.told("lapsed"))
		}
		b.has()
		b.noDrift()
	})
}

func TestAnotherCardFromALetter(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, inv := b.renewsWith(failsLater)
		customer, _, err := b.db.CustomerByID(ctx, inv.Customer)
		b.must(err)
		if got := customer.Card.String(); got != "Card ending 0341, expires 08/41" {
			t.Errorf("the card on file is %q", got)
		}
		link := billing.CardLink{Customer: inv.Customer, Invoice: inv.ID, Card: customer.Card.ID}
		page, err := b.AskForCard(ctx, link, "/account/card/token/done")
		b.must(err)
		if fix, err := b.FinishCard(ctx, link); err != nil || fix.State != billing.CardSame {
			t.Errorf("back without a card: %+v %v", fix, err)
		}
		// The page takes a card and does nothing else.
		res, err := b.web.PostForm(page, url.Values{"action": {"cancel"}, "subscription": {inv.Subscription}})
		b.must(err)
		res.Body.Close()
		if res.StatusCode < 400 {
			t.Error("a card link cancelled the plan")
		}
		if to := b.card(page, works); to != "https://paper.example/account/card/token/done" {
			t.Errorf("the card's page leads to %q", to)
		}
		for range 2 {
			if fix, err := b.FinishCard(ctx, link); err != nil || fix.State != billing.CardPaid {
				t.Errorf("with a card that works: %+v %v", fix, err)
			}
		}
		b.quiet()
		if b.told("recovered") != 1 || b.told("receipt") != 2 {
			t.Errorf("%v", b.kinds())
		}
		b.has(billing.Unlimited)
		b.noDrift()
	})
}

// Stripe does not charge what is open when only the customer's card changes:
// we do, once.
func TestPayingByHandHappensOnce(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, inv := b.renewsWith(failsLater)
		if err := b.PayOpen(ctx, inv.Customer, inv.ID); err == nil {
			t.Error("a card that fails has paid")
		}
		again, _, err := b.db.InvoiceByID(ctx, inv.ID)
		b.must(err)
		if err := b.PayOpen(ctx, inv.Customer, inv.ID); err == nil {
			t.Error("a card that fails has paid at the second try")
		}
		if got, _, _ := b.db.InvoiceByID(ctx, inv.ID); got.Attempts != again.Attempts {
			t.Errorf("the same card was charged again: %d attempts, then %d", again.Attempts, got.Attempts)
		}
	})
}

func TestTheBankAsksAtARenewal(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		address := b.buy("digital_monthly")
		b.pay(address, "4242424242424242")
		b.finish(address)
		portal, err := b.Portal(t.Context(), b.reader)
		b.must(err)
		ask := b.card(portal, asksAlways)
		res, err := b.web.PostForm(b.api+ask, url.Values{"outcome": {"complete"}})
		b.must(err)
		res.Body.Close()
		b.must(b.standin.Advance(t.Context(), b.sub().PeriodEnd.Add(2*time.Hour)))
		list, err := b.db.InvoicesOf(t.Context(), b.reader, "", 9)
		b.must(err)
		i := slices.IndexFunc(list, func(i billing.Invoice) bool { return i.NeedsAction })
		if i < 0 || !strings.HasPrefix(list[i].HostedURL, b.api) || b.told("attempt") != 1 {
			t.Fatalf("the bank asks, and: %+v, %v", list, b.kinds())
		}
		b.has(billing.Unlimited)
	})
}

// What support ends at once gives back by the second, in Stripe's books too.
func TestEndedAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		address := b.buy("digital_monthly")
		b.pay(address, "4242424242424242")
		b.finish(address)
		sub := b.sub()
		b.advance(sub.PeriodEnd.Sub(sub.PeriodStart) / 4)
		b.faults(url.Values{"fail_after": {"1"}, "fail_path": {"POST /v1/refunds"}}) // it took effect, and nobody heard
		end, err := b.EndNow(ctx, sub.ID, billing.RefundProrata, "support")
		b.must(err)
		rest := sub.PeriodEnd.Unix() - end.At.Unix()
		all := sub.PeriodEnd.Unix() - sub.PeriodStart.Unix()
		if want := (2*700*rest + all) / (2 * all); end.Refund.Amount != want || want < 520 || want > 530 {
			t.Errorf("%d goes back, want %d", end.Refund.Amount, want)
		}
		again, err := b.EndNow(ctx, sub.ID, billing.RefundProrata, "support")
		b.must(err)
		if len(again.Refunds) != 1 || again.Refunds[0] != end.Refunds[0] {
			t.Errorf("refunds %v, then %v", end.Refunds, again.Refunds)
		}
		paid, err := b.stripe.Payments(ctx, sub.ID)
		b.must(err)
		if len(paid) != 1 || len(paid[0].Refunds) != 1 || paid[0].Refunds[0].Amount != end.Refund.Amount || paid[0].Refunds[0].Ending != sub.ID {
			t.Errorf("in the books: %+v", paid)
		}
		b.has()
		b.noDrift()
	})
}

func TestWhyIsPassedOn(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		address := b.buy("digital_monthly")
		b.pay(address, "4242424242424242")
		b.finish(address)
		b.must(b.Cancel(t.Context(), b.reader, billing.Parting{Feedback: "unused", Comment: "No time"}))
		res, err := b.web.Get(b.api + "/_books.json")
		b.must(err)
		defer res.Body.Close()
		books, err := io.ReadAll(res.Body)
		b.must(err)
		if s := string(books); !strings.Contains(s, "No time") || !strings.Contains(s, "unused") {
			t.Error("Stripe does not know why")
		}
	})
}
