package drill

import "fmt"

// checkRefunds: what went back was asked for, and went back once. A refund says
// by its metadata whether support ordered it or an end caused it.
func checkRefunds(e *evidence) (wrong []string) {
	ordered, caused := map[string]int{}, map[string]int{}
	for _, r := range e.books.refunds {
		order, ending := r.Metadata["refund_order"], r.Metadata["ending"]
		switch {
		case order != "":
			ordered[e.books.charges[r.Charge].Invoice]++
			if caused[order]++; caused[order] > 1 {
				wrong = append(wrong, fmt.Sprintf("the order %s gave back %d times", order, caused[order]))
			}
		case ending != "":
			if caused[ending+r.Charge]++; caused[ending+r.Charge] > 1 {
				wrong = append(wrong, fmt.Sprintf("the end of %s gave back of the charge %s %d times", ending, r.Charge, caused[ending+r.Charge]))
			}
		default:
			wrong = append(wrong, fmt.Sprintf("nobody asked for the refund %s of %d", r.ID, r.Amount))
		}
	}
	for invoice, n := range ordered {
		if n > e.orders[invoice] {
			wrong = append(wrong, fmt.Sprintf("of invoice %s support asked to give back %d times, and %d refunds were made", invoice, e.orders[invoice], n))
		}
	}
	return wrong
}
