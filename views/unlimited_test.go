package views

import "testing"

// Each reader reads why nothing is counted for them, and who has a plan that
// rests is not asked to subscribe.
func TestWhyNothingIsCounted(t *testing.T) {
	t.Parallel()
	for why, want := range map[Unlimited]string{UnlimitedPlan: "while you subscribe", UnlimitedGiven: "while your gift runs", UnlimitedDesk: "for the desk"} {
		holds(t, draw(t, Account(AccountPage{Free: MeterPanel{Unlimited: why, Allowance: 5}})), "#meter", "Not counted "+want)
		holds(t, draw(t, Meter(MeterPage{Unlimited: why, Allowance: 5})), "main", "Nothing is counted "+want)
	}
	var f Frame
	f.SignedIn = true
	many(t, draw(t, Account(AccountPage{Frame: f})), ".mast a[href='/subscribe'], .mast-do a[href='/subscribe']", 1)
	f.Resting = true
	many(t, draw(t, Account(AccountPage{Frame: f})), ".mast a[href='/subscribe'], .mast-do a[href='/subscribe']", 0)
}

// A line breaks between a code's groups and in none, and the code can be copied
// as it is.
func TestACodesGroups(t *testing.T) {
	t.Parallel()
	if got, want := groups("3467-9ACD-E<GH"), "<span>3467-</span><wbr><span>9ACD-</span><wbr><span>E&lt;GH</span>"; got != want {
		t.Error(got)
	}
}
