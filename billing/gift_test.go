package billing_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

var giftCodes = func() billing.GiftCodes {
	k, err := billing.NewGiftCodes("the secret of this bench")
	if err != nil {
		panic(err)
	}
	return k
}()

// give begins a gift and gives its session's id.
func (b *bench) give(t testing.TB, price string, to ...string) string {
	t.Helper()
	o := billing.GiftOrder{Buyer: billing.Person{Name: "Ada", Email: "buyer@example.org"}, BuyerForm: "buyer@example.org", LookupKey: price, Message: "Many happy returns.", DeliverAt: b.paper.Now()}
	if len(to) > 0 {
		o.To = billing.Person{Name: "Bo", Email: to[0]}
	}
	url, err := b.BuyGift(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return url[len("https://pay.example/"):]
}

// given is a gift that is paid, and its code.
func (b *bench) given(t testing.TB, price string, to ...string) (billing.Gift, string) {
	t.Helper()
	session := b.give(t, price, to...)
	b.stripe.payGift(session)
	g, err := b.FinishGift(t.Context(), session)
	if err != nil || g.State != billing.GiftPaid {
		t.Fatal(g.State, err)
	}
	return g, b.code(t, g)
}

func (b *bench) code(t testing.TB, g billing.Gift) string {
	t.Helper()
	code, err := b.GiftCode(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (b *bench) taker(reader string) billing.GiftTaker {
	return billing.GiftTaker{ReaderID: reader, Zone: time.UTC, Ship: billing.Postal{Name: "Bo", Line1: "1 Rua", City: "Porto", Country: "PT"}}
}

func (b *bench) redeem(t testing.TB, code string) billing.Redemption {
	t.Helper()
	r, err := b.Redeem(t.Context(), code, b.taker(b.reader))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// grant is what the reader has by a gift.
func (b *bench) grant(t testing.TB, gift string) billing.Grant {
	t.Helper()
	list, err := b.db.GrantsOf(t.Context(), b.reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		if g.ID == gift {
			return g
		}
	}
	return billing.Grant{}
}

func kind(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// A code has a form of its own: whatever single slip somebody makes is told as
// one, before anything is looked up.
func TestGiftCodesTellSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := giftCodes.Code(rapid.StringN(1, 30, 40).Draw(t, "gift"), rapid.IntRange(1, 9).Draw(t, "serial"))
		read, err := billing.ParseGiftCode(" " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + ".")
		if err != nil || read != code || len(code) != 24 {
			t.Fatal(code, read, err)
		}
		if strings.ContainsAny(code, "01258BILOSUVZ") {
			t.Fatal("look-alikes in", code)
		}
		raw := []rune(strings.ReplaceAll(code, "-", ""))
		i := rapid.IntRange(0, len(raw)-1).Draw(t, "place")
		wrong := append([]rune{}, raw...)
		wrong[i] = rapid.SampledFrom([]rune(strings.ReplaceAll("34679ACDEFGHJKMNPQRTWXY", string(raw[i]), ""))).Draw(t, "slip")
		if _, err := billing.ParseGiftCode(string(wrong)); !fault.Is(err, fault.Invalid) {
			t.Fatalf("%s for %s is no slip: %v", string(wrong), code, err)
		}
		j := rapid.IntRange(0, 17).Draw(t, "other")
		if i < 18 && raw[i] != raw[j] {
			swapped := append([]rune{}, raw...)
			swapped[i], swapped[j] = raw[j], raw[i]
			if _, err := billing.ParseGiftCode(string(swapped)); !fault.Is(err, fault.Invalid) {
				t.Fatalf("%s for %s is no slip: %v", string(swapped), code, err)
			}
		}
	})
	for typed, want := range map[string]string{"": "Type the code", "OK": `"O"`, "ACDE": "4 characters"} {
		if _, err := billing.ParseGiftCode(typed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestGiftLinksOpenOnlyWhatWasSealed(t *testing.T) {
	t.Parallel()
	links, err := billing.NewGiftLinks("the secret of this bench")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := billing.NewGiftLinks("the secret of another bench")
	token := links.Seal("g1")
	if got, err := links.Open(token); got != "g1" || err != nil {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "g1", "g1.", "g2" + token[2:], token + "A", other.Seal("g1")} {
		_, err := links.Open(bad)
		kind(t, err, fault.Missing)
	}
}

// A paid session makes one gift, whoever tells of it and how often; nothing but
// Stripe's word does.
func TestAGiftIsMadeOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.give(t, "gift_digital_6", "bo@example.org")
		g, err := b.FinishGift(t.Context(), session)
		if err != nil || g.State != billing.GiftOpen || g.CodeHash != "" {
			t.Fatalf("coming back without paying made %s, %v", g.State, err)
		}
		_, err = b.FinishGift(t.Context(), "cs_made_up")
		kind(t, err, fault.Missing)
		event := b.stripe.payGift(session)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { b.deliver(t, b.Service, event); b.settle(t) })
			all.Go(func() {
				if _, err := b.FinishGift(t.Context(), session); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if g, err = b.FinishGift(t.Context(), session); err != nil || g.State != billing.GiftPaid || g.Number != "N-9" || g.Paid.IsZero() {
			t.Fatal(g, err)
		}
		b.effects.left(t, "gift.bought:"+g.ID, "gift.deliver:"+g.ID+":1")
		if odd, err := b.db.Oddities(t.Context()); len(odd) != 0 || err != nil {
			t.Error("a gift's customer is set aside", odd, err)
		}
	})
}

// A gift's mail waits for its day.
func TestAGiftGoesOutOnItsDay(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		day := noon.AddDate(0, 2, 0)
		url, err := b.BuyGift(t.Context(), billing.GiftOrder{Buyer: billing.Person{Email: "a@example.org"}, LookupKey: "gift_digital_6", To: billing.Person{Email: "bo@example.org"}, DeliverAt: day})
		if err != nil {
			t.Fatal(err)
		}
		session := url[len("https://pay.example/"):]
		b.stripe.payGift(session)
		g, _ := b.FinishGift(t.Context(), session)
		if e := b.effects.all["gift.deliver:"+g.ID+":1"]; !e.RunAt.Equal(day) || e.Sending != 1 {
			t.Errorf("%+v", e)
		}
	})
}

// The reconciler finds a paid session whose webhook was lost, by the list of
// events, and by the gifts that wait where even that is silent.
func TestALostWebhookOfAGift(t *testing.T) {
	for name, find := range map[string]func(b *bench) error{
		"hourly": func(b *bench) error {
			_, err := b.Reconcile(t.Context(), noon.Add(-time.Hour))
			return err
		},
		"nightly": func(b *bench) error {
			_, err := b.ReconcileAll(t.Context())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				session := b.give(t, "gift_digital_6")
				b.stripe.payGift(session)
				if err := find(b); err != nil {
					t.Fatal(err)
				}
				if g, _, err := b.db.GiftBySession(t.Context(), session); g.State != billing.GiftPaid || err != nil {
					t.Error(g.State, err)
				}
			})
		})
	}
}

