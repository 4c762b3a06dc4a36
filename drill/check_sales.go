package drill

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// checkSales: the paper's own checkout sold nobody a plan while another that it
// sold them was running. What the paper mends afterwards, by ending one and
// giving the money back, was wrong all the same.
func checkSales(e *evidence) (wrong []string) {
	paid := map[string]bool{}
	for _, inv := range e.books.invoices {
		if inv.Status == "paid" {
			paid[inv.Subscription] = true
		}
	}
	sold := map[string][]bookSub{}
	for _, s := range e.books.subs {
		if reader := e.books.reader(s.Customer); reader != "" && s.Metadata["checkout_id"] != "" && paid[s.ID] {
			sold[reader] = append(sold[reader], s)
		}
	}
	for reader, subs := range sold {
		slices.SortStableFunc(subs, func(a, b bookSub) int { return cmp.Compare(a.Created, b.Created) })
		for i := 1; i < len(subs); i++ {
			if ended := subs[i-1].ended(); subs[i].Created < ended {
				wrong = append(wrong, fmt.Sprintf("%s was sold %s while %s ran", e.rows.readers[reader], subs[i].ID, subs[i-1].ID))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

// ended is when a subscription ended; never is far away.
func (b bookSub) ended() int64 {
	if b.EndedAt == nil {
		return math.MaxInt64
	}
	return *b.EndedAt
}
