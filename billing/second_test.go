package billing_test

import (
	"testing"
	"time"

	"broadsheet/billing"
)

// second gives the reader another subscription, as a person at Stripe's desk
// could.
func second(b *bench, customer string, status billing.Status) string {
	b.stripe.mu.Lock()
	defer b.stripe.mu.Unlock()
	sub := b.stripe.newSub(customer, "digital_monthly", status)
	if status == billing.Active {
		inv := b.stripe.bill(sub, billing.InvoicePaid)
		sub.Latest, sub.LatestStatus = inv.ID, inv.Status
		b.stripe.subs[sub.ID] = sub
	}
	b.stripe.happened("customer.subscription.created", "subscription", sub.ID, customer)
	return sub.ID
}

func TestASecondSubscriptionIsEndedAndRefunded(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.paper.add(time.Hour)
		other := second(b, b.stripe.subs[first].Customer, billing.Active)
		b.sync(t)
		b.effects.left(t, "second:"+other)
		odd, err := b.db.Oddities(ctx)
		if err != nil || len(odd) != 1 || odd[0].Object.ID != other || odd[0].Why != billing.SecondLive {
			t.Errorf("set aside: %+v %v", odd, err)
		}
		b.stripe.failing["Refund"] = 1
		if _, ok, err := b.EndSecond(ctx, b.reader, other); err == nil || ok {
			t.Errorf("Stripe did not answer, and: %t %v", ok, err)
		}
		var back string
		for range 3 { // a job may run again
			end, ok, err := b.EndSecond(ctx, b.reader, other)
			if err != nil || !ok || end.Refund.Amount != 700 || len(end.Refunds) != 1 {
				t.Fatalf("%+v %t %v", end, ok, err)
			}
			back = end.Refunds[0]
		}
		if sum := b.stripe.givenBack(b.stripe.subs[other].Latest); sum != 700 {
			t.Errorf("%d went back", sum)
		}
		if b.stripe.subs[first].Status != billing.Active || b.stripe.subs[other].Status != billing.Canceled {
			t.Errorf("first %s, second %s", b.stripe.subs[first].Status, b.stripe.subs[other].Status)
		}
		b.has(t, billing.Unlimited)
		if odd, _ := b.db.Oddities(ctx); len(odd) != 0 {
			t.Errorf("still set aside: %+v", odd)
		}
		b.sync(t)
		b.effects.left(t, "credited:"+back) // and the reader hears of it
	})
}

// What opens stories stays, though something older waits for its payment.
func TestThePaidSubscriptionStays(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		paid := b.stripe.pay(b.buy(t, "digital_monthly"))
		old := second(b, b.stripe.subs[paid].Customer, billing.Unpaid)
		if err := b.stripe.change(old, "customer.subscription.updated", func(s *billing.Subscription) { s.Started = noon.AddDate(-1, 0, 0) }); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		b.effects.left(t, "second:"+old)
		if _, ok, err := b.EndSecond(ctx, b.reader, paid); ok || err != nil {
			t.Errorf("the paid one is the second: %t %v", ok, err)
		}
		if end, ok, err := b.EndSecond(ctx, b.reader, old); err != nil || !ok || end.Refund.Amount != 0 {
			t.Errorf("%+v %t %v", end, ok, err)
		}
		b.has(t, billing.Unlimited)
	})
}

// What somebody ended meanwhile is not refunded by us.
func TestASecondThatIsGoneIsLeftAlone(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		first := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.paper.add(time.Hour)
		other := second(b, b.stripe.subs[first].Customer, billing.Active)
		b.sync(t)
		if err := b.stripe.CancelNow(t.Context(), other, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.EndSecond(t.Context(), b.reader, other); ok || err != nil {
			t.Errorf("%t %v", ok, err)
		}
		if back := b.stripe.givenBack(b.stripe.subs[other].Latest); back != 0 {
			t.Errorf("%d went back", back)
		}
	})
}
