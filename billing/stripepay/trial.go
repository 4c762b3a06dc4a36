package stripepay

import (
	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// offerTrial gives a session free days. With a card on file the first payment
// is tried when they are over; without one the subscription ends.
func offerTrial(params *stripe.CheckoutSessionParams, t billing.Trial) {
	if t.Days == 0 {
		return
	}
	params.SubscriptionData.TrialPeriodDays = stripe.Int64(int64(t.Days))
	if !t.NoCard {
		params.PaymentMethodCollection = stripe.String(string(stripe.CheckoutSessionPaymentMethodCollectionAlways))
		return
	}
	params.PaymentMethodCollection = stripe.String(string(stripe.CheckoutSessionPaymentMethodCollectionIfRequired))
	params.SubscriptionData.TrialSettings = &stripe.CheckoutSessionSubscriptionDataTrialSettingsParams{
		EndBehavior: &stripe.CheckoutSessionSubscriptionDataTrialSettingsEndBehaviorParams{
			MissingPaymentMethod: stripe.String(billing.TrialThenCancel),
		},
	}
}

// trialThen is what a trial without a card ends in; "" for what never had one.
func trialThen(sub *stripe.Subscription) string {
	if sub.TrialEnd == 0 || sub.TrialSettings == nil || sub.TrialSettings.EndBehavior == nil {
		return ""
	}
	return string(sub.TrialSettings.EndBehavior.MissingPaymentMethod)
}
