package stripepay_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/reader"
)

// wide is sheet with every way to pay for both plans.
const wide = `
currency: eur
ships_to: [PT, ES]
benefits: [{key: unlimited, name: Every story}, {key: print, name: The magazine}]
plans:
  - {key: print, name: Print + Digital, summary: With paper, benefits: [unlimited, print],
     prices: [{lookup_key: print_monthly, interval: month, amount: 1400}, {lookup_key: print_yearly, interval: year, amount: 14000}]}
  - {key: digital, name: Digital, benefits: [unlimited],
     prices: [{lookup_key: digital_monthly, interval: month, amount: 700}, {lookup_key: digital_yearly, interval: year, amount: 7000}]}
`

var door = billing.Shipping{Name: "Ada Byron", Line1: "18 Rua das Flores", City: "Porto", PostalCode: "4050-265", Country: "PT"}

func previews(b *bench) billing.Previews {
	k, err := billing.NewPreviews("the secret of this bench")
	b.must(err)
	return k
}

// books is Stripe's own client, for what the paper never does.
func (b *bench) books() *client.API {
	return client.New(testKey, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(b.api), HTTPClient: b.web, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})})
}

// reads is a subscriber to that price.
func (b *bench) reads(price string) billing.Subscription {
	b.t.Helper()
	b.must(b.db.SaveCatalogue(b.t.Context(), b.catalogue(wide)))
	b.push(wide)
	address := b.buy(price)
	b.pay(address, "4242424242424242")
	b.finish(address)
	b.quiet()
	return b.sub()
}

// withCard puts another card on file.
func (b *bench) withCard(number string) {
	b.t.Helper()
	portal, err := b.Portal(b.t.Context(), b.reader)
	b.must(err)
	if ask := b.card(portal, number); len(ask) > 4 && ask[:4] == "/3ds" { // the bank asks when the card is kept
		res, err := b.web.PostForm(b.api+ask, url.Values{"outcome": {"complete"}})
		b.must(err)
		res.Body.Close()
	}
	b.quiet()
}

func (b *bench) preview(price string, keep bool) billing.Preview {
	b.t.Helper()
	p, err := b.PreviewChange(b.t.Context(), previews(b), b.reader, billing.Choice{LookupKey: price, Keep: keep})
	b.must(err)
	return p
}

func (b *bench) carry(p billing.Preview) billing.PlanChange {
	b.t.Helper()
	c, err := b.CarryOut(b.t.Context(), previews(b), b.reader, p.Token, door)
	b.must(err)
	b.quiet()
	return c
}

func (b *bench) invoice(id string) billing.Invoice {
	b.t.Helper()
	inv, ok, err := b.db.InvoiceByID(b.t.Context(), id)
	b.must(err)
	if !ok {
		b.t.Fatalf("no invoice %q", id)
	}
	return inv
}

func TestUpgradeIsBilledAsPreviewed(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.reads("digital_monthly")
		b.advance(11*day + 7*time.Hour + 13*time.Second)
		p := b.preview("print_monthly", false)
		if len(p.Today.Lines) != 2 || p.Today.Due.Amount < 400 || p.Today.Due.Amount > 500 || p.Next.Total.Amount != 1400 || !p.Next.At.Equal(sub.PeriodEnd) || !p.Ships {
			t.Fatalf("%+v", p)
		}
		b.advance(9 * time.Minute) // while the reader thinks it over
		for range 2 {
			if c := b.carry(p); c.State != billing.ChangeDone || b.invoice(c.Invoice).Paid != p.Today.Due.Amount || len(b.invoice(c.Invoice).Lines) != 2 {
				t.Errorf("%+v: %+v", c, b.invoice(c.Invoice))
			}
		}
		list, err := b.db.InvoicesOf(t.Context(), b.reader, "", 9)
		b.must(err)
		if now := b.sub(); now.Plan != "print" || !now.PeriodEnd.Equal(sub.PeriodEnd) || len(list) != 2 {
			t.Errorf("%d invoices, %+v", len(list), now)
		}
		if to, err := b.stripe.Shipping(t.Context(), sub.Customer); err != nil || to != door {
			t.Errorf("the magazine goes to %+v %v", to, err)
		}
		if b.told("changed") != 1 || b.told("receipt") != 2 {
			t.Errorf("%v", b.kinds())
		}
		b.has(billing.Print, billing.Unlimited)
		b.noDrift()
	})
}