// Refunded or disputed before it was redeemed, the code dies; a dispute that was
// won brings it back. Afterwards people decide.
func TestMoneyTakenBackByTheBank(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6")
		b.effects.take()
		b.deliver(t, b.Service, b.stripe.trouble(g.SessionID, taken("needs_response")))
		b.settle(t)
		_, err := b.Redeem(ctx, code, b.taker(b.reader))
		kind(t, err, fault.Conflict)
		if !strings.Contains(err.Error(), "taken back at the bank") {
			t.Error(err)
		}
		_, err = b.ReturnGift(ctx, g.ID)
		kind(t, err, fault.Conflict)
		b.deliver(t, b.Service, b.stripe.trouble(g.SessionID, taken("won")))
		b.settle(t)
		b.redeem(t, code)
		b.effects.take()
		for range 2 {
			b.deliver(t, b.Service, b.stripe.trouble(g.SessionID, func(s *billing.GiftSale) { s.Refunded = 3900 }))
			b.settle(t)
		}
		b.effects.left(t, "gift.trouble:"+g.ID)
		b.has(t, billing.Unlimited)

		part, code := b.given(t, "gift_digital_3")
		b.deliver(t, b.Service, b.stripe.trouble(part.SessionID, func(s *billing.GiftSale) { s.Refunded = 100 }))
		b.settle(t)
		b.redeem(t, code) // a part given back is a kindness, and kills nothing
	})
}

