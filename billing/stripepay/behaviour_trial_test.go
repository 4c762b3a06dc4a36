package stripepay_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

func TestBehaviour26TrialSurvivesASwap(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.trial("digital_monthly", b.paper.Now().Add(14*day), "pm_card_visa")
		b.advance(4 * day)
		after := b.edit(&stripe.SubscriptionParams{Items: b.swap("print_monthly")})
		if after.Plan != "print" || after.Status != billing.Trialing || !after.TrialEnd.Equal(before.TrialEnd) {
			t.Errorf("after the swap: %+v", after)
		}
		b.has(billing.Print, billing.Unlimited)
		if b.stands().State != billing.StandsTrial || b.takings() != 0 {
			t.Errorf("it stands %s, %d was taken", b.stands().State, b.takings())
		}
		b.must(b.standin.Advance(t.Context(), before.TrialEnd.Add(2*time.Hour)))
		if got := b.sub(); got.Status != billing.Active || b.takings() != 1400 {
			t.Errorf("after the trial: %+v, %d was taken", got, b.takings())
		}
		b.noDrift()
	})
}

func TestBehaviour27TrialExtended(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.trial("digital_monthly", b.paper.Now().Add(7*day), "pm_card_visa")
		b.advance(5 * day)
		longer := before.TrialEnd.Add(10 * day)
		if got := b.edit(&stripe.SubscriptionParams{TrialEnd: stripe.Int64(longer.Unix())}); !got.TrialEnd.Equal(longer) || got.Status != billing.Trialing {
			t.Errorf("extended: %+v", got)
		}
		b.must(b.standin.Advance(t.Context(), before.TrialEnd.Add(day)))
		if b.stands().State != billing.StandsTrial || b.takings() != 0 {
			t.Errorf("past the old end it stands %s, %d was taken", b.stands().State, b.takings())
		}
		b.has(billing.Unlimited)
		b.must(b.standin.Advance(t.Context(), longer.Add(2*time.Hour)))
		if b.stands().State != billing.StandsActive || b.takings() != 700 {
			t.Errorf("past the new end it stands %s, %d was taken", b.stands().State, b.takings())
		}
		b.noDrift()
	})
}

func TestBehaviour28TrialEndedEarly(t *testing.T) {
	t.Run("with a card it is charged", func(t *testing.T) {
		engines(t, func(t *testing.T, b *bench) {
			b.trial("digital_monthly", b.paper.Now().Add(14*day), "pm_card_visa")
			b.advance(3 * day)
			got := b.edit(&stripe.SubscriptionParams{TrialEndNow: stripe.Bool(true)})
			if got.Status != billing.Active || got.PeriodEnd.Before(b.paper.Now().Add(27*day)) || b.takings() != 700 {
				t.Errorf("ended early: %+v, %d was taken", got, b.takings())
			}
			b.has(billing.Unlimited)
			b.noDrift()
		})
	})
	t.Run("without one it does what was agreed", func(t *testing.T) {
		engines(t, func(t *testing.T, b *bench) {
			b.trial("digital_monthly", b.paper.Now().Add(14*day), "", func(p *stripe.SubscriptionParams) {
				p.TrialSettings = &stripe.SubscriptionTrialSettingsParams{
					EndBehavior: &stripe.SubscriptionTrialSettingsEndBehaviorParams{MissingPaymentMethod: stripe.String("pause")}}
			})
			b.has(billing.Unlimited)
			got := b.edit(&stripe.SubscriptionParams{TrialEndNow: stripe.Bool(true)})
			if got.Status != billing.Paused || b.stands().State != billing.StandsPaused {
				t.Errorf("ended early: %+v", got)
			}
			b.has()
			b.noDrift()
		})
	})
}

func TestBehaviour29CancelInTrial(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.trial("digital_monthly", b.paper.Now().Add(14*day), "pm_card_visa")
		b.advance(2 * day)
		b.must(b.Cancel(t.Context(), b.reader, billing.Parting{}))
		if got := b.stands(); got.State != billing.StandsEnding || !got.EndsAt.Equal(before.TrialEnd) {
			t.Errorf("cancelled in its trial it stands %+v", got)
		}
		b.must(b.standin.Advance(t.Context(), before.TrialEnd.Add(-time.Minute)))
		b.has(billing.Unlimited)
		b.must(b.standin.Advance(t.Context(), before.TrialEnd.Add(3*time.Hour)))
		b.has()
		if got := b.sub(); got.Status != billing.Canceled || b.takings() != 0 {
			t.Errorf("after the trial: %+v, %d was taken", got, b.takings())
		}
		if b.told("receipt") != 0 {
			t.Errorf("effects %v", b.kinds())
		}
		b.noDrift()
	})
}
