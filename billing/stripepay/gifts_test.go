package stripepay_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// giftShop puts a gift on the shelf.
func (b *bench) giftShop(amount string) []string {
	b.t.Helper()
	text := strings.Replace(sheet, "{lookup_key: digital_yearly, interval: year, amount: 7000}]}", "{lookup_key: digital_yearly, interval: year, amount: 7000}],\n     gifts: [{months: 3, amount: "+amount+"}]}", 1)
	b.must(b.db.SaveCatalogue(b.t.Context(), b.catalogue(text)))
	return b.push(text)
}

// gift begins a gift and gives the page where it is paid.
func (b *bench) gift() string {
	b.t.Helper()
	address, err := b.BuyGift(b.t.Context(), billing.GiftOrder{Buyer: billing.Person{Name: "Ada", Email: "giver@example.org"}, LookupKey: "gift_digital_3", DeliverAt: b.paper.Now()})
	b.must(err)
	return address
}

func (b *bench) giftAt(address string) billing.Gift {
	b.t.Helper()
	g, _, err := b.db.GiftBySession(b.t.Context(), sessionOf(address))
	b.must(err)
	return g
}

func (b *bench) taker() billing.GiftTaker {
	return billing.GiftTaker{ReaderID: b.reader, Zone: time.UTC}
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}

func TestGiftPricesArePushedOnce(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		for i, want := range []struct {
			amount        string
			made, changed int
		}{{"2100", 1, 0}, {"2100", 0, 0}, {"2400", 0, 1}} {
			done := b.giftShop(want.amount)
			if count(done, "made") != want.made || count(done, "changed") != want.changed {
				t.Errorf("push %d: %v", i, done)
			}
		}
	})
}

func TestGiftIsPaidOnceWithAnInvoice(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		address := b.gift()
		b.pay(address, "4000000000000002")
		if g := b.giftAt(address); g.State != billing.GiftOpen {
			t.Fatal("a declined card made it", g.State)
		}
		back := b.pay(address, "4242424242424242")
		if want := "https://paper.example/gifts/done?session=" + sessionOf(address); back != want {
			t.Errorf("back at %q", back)
		}
		b.quiet()
		g, err := b.FinishGift(t.Context(), sessionOf(address))
		b.must(err)
		if g.State != billing.GiftPaid || !strings.HasPrefix(g.Charge, "ch_") || g.Number == "" || g.Receipt == "" || !strings.HasPrefix(g.Customer, "cus_") {
			t.Errorf("%+v", g)
		}
		if kinds := b.kinds(); count(kinds, "gift.bought") != 1 || count(kinds, "receipt") != 0 {
			t.Error("effects:", kinds)
		}
		if odd, err := b.db.Oddities(t.Context()); err != nil || len(odd) != 0 {
			t.Error("set aside:", odd, err)
		}
		b.noDrift()
	})
}

// With every webhook lost the gift is found: by the return, and by the nightly
// run where nobody came back.
func TestGiftWithWebhooksMuted(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		b.faults(muted)
		first, second := b.gift(), b.gift()
		b.pay(first, "4242424242424242")
		b.pay(second, "4242424242424242")
		if g, err := b.FinishGift(t.Context(), sessionOf(first)); err != nil || g.State != billing.GiftPaid {
			t.Error("the return:", g.State, err)
		}
		if g := b.giftAt(second); g.State != billing.GiftOpen {
			t.Fatal("the test is blind:", g.State)
		}
		_, err := b.ReconcileAll(t.Context())
		b.must(err)
		if g := b.giftAt(second); g.State != billing.GiftPaid {
			t.Error("the nightly run:", g.State)
		}
	})
}

