package billing

import (
	"slices"
)

// Edits of a catalogue. Each gives another, and leaves the one that it was made
// from as it is; Faults says whether the other can be sold.

// clone copies what edits write to.
func (c Catalogue) clone() Catalogue {
	copied := func(plans []Plan) []Plan {
		out := slices.Clone(plans)
		for i := range out {
			out[i].Prices = slices.Clone(out[i].Prices)
		}
		return out
	}
	c.Plans, c.Retired, c.Benefits = copied(c.Plans), copied(c.Retired), slices.Clone(c.Benefits)
	return c
}

// WithPlan sets a plan's name, words and benefits and puts it in that place,
// counted from 0. A plan that was retired, or is new, is sold from then on: a
// retired one with the prices that it had.
func (c Catalogue) WithPlan(p Plan, place int) Catalogue {
	c = c.clone()
	if i := slices.IndexFunc(c.Plans, func(q Plan) bool { return q.Key == p.Key }); i >= 0 {
		had := c.Plans[i]
		p.Prices, p.Gifts = had.Prices, had.Gifts
		c.Plans = slices.Delete(c.Plans, i, i+1)
	} else if i := slices.IndexFunc(c.Retired, func(q Plan) bool { return q.Key == p.Key }); i >= 0 {
		p.Prices = c.Retired[i].Prices
		c.Retired = slices.Delete(c.Retired, i, i+1)
	}
	c.Plans = slices.Insert(c.Plans, min(max(place, 0), len(c.Plans)), p)
	return c
}

// WithoutPlan sells a plan no longer. Whoever has it keeps it.
func (c Catalogue) WithoutPlan(key string) Catalogue {
	c = c.clone()
	i := slices.IndexFunc(c.Plans, func(q Plan) bool { return q.Key == key })
	if i < 0 {
		return c
	}
	gone := c.Plans[i]
	c.Plans = slices.Delete(c.Plans, i, i+1)
	if j := slices.IndexFunc(c.Retired, func(q Plan) bool { return q.Key == key }); j >= 0 {
		gone.Prices = append(gone.Prices, c.Retired[j].Prices...)
		c.Retired = slices.Delete(c.Retired, j, j+1)
	}
	gone.Gifts = nil
	c.Retired = append(c.Retired, gone)
	return c
}

// WithPrice sets a price of a plan that is sold, and sells it from then on.
func (c Catalogue) WithPrice(p Price) Catalogue {
	c = c.WithoutPrice(p.LookupKey)
	for i := range c.Retired {
		c.Retired[i].Prices = slices.DeleteFunc(c.Retired[i].Prices, func(q Price) bool { return q.LookupKey == p.LookupKey })
	}
	c.Retired = slices.DeleteFunc(c.Retired, func(q Plan) bool {
		_, sold := findPlan(c.Plans, q.Key)
		return sold && len(q.Prices) == 0
	})
	for i := range c.Plans {
		if c.Plans[i].Key == p.Plan {
			c.Plans[i].Prices = append(c.Plans[i].Prices, p)
			slices.SortStableFunc(c.Plans[i].Prices, byInterval)
		}
	}
	return c
}

func byInterval(a, b Price) int {
	rank := map[Interval]int{Monthly: 0, Yearly: 1}
	return rank[a.Interval] - rank[b.Interval]
}

// WithoutPrice sells a price no longer. Whoever pays it goes on.
func (c Catalogue) WithoutPrice(lookup string) Catalogue {
	c = c.clone()
	for i, plan := range c.Plans {
		j := slices.IndexFunc(plan.Prices, func(q Price) bool { return q.LookupKey == lookup })
		if j < 0 {
			continue
		}
		gone := plan.Prices[j]
		c.Plans[i].Prices = slices.Delete(plan.Prices, j, j+1)
		if k := slices.IndexFunc(c.Retired, func(q Plan) bool { return q.Key == plan.Key }); k >= 0 {
			c.Retired[k].Prices = append(c.Retired[k].Prices, gone)
		} else {
			old := plan
			old.Prices, old.Gifts = []Price{gone}, nil
			c.Retired = append(c.Retired, old)
		}
	}
	return c
}

// WithGifts sets what some months of a plan cost as a gift; none sells none.
func (c Catalogue) WithGifts(plan string, gifts []GiftPrice) Catalogue {
	c = c.clone()
	for i := range c.Plans {
		if c.Plans[i].Key == plan {
			c.Plans[i].Gifts = gifts
		}
	}
	return c
}

// WithBenefits sets how benefits are worded, and in which order.
func (c Catalogue) WithBenefits(texts []BenefitText) Catalogue {
	c = c.clone()
	c.Benefits = texts
	return c
}
