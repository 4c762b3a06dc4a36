package numbers

import "time"

// What is a kind of money that came, went, or did not come.
type Taking string

// The kinds. What was taken is First, Renewal, Change and Gift, and what a bank
// gave back; what went is Refunded and Withdrawn.
const (
	First     Taking = "first"     // of a subscription
	Renewal   Taking = "renewal"   //
	Change    Taking = "change"    // of a plan
	Gift      Taking = "gift"      //
	Refunded  Taking = "refunded"  //
	Withdrawn Taking = "withdrawn" // by a bank, in a dispute
	Won       Taking = "won"       // a dispute, so that the bank gave it back
	Failed    Taking = "failed"    // the first attempt at a renewal
	Recovered Taking = "recovered" // a renewal that had failed; it is among Renewal too
)

// Taken is money of one kind on a day.
type Taken struct {
	Day      int64
	Kind     Taking
	Currency string
	N        int64
	Amount   int64 // minor units, positive
}

// Into says whether a kind adds to the takings, takes away from them, or neither.
func (k Taking) Into() int64 {
	switch k {
	case First, Renewal, Change, Gift, Won:
		return 1
	case Refunded, Withdrawn:
		return -1
	}
	return 0
}

// Sum is one payment, or one thing that happened to a payment.
type Sum struct {
	At       time.Time
	Kind     Taking
	Currency string
	Amount   int64
}

// Add sorts sums into days.
func Add(sums []Sum, zone *time.Location) []Taken {
	var out []Taken
	at := map[Taken]int{}
	for _, s := range sums {
		key := Taken{Day: DayOf(s.At.In(zone)), Kind: s.Kind, Currency: s.Currency}
		i, have := at[key]
		if !have {
			i = len(out)
			at[key], out = i, append(out, key)
		}
		out[i].N++
		out[i].Amount += s.Amount
	}
	return out
}
