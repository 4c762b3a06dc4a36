package stripepay_test

import (
	"testing"
	"time"

	"broadsheet/billing"
)

// The refund of a gift fails a day later, and the webhook that says so is lost:
// the night finds it, the gift is its buyer's again, and can be given back once
// more.
func TestAGiftsRefundComesBack(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.giftShop("2100")
		address := b.gift()
		b.pay(address, "4000000000005126") // its refunds fail
		b.quiet()
		g, err := b.ReturnGift(ctx, b.giftAt(address).ID)
		b.must(err)
		if g.State != billing.GiftReturned {
			t.Fatal(g.State)
		}
		b.quiet()
		b.faults(muted)
		b.advance(25 * time.Hour)
		b.quiet()
		if g = b.giftAt(address); g.State != billing.GiftReturned {
			t.Fatal("the test is blind:", g.State)
		}
		_, err = b.ReconcileAll(ctx)
		b.must(err)
		if g = b.giftAt(address); g.State != billing.GiftPaid || g.Failure != "expired_or_canceled_card" || b.told("gift.bounced") != 1 {
			t.Fatalf("%s %s, told %v", g.State, g.Failure, b.kinds())
		}
		if sale := mustSale(b, address); sale.Refunded != 0 || len(sale.Failed) != 1 {
			t.Errorf("%+v", sale)
		}
		if g, err = b.ReturnGift(ctx, g.ID); err != nil || g.State != billing.GiftReturned || mustSale(b, address).Refunded != 2100 {
			t.Errorf("once more: %s %v", g.State, err)
		}
	})
}

// A gift is taken back while a bank has its payment, of which no webhook told:
// Stripe is asked, and nothing is called refunded that was not.
func TestAGiftIsTakenBackAndDisputed(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		b.giftShop("2100")
		b.faults(muted)
		address := b.gift()
		b.pay(address, "4000000000000259") // disputed
		if _, err := b.FinishGift(t.Context(), sessionOf(address)); err != nil {
			t.Fatal(err)
		}
		b.advance(24 * time.Hour)
		g, err := b.ReturnGift(t.Context(), b.giftAt(address).ID)
		if err != nil || g.State != billing.GiftReturning || !g.Dispute.Took() || g.Dispute.Due.IsZero() || g.Refund != "" {
			t.Errorf("%s %+v %q %v", g.State, g.Dispute, g.Refund, err)
		}
	})
}