// Of two who redeem at once one has it, and two gifts of one reader follow each
// other.
func TestTwoRedeemAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6")
		readers := []string{b.reader, b.reader, b.addReader(t, "bo@example.org"), b.addReader(t, "cy@example.org")}
		var all sync.WaitGroup
		var mu sync.Mutex
		won := []string{}
		for _, r := range readers {
			all.Go(func() {
				if _, err := b.another().Redeem(ctx, code, b.taker(r)); err == nil {
					mu.Lock()
					won = append(won, r)
					mu.Unlock()
				} else {
					kind(t, err, fault.Conflict)
				}
			})
		}
		all.Wait()
		r, ok, err := b.db.RedemptionOf(ctx, g.ID)
		if len(won) != 1 || !ok || err != nil || r.ReaderID != won[0] {
			t.Fatalf("%v redeemed it, and %q has it", won, r.ReaderID)
		}
		_, err = b.Redeem(ctx, code, b.taker(b.reader))
		kind(t, err, fault.Conflict)

		one, first := b.given(t, "gift_digital_3")
		two, second := b.given(t, "gift_digital_3")
		b.reader = b.addReader(t, "di@example.org")
		for _, code := range []string{first, second} {
			all.Go(func() {
				if _, err := b.another().Redeem(ctx, code, b.taker(b.reader)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		a, z := b.grant(t, one.ID), b.grant(t, two.ID)
		if a.From.After(z.From) {
			a, z = z, a
		}
		if !a.From.Equal(noon) || !a.To.Equal(noon.AddDate(0, 3, 0)) || !z.From.Equal(a.To) || !z.To.Equal(noon.AddDate(0, 6, 0)) {
			t.Errorf("%s to %s, and %s to %s", a.From, a.To, z.From, z.To)
		}
	})
}

// Taking back and redeeming exclude each other; the refund is made once.
func TestTakingAGiftBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6")
		b.stripe.failing["Refund"] = 1
		got, err := b.ReturnGift(ctx, g.ID)
		if err != nil || got.State != billing.GiftReturning {
			t.Fatal(got.State, err)
		}
		_, err = b.Redeem(ctx, code, b.taker(b.reader))
		kind(t, err, fault.Conflict)
		if !strings.Contains(err.Error(), "took it back") {
			t.Error(err)
		}
		for range 3 {
			if err := b.RefundGift(ctx, g.ID); err != nil {
				t.Fatal(err)
			}
			if got, err = b.ReturnGift(ctx, g.ID); err != nil || got.State != billing.GiftReturned {
				t.Fatal(got.State, err)
			}
		}
		if back := b.stripe.refunds["ch_"+g.SessionID]; len(back) != 1 || back[0].Amount != 3900 {
			t.Errorf("went back: %v", back)
		}
		b.deliver(t, b.Service, b.stripe.trouble(g.SessionID, func(*billing.GiftSale) {}))
		b.settle(t)
		if got, _ = b.Gift(ctx, g.ID); got.State != billing.GiftReturned {
			t.Error("Stripe's news of our own refund made it", got.State)
		}
		b.has(t)
		other, code := b.given(t, "gift_digital_3")
		b.redeem(t, code)
		_, err = b.ReturnGift(ctx, other.ID)
		kind(t, err, fault.Conflict)
	})
}

// Who typed a wrong address loses nothing: before the day the mail goes to the
// right one, and afterwards with another code, so that the stranger has nothing.
func TestAWrongAddress(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, first := b.given(t, "gift_digital_6", "wrong@example.org")
		to := billing.Person{Name: "Bo", Email: "bo@example.org"}
		g, err := b.SendGift(ctx, g.ID, to, "Hello", noon.AddDate(0, 0, 3))
		if err != nil || b.code(t, g) != first || g.Sending != 2 {
			t.Fatal("before it was sent:", g.Sending, err)
		}
		if ok, err := b.GiftSent(ctx, g); !ok || err != nil {
			t.Fatal(ok, err)
		}
		g, err = b.SendGift(ctx, g.ID, to, "Hello", noon)
		if err != nil || b.code(t, g) != first || !g.Sent.IsZero() {
			t.Fatal("the same address again:", err)
		}
		if ok, _ := b.GiftSent(ctx, g); !ok {
			t.Fatal("not sent")
		}
		g, err = b.SendGift(ctx, g.ID, billing.Person{Email: "cy@example.org"}, "", noon)
		if err != nil {
			t.Fatal(err)
		}
		second := b.code(t, g)
		if second == first {
			t.Error("another address has the same code")
		}
		_, err = b.Redeem(ctx, first, b.taker(b.reader))
		kind(t, err, fault.Missing)
		for range 6 {
			if g, err = b.SendGift(ctx, g.ID, g.To, "", noon); err != nil {
				t.Fatal(err)
			}
		}
		_, err = b.SendGift(ctx, g.ID, g.To, "", noon)
		kind(t, err, fault.TooMany)
		b.redeem(t, b.code(t, g))
		_, err = b.SendGift(ctx, g.ID, g.To, "", noon)
		kind(t, err, fault.Conflict)
	})
}

