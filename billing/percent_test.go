package billing_test

import (
	"testing"

	"broadsheet/billing"
)

func TestPercentagesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"50": 5000, "12.5": 1250, "33.33": 3333, "100": 10000, "0.05": 5} {
		if got, err := billing.ParsePercent(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "0", "100.01", "5.", "half", "1.234", "1,5", "+5", "99999999999"} {
		if got, err := billing.ParsePercent(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}
