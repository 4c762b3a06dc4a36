package views

import (
	"strings"
	"testing"

	"broadsheet/billing"
)

// What is said after a change and after a gift is what becomes of the money.
func TestWhatIsSaidAfterMoneyMoved(t *testing.T) {
	t.Parallel()
	yearly := ChangeDonePage{Frame: rich(), From: "Digital", To: "Digital", Change: billing.PlanChange{State: billing.ChangeDone, Interval: billing.Yearly}}
	holds(t, draw(t, ChangeDone(yearly)), "h1", "You pay for Digital by the year now")
	yearly.To = "Print + Digital"
	holds(t, draw(t, ChangeDone(yearly)), "h1", "You have Print + Digital now")

	given := RedeemedPage{Frame: rich(), Plan: catalogue().Plans[1], Begins: noon, Ends: noon.AddDate(0, 3, 0)}
	holds(t, draw(t, Redeemed(given)), "main", "nothing is charged when it ends")
	given.Next = given.Ends
	doc := draw(t, Redeemed(given))
	holds(t, doc, "main", "Your own plan goes on after it: its next payment is on")
	if strings.Contains(doc.Find("main").Text(), "nothing is charged when it ends") {
		t.Error("it promises somebody who pays that nothing is charged")
	}
}