func TestGiftIsRefundedInFull(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		address := b.gift()
		b.pay(address, "4242424242424242")
		b.quiet()
		g := b.giftAt(address)
		code, err := b.GiftCode(t.Context(), g)
		b.must(err)
		for range 2 {
			g, err = b.ReturnGift(t.Context(), g.ID)
			b.must(err)
			b.quiet()
		}
		sale, err := b.stripe.GiftSale(t.Context(), sessionOf(address))
		b.must(err)
		if g.State != billing.GiftReturned || !strings.HasPrefix(g.Refund, "re_") || sale.Refunded != 2100 {
			t.Errorf("%s %s, %d went back", g.State, g.Refund, sale.Refunded)
		}
		if _, err := b.Redeem(t.Context(), code, b.taker()); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	})
}

// A dispute kills the code until it is won.
func TestGiftIsDisputed(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		address := b.gift()
		b.pay(address, "4000000000000259") // the charge succeeds and is disputed
		b.advance(24 * time.Hour)
		b.quiet()
		if g := b.giftAt(address); g.State != billing.GiftVoid {
			t.Fatal("disputed, and", g.State)
		}
		list := b.api + "/v1/disputes?charge=" + mustSale(b, address).Charge
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, list, nil)
		b.must(err)
		req.SetBasicAuth(testKey, "")
		res, err := b.web.Do(req)
		b.must(err)
		id := idIn(t, res)
		form := url.Values{"evidence[uncategorized_text]": {"winning_evidence"}, "submit": {"true"}}
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, b.api+"/v1/disputes/"+id, strings.NewReader(form.Encode()))
		b.must(err)
		req.SetBasicAuth(testKey, "")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err = b.web.Do(req)
		b.must(err)
		res.Body.Close()
		b.quiet()
		b.advance(24 * time.Hour)
		b.quiet()
		if g := b.giftAt(address); g.State != billing.GiftPaid {
			t.Error("won, and", g.State)
		}
	})
}

// What the reader pays for is not charged while a gift runs, and then again in
// full: every invoice is over the price or over nothing.
func TestGiftMovesTheNextPayment(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		b.pay(b.buy("digital_monthly"), "4242424242424242")
		b.quiet()
		end := b.sub().PeriodEnd
		address := b.gift()
		b.pay(address, "4242424242424242")
		b.quiet()
		code, err := b.GiftCode(t.Context(), b.giftAt(address))
		b.must(err)
		r, err := b.Redeem(t.Context(), code, b.taker())
		b.must(err)
		want := end.AddDate(0, 3, 0)
		if sub := b.sub(); !sub.PeriodEnd.Equal(want) || !r.From.Equal(end) || !r.To.Equal(want) {
			t.Fatalf("the gift runs from %s to %s, and the next payment is on %s", r.From, r.To, sub.PeriodEnd)
		}
		if moved, err := b.db.GiftMoved(t.Context(), b.sub().ID, want); !moved || err != nil {
			t.Error("the account cannot say why the payment is on", want, err)
		}
		if may, err := b.MayTry(t.Context(), b.reader); !may || err != nil {
			t.Error("a gift used the reader's free days up", err)
		}
		b.must(b.standin.Advance(t.Context(), want.Add(-time.Minute)))
		b.quiet()
		b.has(billing.Unlimited)
		if got, _ := b.charged(); got != 700 {
			t.Errorf("%d was charged by the end of the gift", got)
		}
		b.must(b.standin.Advance(t.Context(), want.Add(3*time.Hour)))
		b.quiet()
		b.has(billing.Unlimited)
		if got, _ := b.charged(); got != 1400 || b.sub().Status != billing.Active {
			t.Errorf("%d was charged after it, and the plan is %s", got, b.sub().Status)
		}
		b.noDrift()
	})
}

func mustSale(b *bench, address string) billing.GiftSale {
	b.t.Helper()
	sale, err := b.stripe.GiftSale(b.t.Context(), sessionOf(address))
	b.must(err)
	return sale
}

// idIn is the first id of a list.
func idIn(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	var list struct {
		Data []struct{ ID string } `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || len(list.Data) == 0 {
		t.Fatal("no dispute", err)
	}
	return list.Data[0].ID
}
