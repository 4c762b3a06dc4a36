package billing

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Under is what a publication's file makes of what is sold now: the file's word
// holds for everything but what the desk has set itself, by its claims. kept
// says, a sentence each, where that makes a difference.
func (c Catalogue) Under(now Catalogue, claims map[string]time.Time) (out Catalogue, kept []string) {
	m := merger{file: c, now: now, claims: claims}
	out = Catalogue{Benefits: c.Benefits, ShipsTo: c.ShipsTo, Disputes: c.Disputes}
	for _, plan := range c.Plans {
		if p, sold := m.plan(plan); sold {
			out.Plans = append(out.Plans, p)
		}
	}
	for _, plan := range now.Plans {
		if _, named := findPlan(c.Plans, plan.Key); !named && m.claimed(ThingPlan+plan.Key) {
			m.say("The plan %s stays on sale: the desk set it%s, and the file does not name it.", plan.Key, m.since(ThingPlan+plan.Key))
			out.Plans = append(out.Plans, plan)
		}
	}
	if m.claimed(ThingBenefits) {
		if fmt.Sprint(c.Benefits) != fmt.Sprint(now.Benefits) {
			m.say("The words for the benefits stay: the desk set them%s.", m.since(ThingBenefits))
		}
		out.Benefits = now.Benefits
	}
	if m.claimed(ThingOrder) {
		before := slices.Clone(out.Plans)
		place := func(p Plan) int {
			i := slices.IndexFunc(now.Plans, func(q Plan) bool { return q.Key == p.Key })
			return cmp.Or(i+1, len(now.Plans)+1)
		}
		slices.SortStableFunc(out.Plans, func(a, b Plan) int { return place(a) - place(b) })
		if !sameOrder(Catalogue{Plans: before}, out) {
			m.say("The order of the plans stays: the desk set it%s.", m.since(ThingOrder))
		}
	}
	return out, m.kept
}

type merger struct {
	file, now Catalogue
	claims    map[string]time.Time
	kept      []string
}

func (m *merger) claimed(thing string) bool { _, ok := m.claims[thing]; return ok }

func (m *merger) since(thing string) string { return m.claims[thing].Format(" on 2 January 2006") }

func (m *merger) say(format string, args ...any) {
	m.kept = append(m.kept, fmt.Sprintf(format, args...))
}

// plan is a plan of the file as it will be sold; false if it will not be.
func (m *merger) plan(p Plan) (Plan, bool) {
	was, sold := findPlan(m.now.Plans, p.Key)
	if thing := ThingPlan + p.Key; m.claimed(thing) {
		switch {
		case !sold:
			m.say("The plan %s stays off sale: the desk retired it%s.", p.Key, m.since(thing))
			return p, false
		case was.words() != p.words():
			m.say("The plan %s keeps its name, words and benefits: the desk set them%s.", p.Key, m.since(thing))
		}
		p.Name, p.Summary, p.Benefits = was.Name, was.Summary, was.Benefits
	}
	p.Prices = m.prices(p, was)
	if thing := ThingGifts + p.Key; m.claimed(thing) {
		if fmt.Sprint(was.Gifts) != fmt.Sprint(p.Gifts) {
			m.say("The gifts of %s keep their prices: the desk set them%s.", p.Key, m.since(thing))
		}
		p.Gifts = was.Gifts
	}
	if len(p.Prices) == 0 {
		m.say("The plan %s is not sold: the desk retired every price that the file gives it.", p.Key)
	}
	return p, len(p.Prices) > 0
}

// prices are those of a plan that the file and the desk leave it together.
func (m *merger) prices(p, was Plan) []Price {
	var out []Price
	for _, price := range p.Prices {
		thing := ThingPrice + price.LookupKey
		_, before, sold := findPrice(m.now.Plans, price.LookupKey)
		switch {
		case !m.claimed(thing):
			out = append(out, price)
		case !sold:
			m.say("The price %s stays off sale: the desk retired it%s.", price.LookupKey, m.since(thing))
		case before != price:
			m.say("The price %s stays %s: the desk set it%s; the file says %s.", price.LookupKey, before.Words(), m.since(thing), price.Words())
			fallthrough
		default:
			out = append(out, before)
		}
	}
	for _, price := range was.Prices {
		named := slices.ContainsFunc(p.Prices, func(q Price) bool { return q.LookupKey == price.LookupKey })
		if thing := ThingPrice + price.LookupKey; !named && m.claimed(thing) {
			m.say("The price %s stays on sale: the desk set it%s, and the file does not name it.", price.LookupKey, m.since(thing))
			out = append(out, price)
		}
	}
	slices.SortStableFunc(out, byInterval)
	return out
}