func TestMonthsToAYearBeginsItNow(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		b.reads("digital_monthly")
		b.advance(10 * day)
		p := b.preview("digital_yearly", false)
		if p.Timing != billing.AtOnce || p.Next.Total.Amount != 7000 || p.Next.At.Sub(b.paper.Now()) < 364*day {
			t.Fatalf("%+v", p)
		}
		b.advance(5 * time.Minute)
		c := b.carry(p)
		if now := b.sub(); c.State != billing.ChangeDone || now.Interval != billing.Yearly || b.invoice(c.Invoice).Paid != p.Today.Due.Amount || p.Today.Due.Amount > 6600 {
			t.Errorf("%+v %+v", c, now)
		}
	})
}

// The card is declined: the plan stays, nothing is owed, and no letter asks.
func TestDeclineOnUpgrade(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		was := b.reads("digital_monthly")
		b.withCard(failsLater)
		b.advance(10 * day)
		p := b.preview("print_monthly", false)
		for range 2 {
			if c := b.carry(p); c.State != billing.ChangeDeclined || c.Decline == "" || b.invoice(c.Invoice).Status != "void" {
				t.Errorf("%+v: %+v", c, b.invoice(c.Invoice))
			}
		}
		now := b.sub()
		if now.Plan != "digital" || now.Status != billing.Active || !now.Coming.IsZero() || !now.PeriodEnd.Equal(was.PeriodEnd) {
			t.Errorf("%+v", now)
		}
		if b.told("attempt") != 0 || b.told("changed") != 0 {
			t.Errorf("letters %v", b.kinds())
		}
		b.withCard(works)
		b.quiet()
		if b.sub().Plan != "digital" {
			t.Error("another card bought what was declined")
		}
		if c := b.carry(b.preview("print_monthly", false)); c.State != billing.ChangeDone || b.sub().Plan != "print" {
			t.Errorf("with a card that works: %+v", c)
		}
		b.noDrift()
	})
}

// The bank asks at the upgrade: the old plan stays until it was answered.
func Test3DSAtUpgrade(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.reads("digital_monthly")
		b.withCard(asksAlways)
		b.advance(10 * day)
		c := b.carry(b.preview("print_monthly", false))
		held := b.sub()
		if c.State != billing.ChangeHeld || held.Plan != "digital" || held.Coming.Plan != "print" || held.Coming.PayURL == "" {
			t.Fatalf("%+v %+v", c, held)
		}
		b.noDrift()
		res, err := b.web.PostForm(held.Coming.PayURL, url.Values{"number": {works}, "exp": {"08/41"}, "cvc": {"123"}})
		b.must(err)
		res.Body.Close()
		b.quiet()
		if now := b.sub(); now.Plan != "print" || !now.Coming.IsZero() || b.told("changed") != 1 {
			t.Errorf("answered: %+v, %v", now, b.kinds())
		}
		b.noDrift()
	})
}

func TestAHeldChangeIsGivenUp(t *testing.T) {
	for name, give := range map[string]func(b *bench){
		"by the reader": func(b *bench) { b.must(b.TakeBack(b.t.Context(), b.reader)) },
		"by time":       func(b *bench) { b.advance(24 * time.Hour) },
		"by cancelling": func(b *bench) { b.must(b.Cancel(b.t.Context(), b.reader, billing.Parting{})) },
		"by ending it": func(b *bench) {
			_, err := b.EndNow(b.t.Context(), b.sub().ID, billing.RefundProrata, "support")
			b.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			lite(t, func(t *testing.T, b *bench) {
				b.reads("digital_monthly")
				b.withCard(asksAlways)
				b.advance(10 * day)
				c := b.carry(b.preview("print_monthly", false))
				give(b)
				b.quiet()
				if now := b.sub(); now.Plan != "digital" || !now.Coming.IsZero() || b.invoice(c.Invoice).Status != "void" {
					t.Errorf("%+v, invoice %s", now, b.invoice(c.Invoice).Status)
				}
				b.noDrift()
			})
		})
	}
}

