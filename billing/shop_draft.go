package billing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The desk changes what is sold by a draft: what was sold when the form was
// made, and what shall be. What has to be made in Stripe, what the record says
// and what a later import leaves alone all follow from the two.

// Draft is a change of what is sold.
type Draft struct{ Was, Is Catalogue }

// Version names what is sold, so that a form can say what it was made from.
func (c Catalogue) Version() string {
	doc, _ := json.Marshal(c) // texts and numbers only
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:8])
}

// Making is one thing that Stripe has to be given, or given anew. Exactly one of
// Price and Gift is set, or none for the plan's product.
type Making struct {
	Plan  Plan
	Price *Price
	Gift  *GiftPrice
	Was   Money // what the price costs till now; zero for a new one
	New   bool  // a plan that Stripe does not have yet
}

// Key names it, for the one who reads.
func (m Making) Key() string {
	switch {
	case m.Price != nil:
		return m.Price.LookupKey
	case m.Gift != nil:
		return m.Gift.LookupKey
	}
	return m.Plan.Key
}

// Makings is what Stripe needs for the draft, in the order in which it is made.
func (d Draft) Makings() []Making {
	var list []Making
	for _, plan := range d.Is.Plans {
		was, sold := findPlan(d.Was.Plans, plan.Key)
		_, known := d.Was.Plan(plan.Key)
		var of []Making
		for _, p := range plan.Prices {
			_, before, had := findPrice(d.Was.Plans, p.LookupKey)
			if had && before.Plan == p.Plan && before.Money == p.Money && before.Interval == p.Interval {
				continue
			}
			of = append(of, Making{Plan: plan, Price: &p, Was: before.Money})
		}
		for _, g := range plan.Gifts {
			i := slices.IndexFunc(was.Gifts, func(b GiftPrice) bool { return b.LookupKey == g.LookupKey })
			if i >= 0 && was.Gifts[i].Money == g.Money {
				continue
			}
			m := Making{Plan: plan, Gift: &g}
			if i >= 0 {
				m.Was = was.Gifts[i].Money
			}
			of = append(of, m)
		}
		if !sold || was.Name != plan.Name || was.Summary != plan.Summary || len(of) > 0 {
			if !sold || was.Name != plan.Name || was.Summary != plan.Summary {
				list = append(list, Making{Plan: plan, New: !known})
			}
			list = append(list, of...)
		}
	}
	return list
}

// Things names what the draft sets, as a later import must respect it.
func (d Draft) Things() []string {
	var things []string
	add := func(changed bool, thing string) {
		if changed && !slices.Contains(things, thing) {
			things = append(things, thing)
		}
	}
	for _, key := range planKeys(d.Was, d.Is) {
		was, wasSold := findPlan(d.Was.Plans, key)
		is, isSold := findPlan(d.Is.Plans, key)
		add(wasSold != isSold || was.words() != is.words(), ThingPlan+key)
		add(fmt.Sprint(was.Gifts) != fmt.Sprint(is.Gifts), ThingGifts+key)
		for _, p := range slices.Concat(was.Prices, is.Prices) {
			_, a, had := findPrice(d.Was.Plans, p.LookupKey)
			_, b, has := findPrice(d.Is.Plans, p.LookupKey)
			add(had != has || a != b, ThingPrice+p.LookupKey)
		}
	}
	add(fmt.Sprint(d.Was.Benefits) != fmt.Sprint(d.Is.Benefits), ThingBenefits)
	add(!sameOrder(d.Was, d.Is), ThingOrder)
	return things
}

// What can be set, and by what it is named.
const (
	ThingPlan     = "plan:"  // its name, words and benefits, and whether it is sold
	ThingPrice    = "price:" // all of a price
	ThingGifts    = "gifts:" // of a plan
	ThingBenefits = "benefits"
	ThingOrder    = "order" // of the plans
)

// words is what a claim on a plan holds.
func (p Plan) words() string { return fmt.Sprint(p.Name, "\x00", p.Summary, "\x00", p.Benefits) }

// Words is what is sold as the record and a preview say it: one line for each
// thing, by its name.
func (c Catalogue) Words() map[string]string {
	words := map[string]string{}
	for i, plan := range c.Plans {
		names := make([]string, len(plan.Benefits))
		for j, b := range plan.Benefits {
			names[j] = c.Benefit(b).Name
		}
		at := "plan " + plan.Key
		words[at] = "on sale"
		words[at+", name"] = plan.Name
		words[at+", summary"] = plan.Summary
		words[at+", benefits"] = strings.Join(names, ", ")
		words[at+", place"] = fmt.Sprint(i + 1)
		for _, p := range plan.Prices {
			words["price "+p.LookupKey] = p.Words()
		}
		for _, g := range plan.Gifts {
			words["gift "+g.LookupKey] = g.Money.String()
		}
	}
	for _, plan := range c.Retired {
		at := "plan " + plan.Key
		if words[at] == "" {
			words[at] = "no longer sold"
		}
		for _, p := range plan.Prices {
			words["price "+p.LookupKey] = p.Words() + ", no longer sold"
		}
	}
	for i, b := range c.Benefits {
		words["benefit "+string(b.Key)] = fmt.Sprintf("%d. %s: %s", i+1, b.Name, b.Text)
	}
	return words
}

// Words is a price in a line: "7.00 EUR a month, 14 free days with a card".
func (p Price) Words() string {
	s := p.Money.String() + " a " + string(p.Interval)
	switch {
	case p.TrialDays > 0 && p.TrialCard == TrialCardOptional:
		s += fmt.Sprintf(", %d free days without a card", p.TrialDays)
	case p.TrialDays > 0:
		s += fmt.Sprintf(", %d free days with a card", p.TrialDays)
	}
	return s
}

// Changed gives only the words that the draft changes, before and after, by the
// same names; a thing that was not there, or is no longer, is missing.
func (d Draft) Changed() (before, after map[string]string) {
	before, after = d.Was.Words(), d.Is.Words()
	for name, was := range before {
		if is, there := after[name]; there && is == was {
			delete(before, name)
			delete(after, name)
		}
	}
	return before, after
}

func findPlan(plans []Plan, key string) (Plan, bool) {
	i := slices.IndexFunc(plans, func(p Plan) bool { return p.Key == key })
	if i < 0 {
		return Plan{}, false
	}
	return plans[i], true
}

// planKeys are the keys of the plans that either sells.
func planKeys(a, b Catalogue) []string {
	var keys []string
	for _, p := range slices.Concat(a.Plans, b.Plans) {
		if !slices.Contains(keys, p.Key) {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// sameOrder reports whether the plans that both sell stand in the same order.
func sameOrder(a, b Catalogue) bool {
	common := func(x, y Catalogue) []string {
		var keys []string
		for _, p := range x.Plans {
			if _, too := findPlan(y.Plans, p.Key); too {
				keys = append(keys, p.Key)
			}
		}
		return keys
	}
	return slices.Equal(common(a, b), common(b, a))
}
