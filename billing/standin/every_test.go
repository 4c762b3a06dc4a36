package standin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// What no other test has reason to change is changed here, so that the walk and
// the oracle see each type of event. The oracle says which are missing.
func TestEveryChangeIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var err error
	said := func(what string, typ ...string) {
		t.Helper()
		b.must(err)
		got := b.heard()
		for _, each := range typ {
			if !slices.Contains(got, each) {
				t.Errorf("%s: heard %v, want %s", what, got, each)
			}
		}
	}
	label := map[string]string{"desk": "circulation"}
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	charge := sub.LatestInvoice.PaymentIntent.LatestCharge.ID
	refund, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: &charge, Amount: stripe.Int64(100)})
	said("refund", "charge.refunded")
	_, err = b.stripe.Refunds.Update(refund.ID, &stripe.RefundParams{Metadata: label})
	said("a refund's label", "charge.refund.updated")
	_, err = b.stripe.Charges.Update(charge, &stripe.ChargeParams{Description: stripe.String("The paper")})
	said("a charge's text", "charge.updated")
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(10), Duration: stripe.String("once")})
	b.must(err)
	_, err = b.stripe.Coupons.Update(coupon.ID, &stripe.CouponParams{Name: stripe.String("Ten")})
	said("a coupon's name", "coupon.updated")
	code, err := b.stripe.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: &coupon.ID})
	b.must(err)
	_, err = b.stripe.PromotionCodes.Update(code.ID, &stripe.PromotionCodeParams{Active: stripe.Bool(false)})
	said("a code put away", "promotion_code.updated")
	_, err = b.stripe.Coupons.Del(coupon.ID, nil)
	said("a coupon taken back", "coupon.deleted")
	product, err := b.stripe.Products.New(&stripe.ProductParams{Name: stripe.String("Mug")})
	b.must(err)
	_, err = b.stripe.Products.Update(product.ID, &stripe.ProductParams{Name: stripe.String("Cup")})
	said("a product's name", "product.updated")
	_, err = b.stripe.Products.Del(product.ID, nil)
	said("a product taken off", "product.deleted")
	note, err := b.stripe.CreditNotes.New(&stripe.CreditNoteParams{Invoice: &sub.LatestInvoice.ID, Amount: stripe.Int64(50), RefundAmount: stripe.Int64(50)})
	b.must(err)
	_, err = b.stripe.CreditNotes.Update(note.ID, &stripe.CreditNoteParams{Memo: stripe.String("Sorry")})
	said("a note's memo", "credit_note.updated")
	setup, err := b.stripe.SetupIntents.New(&stripe.SetupIntentParams{Customer: &sub.Customer.ID})
	b.must(err)
	_, err = b.stripe.SetupIntents.Cancel(setup.ID, nil)
	said("a set-up given up", "setup_intent.canceled")
	conf, err := b.stripe.BillingPortalConfigurations.New(&stripe.BillingPortalConfigurationParams{
		BusinessProfile: &stripe.BillingPortalConfigurationBusinessProfileParams{Headline: stripe.String("The paper")},
		Features:        &stripe.BillingPortalConfigurationFeaturesParams{InvoiceHistory: &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)}},
	})
	b.must(err)
	_, err = b.stripe.BillingPortalConfigurations.Update(conf.ID, &stripe.BillingPortalConfigurationParams{DefaultReturnURL: stripe.String("http://app.test/account")})
	said("a portal's way back", "billing_portal.configuration.updated")
	pm, err := b.stripe.PaymentMethods.Attach("pm_card_mastercard", &stripe.PaymentMethodAttachParams{Customer: &sub.Customer.ID})
	b.must(err)
	_, err = b.stripe.PaymentMethods.Update(pm.ID, &stripe.PaymentMethodParams{Card: &stripe.PaymentMethodCardParams{ExpYear: stripe.Int64(2045)}})
	said("a card that lasts longer", "payment_method.updated")
	_, err = b.stripe.PaymentMethods.Detach(pm.ID, nil)
	said("a card taken off", "payment_method.detached")
}

// A schedule whose last phase ends, and is to end its subscription, is complete.
func TestScheduleCompletes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	schedule, err := b.stripe.SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{FromSubscription: &sub.ID})
	b.must(err)
	_, err = b.stripe.SubscriptionSchedules.Update(schedule.ID, &stripe.SubscriptionScheduleParams{EndBehavior: stripe.String("cancel")})
	b.must(err)
	b.heard()
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	b.in(b.heard(), "subscription_schedule.completed")
	if got := b.getSub(sub.ID).Status; got != "canceled" {
		t.Errorf("the subscription is %s", got)
	}
}