// A card that would fail harms no downgrade: nothing is due before the renewal,
// which then is a renewal like any other.
func TestFailingCardOnDowngradeIsHarmless(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		was := b.reads("print_monthly")
		b.withCard(failsLater)
		b.advance(10 * day)
		p := b.preview("digital_monthly", false)
		if p.Timing != billing.AtPeriodEnd || p.Today.Due.Amount != 0 || p.Next.Total.Amount != 700 || !p.Next.At.Equal(was.PeriodEnd) {
			t.Fatalf("%+v", p)
		}
		if c := b.carry(p); c.State != billing.ChangeWaits {
			t.Fatalf("%+v", c)
		}
		now := b.sub()
		if now.Plan != "print" || now.Status != billing.Active || now.Coming.Plan != "digital" || !now.Coming.At.Equal(was.PeriodEnd) {
			t.Errorf("%+v", now)
		}
		b.noDrift()
		b.must(b.standin.Advance(t.Context(), was.PeriodEnd.Add(2*time.Hour)))
		if now = b.sub(); now.Plan != "digital" || now.Status != billing.PastDue {
			t.Errorf("after the renewal: %+v", now)
		}
		list, err := b.db.InvoicesOf(t.Context(), b.reader, "", 1)
		b.must(err)
		if list[0].Money.Amount != 700 || b.told("attempt") != 1 {
			t.Errorf("%+v, %v", list[0], b.kinds())
		}
	})
}

// With proration the difference is billed at once; without, at the renewal, and
// then it is the whole new price and nothing else.
func TestProrateAndNot(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		was := b.reads("print_yearly")
		b.advance(100 * day)
		p := b.preview("print_monthly", false)
		if len(p.Today.Lines) != 0 || p.Next.Total.Amount != 1400 || !p.Next.At.Equal(was.PeriodEnd) {
			t.Fatalf("%+v", p)
		}
		b.carry(p)
		b.must(b.standin.Advance(t.Context(), was.PeriodEnd.Add(2*time.Hour)))
		now := b.sub()
		inv := b.invoice(now.Latest)
		if now.Interval != billing.Monthly || inv.Paid != 1400 || len(inv.Lines) != 1 || !now.PeriodStart.Equal(was.PeriodEnd) || b.told("changed") != 1 {
			t.Errorf("%+v: %+v", now, inv)
		}
		// The schedule has another month to run; what comes next works all the same.
		p = b.preview("print_yearly", false)
		if c := b.carry(p); c.State != billing.ChangeDone || b.invoice(c.Invoice).Paid != p.Today.Due.Amount || p.Today.Due.Amount < 12500 {
			t.Errorf("%+v", c)
		}
		b.noDrift()
	})
}

func TestCancelNowWhileScheduled(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.reads("print_monthly")
		b.advance(10 * day)
		b.carry(b.preview("digital_monthly", false))
		sub := b.sub()
		_, err := b.EndNow(t.Context(), sub.ID, billing.RefundProrata, "support")
		b.must(err)
		b.quiet()
		if now := b.sub(); now.Status != billing.Canceled || !now.Coming.IsZero() {
			t.Errorf("%+v", now)
		}
		b.must(b.standin.Advance(t.Context(), sub.PeriodEnd.Add(2*time.Hour)))
		if list, _ := b.db.InvoicesOf(t.Context(), b.reader, "", 9); len(list) != 1 {
			t.Errorf("%d invoices: the schedule went on", len(list))
		}
		b.noDrift()
	})
}

func TestCancelAtPeriodEndWhileScheduledAndBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		was := b.reads("print_monthly")
		b.advance(10 * day)
		b.carry(b.preview("digital_monthly", false))
		b.must(b.Cancel(t.Context(), b.reader, billing.Parting{}))
		if now := b.sub(); now.CancelAt.IsZero() || !now.Coming.IsZero() {
			t.Fatalf("%+v", now)
		}
		if _, err := b.PreviewChange(t.Context(), previews(b), b.reader, billing.Choice{LookupKey: "digital_monthly"}); err == nil {
			t.Error("a change that would come after the end")
		}
		if c := b.carry(b.preview("digital_monthly", true)); c.State != billing.ChangeWaits {
			t.Errorf("%+v", c)
		}
		b.noDrift()
		b.must(b.standin.Advance(t.Context(), was.PeriodEnd.Add(2*time.Hour)))
		if now := b.sub(); now.Plan != "digital" || now.Status != billing.Active || !now.CancelAt.IsZero() {
			t.Errorf("%+v", now)
		}
	})
}

