package billing_test

import (
	"context"
	"encoding/json"
	"time"

	"pgregory.net/rapid"

	"broadsheet/billing"
)

// giftLives is a random life of a few gifts, and what a bystander noted of it.
type giftLives struct {
	*rapid.T
	b        *bench
	readers  []string
	sessions []string
	late     []billing.Event // webhooks on their way
	paid     map[string]bool // by session
	redeemed map[string]string
	back     map[string]bool
	dead     map[string]bool
}

func (l *giftLives) must(err error) {
	if err != nil {
		l.Helper()
		l.Fatal(err)
	}
}

func (l *giftLives) pick() string {
	return rapid.SampledFrom(l.sessions).Draw(l.T, "session")
}

// step does one thing that can happen.
func (l *giftLives) step() {
	if len(l.sessions) == 0 {
		l.begin()
		return
	}
	switch rapid.SampledFrom([]string{"begin", "pay", "webhook", "return", "reconcile", "dispute", "win", "take back", "redeem", "redeem", "send", "wait"}).Draw(l.T, "step") {
	case "begin":
		l.begin()
	case "pay":
		if s := l.pick(); !l.paid[s] {
			e := l.b.stripe.payGift(s)
			l.paid[s] = true
			if rapid.Bool().Draw(l.T, "webhook comes") {
				l.late = append(l.late, e, e)
			}
		}
	case "webhook":
		l.webhook()
	case "return":
		_, err := l.b.FinishGift(context.Background(), l.pick())
		l.must(err)
	case "reconcile":
		_, err := l.b.ReconcileAll(context.Background())
		l.must(err)
	case "dispute":
		l.bank(true)
	case "win":
		l.bank(false)
	case "take back":
		l.takeBack()
	case "redeem":
		l.redeem()
	case "send":
		l.send()
	case "wait":
		l.b.paper.add(time.Duration(rapid.IntRange(1, 50).Draw(l.T, "days")) * 24 * time.Hour)
	}
}

func (l *giftLives) begin() {
	price := rapid.SampledFrom([]string{"gift_digital_3", "gift_digital_6", "gift_digital_12"}).Draw(l.T, "gift")
	url, err := l.b.BuyGift(context.Background(), billing.GiftOrder{Buyer: billing.Person{Email: "buyer@example.org"}, LookupKey: price, DeliverAt: l.b.paper.Now()})
	l.must(err)
	l.sessions = append(l.sessions, url[len("https://pay.example/"):])
}

// webhook delivers one of those that wait, whichever comes first.
func (l *giftLives) webhook() {
	if len(l.late) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.late)-1).Draw(l.T, "event")
	raw, err := json.Marshal(l.late[i])
	l.must(err)
	l.must(l.b.Receive(context.Background(), raw, "signed", time.Now()))
	l.must(l.b.Settle(context.Background()))
	if rapid.Bool().Draw(l.T, "once more later") {
		return
	}
	l.late = append(l.late[:i], l.late[i+1:]...)
}

// bank disputes a payment, or settles that.
func (l *giftLives) bank(disputed bool) {
	if s := l.pick(); l.paid[s] && !l.back[s] {
		l.dead[s] = disputed
		l.late = append(l.late, l.b.stripe.trouble(s, taken(map[bool]string{true: "needs_response", false: "won"}[disputed])))
	}
}

func (l *giftLives) gift(session string) billing.Gift {
	g, ok, err := l.b.db.GiftBySession(context.Background(), session)
	l.must(err)
	if !ok {
		l.Fatal("a gift is gone")
	}
	return g
}

func (l *giftLives) takeBack() {
	s := l.pick()
	g, err := l.b.ReturnGift(context.Background(), l.gift(s).ID)
	if err == nil && g.State == billing.GiftReturned {
		if l.redeemed[s] != "" {
			l.Fatal("a redeemed gift was refunded")
		}
		l.back[s] = true
	}
}

func (l *giftLives) redeem() {
	s := l.pick()
	g := l.gift(s)
	if g.Serial == 0 {
		return
	}
	who := rapid.SampledFrom(l.readers).Draw(l.T, "reader")
	_, err := l.b.Redeem(context.Background(), giftCodes.Code(g.ID, g.Serial), l.b.taker(who))
	if err != nil {
		return
	}
	if l.redeemed[s] != "" || l.back[s] || !l.paid[s] {
		l.Fatalf("redeemed by %q before, taken back %t, paid %t", l.redeemed[s], l.back[s], l.paid[s])
	}
	l.redeemed[s] = who
}

func (l *giftLives) send() {
	g := l.gift(l.pick())
	was := giftCodes.Code(g.ID, g.Serial)
	if g, err := l.b.SendGift(context.Background(), g.ID, billing.Person{Email: "bo@example.org"}, "", l.b.paper.Now()); err == nil {
		if ok, err := l.b.GiftSent(context.Background(), g); !ok || err != nil {
			l.Fatal("not sent", err)
		}
		if _, err := l.b.SendGift(context.Background(), g.ID, billing.Person{Email: "cy@example.org"}, "", l.b.paper.Now()); err == nil {
			if _, err := l.b.Redeem(context.Background(), was, l.b.taker(l.readers[0])); err == nil {
				l.Fatal("a code that was replaced was redeemed")
			}
		}
	}
}

// check holds the books against what the bystander noted.
func (l *giftLives) check() {
	ctx := context.Background()
	_, err := l.b.ReconcileAll(ctx)
	l.must(err)
	total := map[string]time.Duration{}
	for _, s := range l.sessions {
		g := l.gift(s)
		r, held, err := l.b.db.RedemptionOf(ctx, g.ID)
		l.must(err)
		if held != (l.redeemed[s] != "") || held && r.ReaderID != l.redeemed[s] || held != (g.State == billing.GiftRedeemed) {
			l.Fatalf("%s: held %t by %q, noted %q", g.State, held, r.ReaderID, l.redeemed[s])
		}
		if !l.paid[s] && g.State != billing.GiftOpen || l.paid[s] && g.State == billing.GiftOpen {
			l.Fatalf("paid %t, and %s", l.paid[s], g.State)
		}
		var refunded int64
		l.b.stripe.mu.Lock()
		for _, back := range l.b.stripe.refunds["ch_"+s] {
			refunded += back.Amount
		}
		l.b.stripe.mu.Unlock()
		if held && refunded != 0 || l.back[s] != (refunded == 3900) {
			l.Fatalf("held %t, taken back %t, and %d went back", held, l.back[s], refunded)
		}
		if held {
			total[r.ReaderID] += billing.AddMonths(r.From, g.Months, time.UTC).Sub(r.From)
		}
	}
	for _, who := range l.readers {
		grants, err := l.b.db.GrantsOf(ctx, who)
		l.must(err)
		var sum time.Duration
		for i, g := range grants {
			sum += g.To.Sub(g.From)
			if i > 0 && g.From.Before(grants[i-1].To) {
				l.Fatalf("two gifts of one plan run at once: %v", grants)
			}
		}
		if sum != total[who] {
			l.Fatalf("the grants last %s, and %s were bought", sum, total[who])
		}
	}
}
