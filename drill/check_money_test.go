package drill

import (
	"strings"
	"testing"
)

// said is what a check finds, in one line.
func said(check func(*evidence) []string, b *books, orders map[string]int) string {
	e := &evidence{books: b, orders: orders, rows: &rows{readers: map[string]string{"r1": "one@example.org"}}}
	return strings.Join(check(e), "; ")
}

func judged(t *testing.T, name, found, want string) {
	t.Helper()
	if (found == "") != (want == "") || !strings.Contains(found, want) {
		t.Errorf("%s: said %q, not %q", name, found, want)
	}
}

func TestCheckRefunds(t *testing.T) {
	t.Parallel()
	order := func(id string) map[string]string { return map[string]string{"refund_order": id} }
	ending := map[string]string{"ending": "sub_2"}
	once := map[string]int{"in_1": 1}
	for _, c := range []struct {
		name    string
		refunds []bookRefund
		orders  map[string]int
		says    string
	}{
		{"asked for", []bookRefund{{Charge: "ch_1", Metadata: order("ro_1")}}, once, ""},
		{"not asked for", []bookRefund{{ID: "re_1", Charge: "ch_1", Amount: 5}}, once, "nobody asked for the refund re_1 of 5"},
		{"one order twice", []bookRefund{{Charge: "ch_1", Metadata: order("ro_1")}, {Charge: "ch_1", Metadata: order("ro_1")}}, map[string]int{"in_1": 2}, "the order ro_1 gave back 2 times"},
		{"one asking, two orders", []bookRefund{{Charge: "ch_1", Metadata: order("ro_1")}, {Charge: "ch_1", Metadata: order("ro_2")}}, once, "support asked to give back 1 times, and 2 refunds were made"},
		{"an end", []bookRefund{{Charge: "ch_1", Metadata: ending}, {Charge: "ch_2", Metadata: ending}}, nil, ""},
		{"an end twice", []bookRefund{{Charge: "ch_1", Metadata: ending}, {Charge: "ch_1", Metadata: ending}}, nil, "the end of sub_2 gave back of the charge ch_1 2 times"},
	} {
		b := &books{refunds: c.refunds, charges: map[string]bookCharge{"ch_1": {ID: "ch_1", Invoice: "in_1"}}}
		judged(t, c.name, said(checkRefunds, b, c.orders), c.says)
	}
}

func TestCheckSales(t *testing.T) {
	t.Parallel()
	ended := int64(20)
	sold := map[string]string{"checkout_id": "co_1"}
	first := bookSub{ID: "sub_1", Customer: "cus_1", Created: 10, Metadata: sold}
	over := first
	over.EndedAt = &ended
	second := func(at int64, meta map[string]string) bookSub {
		return bookSub{ID: "sub_2", Customer: "cus_1", Created: at, Metadata: meta}
	}
	for _, c := range []struct {
		name     string
		subs     []bookSub
		invoices []bookInvoice
		says     string
	}{
		{"one after the other", []bookSub{over, second(20, sold)}, []bookInvoice{{Subscription: "sub_1", Status: "paid"}, {Subscription: "sub_2", Status: "paid"}}, ""},
		{"two at once", []bookSub{second(15, sold), over}, []bookInvoice{{Subscription: "sub_1", Status: "paid"}, {Subscription: "sub_2", Status: "paid"}}, "one@example.org was sold sub_2 while sub_1 ran"},
		{"the first still runs", []bookSub{first, second(900, sold)}, []bookInvoice{{Subscription: "sub_1", Status: "paid"}, {Subscription: "sub_2", Status: "paid"}}, "was sold sub_2 while sub_1 ran"},
		{"never paid", []bookSub{first, second(15, sold)}, []bookInvoice{{Subscription: "sub_1", Status: "paid"}, {Subscription: "sub_2", Status: "open"}}, ""},
		{"made at Stripe", []bookSub{first, second(15, nil)}, []bookInvoice{{Subscription: "sub_1", Status: "paid"}, {Subscription: "sub_2", Status: "paid"}}, ""},
	} {
		b := &books{subs: c.subs, invoices: c.invoices, customers: map[string]bookCustomer{"cus_1": {ID: "cus_1", Metadata: map[string]string{"reader_id": "r1"}}}}
		judged(t, c.name, said(checkSales, b, nil), c.says)
	}
}
