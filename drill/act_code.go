package drill

import "context"

// codes are what takes something off: a share for a while, a sum for ever, and
// everything once.
var codes = []struct {
	name string
	off  []string
}{
	{"HALF", []string{"--percent", "50", "--duration", "repeating", "--months", "3"}},
	{"TWOOFF", []string{"--amount", "200", "--duration", "forever"}},
	{"FIRSTFREE", []string{"--percent", "100", "--duration", "once"}},
}

// makeCodes has the paper make them at Stripe.
func (s *stage) makeCodes(ctx context.Context) error {
	for _, c := range codes {
		if _, err := s.paper.command(ctx, append([]string{"plans", "code", c.name}, c.off...)...); err != nil {
			return err
		}
	}
	return nil
}

// plans is the page of the plans as this reader came to it: every fifth by a
// link with a code.
func (v *visit) plans() string {
	if v.chance(20) {
		return "/subscribe?code=" + codes[v.dice.IntN(len(codes))].name
	}
	return "/subscribe"
}