func TestTrialSurvivesASwap(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.reads("print_monthly")
		ends := b.paper.Now().Add(20 * day).Truncate(time.Second).UTC()
		_, err := b.books().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{TrialEnd: stripe.Int64(ends.Unix()), ProrationBehavior: stripe.String("none")})
		b.must(err)
		b.quiet()
		for _, to := range []string{"digital_yearly", "print_monthly", "digital_monthly"} {
			p := b.preview(to, false)
			if p.Timing != billing.AtOnce || !p.Trial || p.Today.Due.Amount != 0 || !p.Next.At.Equal(ends) || p.Next.Total != p.Change.To.Money {
				t.Errorf("to %s: %+v", to, p)
			}
			if c := b.carry(p); c.State != billing.ChangeDone || c.Invoice != "" {
				t.Errorf("to %s: %+v", to, c)
			}
			if now := b.sub(); now.Status != billing.Trialing || !now.TrialEnd.Equal(ends) || now.LookupKey != to {
				t.Errorf("to %s: %+v", to, now)
			}
		}
		b.must(b.standin.Advance(t.Context(), ends.Add(2*time.Hour)))
		if now := b.sub(); now.Status != billing.Active || b.invoice(now.Latest).Paid != 700 || b.told("changed") != 3 {
			t.Errorf("%+v, %v", now, b.kinds())
		}
		b.noDrift()
	})
}

// A discount that runs is in the preview, and goes on after the change.
func TestDiscountIsKept(t *testing.T) {
	for _, to := range []string{"print_monthly", "digital_monthly"} {
		t.Run(to, func(t *testing.T) {
			lite(t, func(t *testing.T, b *bench) {
				from := map[string]string{"print_monthly": "digital_monthly", "digital_monthly": "print_monthly"}[to]
				sub := b.reads(from)
				coupon, err := b.books().Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(50), Duration: stripe.String("repeating"), DurationInMonths: stripe.Int64(12)})
				b.must(err)
				_, err = b.books().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Coupon: &coupon.ID})
				b.must(err)
				b.advance(sub.PeriodEnd.Sub(b.paper.Now()) + 2*time.Hour)
				sub = b.sub()
				want := map[string]int64{"print_monthly": 700, "digital_monthly": 350}[to]
				b.advance(5 * day)
				p := b.preview(to, false)
				if p.Next.Total.Amount != want || p.Next.Discount.Amount != -want {
					t.Errorf("%+v", p.Next)
				}
				c := b.carry(p)
				if c.Invoice != "" && b.invoice(c.Invoice).Paid != p.Today.Due.Amount {
					t.Errorf("%+v", c)
				}
				b.must(b.standin.Advance(t.Context(), sub.PeriodEnd.Add(2*time.Hour)))
				if inv := b.invoice(b.sub().Latest); inv.Paid != want {
					t.Errorf("the next payment was %d, want %d", inv.Paid, want)
				}
			})
		})
	}
}

// A cent that changes between the preview and the click stops it.
func TestADiscountInBetweenStopsIt(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		sub := b.reads("digital_monthly")
		b.advance(10 * day)
		p := b.preview("print_monthly", false)
		coupon, err := b.books().Coupons.New(&stripe.CouponParams{AmountOff: stripe.Int64(1), Currency: stripe.String("eur"), Duration: stripe.String("forever")})
		b.must(err)
		_, err = b.books().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Coupon: &coupon.ID})
		b.must(err)
		_, err = b.CarryOut(t.Context(), previews(b), b.reader, p.Token, door)
		outdated, ok := errors.AsType[*billing.Outdated](err)
		if !ok || b.sub().Plan != "digital" || outdated.Preview.Next.Total.Amount != 1399 {
			t.Fatalf("%v %+v", err, outdated)
		}
		if c := b.carry(outdated.Preview); c.State != billing.ChangeDone {
			t.Errorf("%+v", c)
		}
	})
}

// Stripe fails in the middle: one change, one invoice, by the same preview.
func TestLostAnswersMakeOneChange(t *testing.T) {
	for _, path := range []string{"POST /v1/subscriptions/", "POST /v1/subscription_schedules", "POST /v1/customers/"} {
		for _, when := range []string{"fail_before", "fail_after"} {
			t.Run(path+" "+when, func(t *testing.T) {
				lite(t, func(t *testing.T, b *bench) {
					from, to := "digital_monthly", "print_monthly"
					if path == "POST /v1/subscription_schedules" {
						from, to = to, from
					}
					b.reads(from)
					b.advance(10 * day)
					p := b.preview(to, false)
					b.faults(url.Values{when: {"1"}, "fail_path": {path}})
					b.carry(p)
					now := b.sub()
					list, err := b.db.InvoicesOf(t.Context(), b.reader, "", 9)
					b.must(err)
					want := 2
					if from == "print_monthly" {
						want = 1
					}
					if (now.Plan != "print") || len(list) != want || (now.Coming.Plan == "digital") != (from == "print_monthly") {
						t.Errorf("%d invoices, %+v", len(list), now)
					}
					b.noDrift()
				})
			})
		}
	}
}

