package e2e

import (
	"regexp"
	"testing"
	"time"
)

// With every webhook held back a month goes by unheard; the reconciler brings
// it home and says so, and a second time it has nothing to say. The demo's own
// subscribers are in the same boat.
func TestReconcileNow(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	p.Mute(t)
	b := p.Browser(t)
	b.SignIn(newEmail())
	b.Subscribe(digitalMonthly, "")
	p.Advance(t, month+3*time.Hour)
	if n := invoices(b); n != 1 {
		t.Fatalf("%d invoices before anybody heard of the renewal", n)
	}
	first := p.Do(t, "billing", "reconcile")
	if !regexp.MustCompile(`(?m)^sub_\w+ was not as Stripe says; it is now$`).MatchString(first) ||
		!regexp.MustCompile(`drift: [1-9]`).MatchString(first) {
		t.Errorf("the first run says:\n%s", first)
	}
	if n := invoices(b); n != 2 {
		t.Errorf("%d invoices after it", n)
	}
	if second := p.Do(t, "billing", "reconcile"); !regexp.MustCompile(`had come for: 0; .* drift: 0\n$`).MatchString(second) {
		t.Errorf("the second run says:\n%s", second)
	}
}
