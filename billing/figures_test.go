package billing_test

import (
	"testing"
	"time"

	"broadsheet/billing"
)

// What is left of a period, in figures of Stripe's own.
func TestUnusedTimeAsStripeReckons(t *testing.T) {
	t.Parallel()
	feb14 := time.Date(2017, 2, 14, 0, 0, 0, 0, time.UTC)
	aug1 := time.Date(2020, 8, 1, 17, 42, 28, 0, time.UTC)
	tests := []struct {
		source       string
		amount, want int64
		from, to, at time.Time
	}{
		{"https://docs.stripe.com/billing/subscriptions/prorations", 1000, 500, noon, noon.AddDate(0, 1, 0), noon.AddDate(0, 0, 15)},
		{"https://docs.stripe.com/billing/subscriptions/prorations", 2000, 1000, noon, noon.AddDate(0, 1, 0), noon.AddDate(0, 0, 15)},
		// An invoice that Stripe's API answered, as its asker published it.
		{"https://gist.github.com/matthewarkin/27bcfdf622eb91d3508ea082d0ad50b8", 1000, 364, feb14, time.Unix(1489449600, 0), time.Unix(1488568488, 0)},
		{"before it began", 1000, 1000, aug1, aug1.AddDate(0, 1, 0), aug1.Add(-time.Hour)},
		{"after it ended", 1000, 0, aug1, aug1.AddDate(0, 1, 0), aug1.AddDate(0, 1, 0)},
		{"what had no period", 1000, 0, time.Time{}, time.Time{}, aug1},
	}
	for _, tt := range tests {
		p := billing.Payment{Subtotal: tt.amount, Total: tt.amount, Lines: []billing.InvoiceLine{
			{Money: billing.Money{Amount: tt.amount, Currency: "usd"}, From: tt.from, To: tt.to}}}
		if got := p.Unused(tt.at); got != tt.want {
			t.Errorf("%s: %d of %d are unused, want %d", tt.source, got, tt.amount, tt.want)
		}
	}
}