// newcomer is another reader, who subscribes to that price.
func (b *bench) newcomer(price string) billing.Subscription {
	b.t.Helper()
	b.reader = "reader-" + strings.ToLower(rand.Text())
	_, err := b.db.AddReader(b.t.Context(), reader.Reader{ID: b.reader, Email: b.reader + "@example.org", Created: b.paper.Now()}, b.reader+"@example.org")
	b.must(err)
	address := b.buy(price)
	b.pay(address, "4242424242424242")
	b.finish(address)
	b.quiet()
	return b.sub()
}

// Whatever somebody has, whenever they change and whatever is taken off: what
// was previewed is what is billed, to the cent, at once and at the next payment.
func TestPreviewsAreWhatIsBilled(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		b.must(b.db.SaveCatalogue(t.Context(), b.catalogue(wide)))
		b.push(wide)
		off := map[string]*stripe.CouponParams{
			"none":               nil,
			"a third, for ever":  {PercentOff: stripe.Float64(33.33), Duration: stripe.String("forever")},
			"a sum, five months": {AmountOff: stripe.Int64(199), Currency: stripe.String("eur"), Duration: stripe.String("repeating"), DurationInMonths: stripe.Int64(5)},
			"once":               {PercentOff: stripe.Float64(12.5), Duration: stripe.String("once")},
		}
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range off {
				if !yield(name) {
					return
				}
			}
		})
		lookups := []string{"print_monthly", "print_yearly", "digital_monthly", "digital_yearly"}
		rapid.Check(t, func(rt *rapid.T) {
			sub := b.newcomer(rapid.SampledFrom(lookups).Draw(rt, "from"))
			defer func() { // or each would live on in the years of those after it
				if _, err := b.EndNow(t.Context(), sub.ID, billing.RefundNone, "done"); err != nil {
					t.Error(err)
				}
			}()
			coupon := off[rapid.SampledFrom(names).Draw(rt, "off")]
			if coupon != nil {
				made, err := b.books().Coupons.New(coupon)
				b.must(err)
				_, err = b.books().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Coupon: &made.ID})
				b.must(err)
			}
			b.advance(time.Duration(rapid.IntRange(1, 33*86400).Draw(rt, "seconds")) * time.Second)
			b.quiet()
			to := rapid.SampledFrom(lookups).Draw(rt, "to")
			if to == b.sub().LookupKey {
				return
			}
			p := b.preview(to, false)
			b.advance(time.Duration(rapid.IntRange(1, 60).Draw(rt, "thinks")) * time.Second)
			c, err := b.CarryOut(t.Context(), previews(b), b.reader, p.Token, door)
			if _, outdated := errors.AsType[*billing.Outdated](err); outdated {
				return // a renewal came in between
			}
			b.must(err)
			b.quiet()
			if c.State == billing.ChangeDone && b.invoice(c.Invoice).Paid != p.Today.Due.Amount {
				rt.Fatalf("previewed %d, paid %d", p.Today.Due.Amount, b.invoice(c.Invoice).Paid)
			}
			if c.State == billing.ChangeDone && b.sub().LookupKey != to || c.State == billing.ChangeWaits && b.sub().Coming.LookupKey != to {
				rt.Fatalf("%+v: %+v", c, b.sub())
			}
			if c.State == billing.ChangeDone && p.Change.From.Interval != p.Change.To.Interval {
				return
			}
			if err := b.standin.Advance(t.Context(), p.Next.At.Add(2*time.Hour)); err != nil {
				rt.Fatalf("%v: %+v at %s", err, p.Next, b.paper.Now())
			}
			if inv := b.invoice(b.sub().Latest); inv.Money != p.Next.Total {
				rt.Fatalf("the next payment was %v, not %v: %+v", inv.Money, p.Next.Total, inv.Lines)
			}
		})
		b.noDrift()
	})
}
