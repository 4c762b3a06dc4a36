package standin_test

import (
	"net/http"
	"testing"
	"time"
)

// In strides, all that falls due within one is done at its end, and nothing is
// left out; the periods themselves are as exact as ever.
func TestAdvanceInStrides(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price := b.price(1200, "month").ID
	one, two := b.subscribed(price, "4242424242424242"), b.subscribed(price, "4242424242424242")
	b.heard()
	end := time.Unix(max(one.CurrentPeriodEnd, two.CurrentPeriodEnd), 0)
	if err := b.srv.AdvanceBy(t.Context(), end.Add(3*time.Hour), time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, was := range []int64{one.CurrentPeriodEnd, two.CurrentPeriodEnd} {
		id := map[int64]string{one.CurrentPeriodEnd: one.ID, two.CurrentPeriodEnd: two.ID}[was]
		sub := b.getSub(id)
		if sub.LatestInvoice.Status != "paid" || sub.CurrentPeriodStart != was {
			t.Errorf("%s: invoice %s, period from %d, want %d", id, sub.LatestInvoice.Status, sub.CurrentPeriodStart, was)
		}
		if at := time.Unix(sub.LatestInvoice.Created, 0); at.Unix() != at.Truncate(time.Hour).Unix() {
			t.Errorf("the invoice was drawn up at %s, not at a stride's end", at)
		}
	}
	if got := b.post("/_clock/advance", "by", "1h", "stride", "soon"); got.status != http.StatusBadRequest {
		t.Errorf("a stride that is no duration: %d", got.status)
	}
}
