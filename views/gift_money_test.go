package views

import (
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

// What became of a gift's money is said as it is, to its buyer in two places and
// to the desk.
func TestGiftsSayWhatBecameOfTheMoney(t *testing.T) {
	t.Parallel()
	dispute := func(status string) billing.GiftDispute { return billing.GiftDispute{ID: "dp_1", Status: status} }
	for name, tt := range map[string]struct {
		gift                billing.Gift
		page, account, desk string
	}{
		"taken back, and the bank has it": {billing.Gift{State: billing.GiftReturning, Dispute: dispute("needs_response")}, "nothing can be refunded beside", "the bank has the payment", "Returning, disputed"},
		"taken back":                      {billing.Gift{State: billing.GiftReturning}, "is being made", "Taken back on", "Returning"},
		"held by the bank":                {billing.Gift{State: billing.GiftVoid, Dispute: dispute("under_review")}, "it works again", "On hold", "Void, disputed"},
		"lost":                            {billing.Gift{State: billing.GiftVoid, Dispute: dispute("lost")}, "decided to keep it", "the bank keeps", "Void, dispute lost"},
		"refunded by the desk":            {billing.Gift{State: billing.GiftVoid}, "was refunded", "was refunded", "Void"},
		"won":                             {billing.Gift{State: billing.GiftPaid, Dispute: dispute("won")}, "Not redeemed yet", "Not redeemed yet", "Paid, dispute won"},
		"asked about":                     {billing.Gift{State: billing.GiftPaid, Dispute: dispute("warning_needs_response")}, "Not redeemed yet", "Not redeemed yet", "Paid"},
		"its refund failed":               {billing.Gift{State: billing.GiftPaid, Failure: "unknown"}, "did not arrive", "did not arrive", "Paid, refund failed"},
	} {
		tt.gift.Money, tt.gift.Closed = billing.Money{Amount: 3900, Currency: "eur"}, time.Unix(0, 0)
		for where, got := range map[string][2]string{
			"page": {GiftPage{Gift: tt.gift}.state(), tt.page}, "account": {GivenState(tt.gift, time.UTC), tt.account},
		} {
			if !strings.Contains(got[0], got[1]) {
				t.Errorf("%s, %s: %s", name, where, got[0])
			}
		}
		if got := giftPill(tt.gift); got != tt.desk {
			t.Errorf("%s: the desk reads %q", name, got)
		}
	}
}