// A code that was sent is good after the paper's secret was changed; one that
// must be written again is another.
func TestGiftsOutliveTheSecret(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, sent := b.given(t, "gift_digital_3")
		g, old := b.given(t, "gift_digital_6")
		var err error
		if b.Service.Gifts, err = billing.NewGiftCodes("another secret altogether"); err != nil {
			t.Fatal(err)
		}
		b.redeem(t, sent)
		again := b.code(t, g)
		if again == old {
			t.Fatal("the code did not change")
		}
		if g, err = b.Gift(t.Context(), g.ID); err != nil || b.code(t, g) != again {
			t.Error("and changes again", err)
		}
		b.redeem(t, again)
	})
}

func TestAGiftThatIsNotSold(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		for _, price := range []string{"", "digital_monthly", "gift_print_3", "gift_digital_9"} {
			_, err := b.BuyGift(t.Context(), billing.GiftOrder{LookupKey: price})
			kind(t, err, fault.Invalid)
		}
	})
}

// Print asks for a door, and keeps it for who prints labels; digital keeps none.
func TestAMagazineNeedsADoor(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, code := b.given(t, "gift_print_6")
		who := b.taker(b.reader)
		who.Ship.Line1 = ""
		_, err := b.Redeem(t.Context(), code, who)
		kind(t, err, fault.Invalid)
		if r := b.redeem(t, code); r.Ship.City != "Porto" {
			t.Error(r.Ship)
		}
		b.has(t, billing.Print, billing.Unlimited)
		_, code = b.given(t, "gift_digital_3")
		if r := b.redeem(t, code); r.Ship != (billing.Postal{}) {
			t.Error("a door is kept that nothing goes to", r.Ship)
		}
	})
}

// A gift whose payment nobody told us of is not forgotten as unpaid: Stripe is
// asked first, and while it does not answer all are kept.
func TestForgettingGiftsAsksStripe(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.give(t, "gift_digital_3", "bo@example.org")
		b.stripe.payGift(session)
		b.paper.add(30 * 24 * time.Hour)
		b.stripe.failing["GiftSale"] = 1
		if err := b.ForgetGifts(t.Context()); err == nil {
			t.Error("gifts were forgotten without Stripe's word")
		}
		if err := b.ForgetGifts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g, ok, err := b.db.GiftBySession(t.Context(), session); err != nil || !ok || g.State != billing.GiftPaid {
			t.Errorf("the gift that was paid: %t %q, %v", ok, g.State, err)
		}
	})
}

// What leads to a recipient goes 90 days after the gift did, and what was never
// paid after a week; the code stays good.
func TestGiftsForget(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6", "bo@example.org")
		unpaid := b.give(t, "gift_digital_3", "cy@example.org")
		if ok, err := b.GiftSent(ctx, g); !ok || err != nil {
			t.Fatal(err)
		}
		b.paper.add(8 * 24 * time.Hour)
		if err := b.ForgetGifts(ctx); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := b.db.GiftBySession(ctx, unpaid); ok {
			t.Error("what nobody paid is kept")
		}
		if g, _ = b.Gift(ctx, g.ID); g.To.Email != "bo@example.org" {
			t.Error("forgotten too soon")
		}
		b.paper.add(83 * 24 * time.Hour)
		if err := b.ForgetGifts(ctx); err != nil {
			t.Fatal(err)
		}
		if g, _ = b.Gift(ctx, g.ID); g.To != (billing.Person{}) || g.Message != "" {
			t.Error("kept", g.To, g.Message)
		}
		b.redeem(t, code)
	})
}
