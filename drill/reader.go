package drill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"time"

	"broadsheet/internal/mail"
)

// reader is one of those who live. Only one turn of theirs runs at a time.
type reader struct {
	n      int
	email  string
	dice   *rand.Rand
	web    *browser
	lookup string    // the price that they would take
	next   time.Time // paper time of their next turn
	bought bool      // they have begun a purchase, and so have an account
	mended int       // place in the post before which links for a card are used up
	asked  int       // likewise for letters that want a confirmation
	paused bool      // as far as they remember
}

// What readers take, the likeliest more often. In a drill of a year or less most
// pay by the month, so that much is renewed; over years four in five pay by the
// year, and renew for their part.
var (
	monthly = []string{"digital_monthly", "digital_monthly", "digital_monthly", "print_monthly", "print_monthly"}
	yearly  = []string{"digital_yearly", "digital_yearly", "digital_yearly", "print_yearly"}
)

// prices are what is taken in a drill that long.
func (o Options) prices() []string {
	if o.Life > 366*day {
		return slices.Concat(monthly, slices.Repeat(yearly, 5))
	}
	return slices.Concat(monthly, yearly)
}

// pause is about how long a reader does nothing between two turns. In a short
// drill they are busier, or it would prove little.
func (o Options) pause() time.Duration {
	if o.Life <= 120*day {
		return 15 * day
	}
	return max(80*day, o.Life/6)
}

// newReaders come within the first tenth of the time.
func newReaders(o Options, paper string, from time.Time) []*reader {
	out, prices := make([]*reader, o.Readers), o.prices()
	for i := range out {
		dice := rand.New(rand.NewPCG(o.Seed, uint64(i)+1))
		out[i] = &reader{
			n: i, email: fmt.Sprintf("reader-%04d@example.org", i), dice: dice, web: newBrowser(paper),
			lookup: prices[dice.IntN(len(prices))], next: from.Add(time.Duration(dice.Int64N(int64(o.Life / 10)))),
		}
	}
	return out
}

// wait sets the next turn, about that much later.
func (r *reader) wait(now time.Time, about time.Duration) {
	r.next = now.Add(about/4 + time.Duration(r.dice.ExpFloat64()*float64(about)*3/4))
}

// chance is true in so many of a hundred cases.
func (r *reader) chance(percent int) bool { return r.dice.IntN(100) < percent }

// visit is a reader's turn: the page of their account, and all that can be
// reached from it.
type visit struct {
	*reader
	on      *stage
	account *page
}

// action is one thing that a reader may do on a visit.
type action struct {
	name   string
	weight int // how likely it is among all that are offered
	// offered says whether the account, or the post, offers it now.
	offered func(v *visit) bool
	do      func(ctx context.Context, v *visit) error
}

// actions is all that readers do. A file beside this one holds each.
var actions = []action{buying, tabs, leaving, staying, newCard, mending, confirming, reading, signingIn, portalLeaving, secondPlan,
	changing, unchanging, pausing, returning, refunding, giving, redeeming}

// errIdle says that there was nothing to do after all.
var errIdle = errors.New("nothing to do")

// turn lets a reader do something, and says what it was.
func (s *stage) turn(ctx context.Context, r *reader) (name string, err error) {
	v := &visit{reader: r, on: s}
	if !r.bought {
		return buying.name, buying.do(ctx, v)
	}
	if v.account, err = r.web.get(ctx, "/account"); err != nil {
		return "account", err
	}
	if !v.account.at("/account") {
		return signingIn.name, signingIn.do(ctx, v) // their session ended
	}
	total := 0
	var can []action
	for _, a := range actions {
		if !a.offered(v) {
			continue
		}
		if !s.did(a.name) {
			a.weight *= 5 // what nobody has done yet comes first, so that a short drill holds much
		}
		can, total = append(can, a), total+a.weight
	}
	pick := r.dice.IntN(total)
	for _, a := range can {
		if pick -= a.weight; pick < 0 {
			return a.name, a.do(ctx, v)
		}
	}
	return "", errors.New("no action was picked")
}

// letter finds the newest mail to the reader, after a place, that holds a link.
func (v *visit) letter(after int, link *regexp.Regexp) (found string, place int, ok bool) {
	m, place, ok := v.on.post.newest(v.email, after, func(m mail.Boxed) bool { return link.MatchString(m.Text) })
	if !ok {
		return "", 0, false
	}
	return link.FindString(m.Text), place, true
}
