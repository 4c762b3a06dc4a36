package drill

import "fmt"

// checkGifts: what opens stories as a gift was paid, by a charge of its own that
// was not given back.
func checkGifts(e *evidence) (wrong []string) {
	of := map[string]string{}
	for _, g := range e.rows.gifts {
		c, ok := e.books.charges[g.charge]
		switch {
		case !ok || !c.Paid || c.Amount != g.amount || c.Currency != g.currency:
			wrong = append(wrong, fmt.Sprintf("the gift %s of %d %s was redeemed, and the books hold no charge %q over that", g.id, g.amount, g.currency, g.charge))
		case c.AmountRefunded == c.Amount:
			wrong = append(wrong, fmt.Sprintf("the gift %s was redeemed, and its charge %s was given back", g.id, g.charge))
		case of[g.charge] != "":
			wrong = append(wrong, fmt.Sprintf("the charge %s paid for two gifts, %s and %s", g.charge, of[g.charge], g.id))
		}
		of[g.charge] = g.id
	}
	return wrong
}
