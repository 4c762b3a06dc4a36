package views

import (
	"net/url"
	"slices"
	"strings"

	"broadsheet/billing"
)

// The addresses of the desk's plans.
const (
	DeskPlansPath    = "/newsroom/plans"
	DeskNewPlanPath  = "/newsroom/plans/new"
	DeskWordsPath    = "/newsroom/plans/benefits"
	DeskRestockPath  = "/newsroom/plans/stripe" // GET says what Stripe lacks, POST makes it
	DeskCodesOfPath  = "/newsroom/plans/codes"
	DeskNewCodePath  = "/newsroom/plans/codes/new"
	deskOnePlanPath  = "/newsroom/plans/plan/"
	deskOnePricePath = "/newsroom/plans/price/"
)

// DeskPlanPath is where a plan is changed.
func DeskPlanPath(key string) string { return deskOnePlanPath + url.PathEscape(key) }

// DeskNewPricePath is where a price is added to a plan.
func DeskNewPricePath(plan string) string { return DeskPlanPath(plan) + "/price" }

// DeskGiftsPath is where a plan's gifts are priced.
func DeskGiftsPath(plan string) string { return DeskPlanPath(plan) + "/gifts" }

// DeskPricePath is where a price is changed.
func DeskPricePath(lookup string) string { return deskOnePricePath + url.PathEscape(lookup) }

// DeskPlansPage is what is sold, and how many have it.
type DeskPlansPage struct {
	DeskFrame
	Catalogue  billing.Catalogue
	Holders    []billing.Holders
	Mode       string                     // of Stripe: "live", "test", or a stand-in's
	AtStripe   map[string]billing.Shelved // by lookup key; nil when Stripe did not answer
	Lacks      []billing.Making           // that readers cannot buy as it is shown
	Trouble    string                     // why Stripe could not be asked; "" for nothing
	Registered int                        // stories in a window without a plan, for the table that readers see
	WindowDays int
}

func (p DeskPlansPage) benefits(plan billing.Plan) string {
	names := make([]string, len(plan.Benefits))
	for i, b := range plan.Benefits {
		names[i] = p.Catalogue.Benefit(b).Name
	}
	if len(names) == 0 {
		return "It brings nothing."
	}
	return strings.Join(names, ", ")
}

// table is the comparison as readers see it.
func (p DeskPlansPage) table() SubscribePage {
	return SubscribePage{Frame: p.Frame, Catalogue: p.Catalogue, Registered: p.Registered, WindowDays: p.WindowDays}
}

// has is how many pay for a price, and who of them pays another sum.
func (p DeskPlansPage) has(price billing.Price) (n int, others []string) {
	for _, h := range p.Holders {
		if h.LookupKey != price.LookupKey || h.Plan != price.Plan || h.Interval == "" {
			continue
		}
		n += h.Readers
		if h.Money != price.Money {
			others = append(others, thousands(int64(h.Readers))+" of them at "+Money(h.Money))
		}
	}
	return n, others
}

// given is how many have a plan by a gift or on the house.
func (p DeskPlansPage) given(plan string) int {
	for _, h := range p.Holders {
		if h.Plan == plan && h.Interval == "" {
			return h.Readers
		}
	}
	return 0
}

// shelf says how a price stands at Stripe.
func (p DeskPlansPage) shelf(price billing.Price) (says string, good bool) {
	at, there := p.AtStripe[price.LookupKey]
	switch {
	case p.AtStripe == nil:
		return "Not known now", true
	case !there:
		return "Missing", false
	case !at.Ours:
		return "Another product’s", false
	case at.Interval != price.Interval:
		return "Another rhythm", false
	case at.Money != price.Money:
		return "Costs " + Money(at.Money), false
	}
	return "As here", true
}

// freeDays is a price's trial in a table.
func freeDays(p billing.Price) string {
	switch {
	case p.TrialDays == 0:
		return "None"
	case p.TrialCard == billing.TrialCardOptional:
		return itoa(p.TrialDays) + ", no card"
	}
	return itoa(p.TrialDays) + ", with a card"
}

// giftSums is "€21.00 for three months, €39.00 for six".
func giftSums(plan billing.Plan) string {
	parts := make([]string, len(plan.Gifts))
	for i, g := range plan.Gifts {
		parts[i] = Money(g.Money) + " for " + number(g.Months)
		if i == 0 {
			parts[i] += " " + plural(g.Months, "month")
		}
	}
	return strings.Join(parts, ", ")
}

// retired are the prices that are no longer sold, with their plans.
func (p DeskPlansPage) retired() []RetiredPrice {
	var list []RetiredPrice
	for _, plan := range p.Catalogue.Retired {
		whole := !slices.ContainsFunc(p.Catalogue.Plans, func(q billing.Plan) bool { return q.Key == plan.Key })
		if len(plan.Prices) == 0 {
			list = append(list, RetiredPrice{Plan: plan, Whole: true})
		}
		for _, price := range plan.Prices {
			list = append(list, RetiredPrice{Plan: plan, Price: price, Whole: whole})
		}
	}
	return list
}

// RetiredPrice is a price that is no longer sold.
type RetiredPrice struct {
	Plan  billing.Plan
	Price billing.Price // zero for a plan without any
	Whole bool          // its whole plan is not sold
}

func (r RetiredPrice) back() string {
	if r.Whole {
		return DeskPlanPath(r.Plan.Key)
	}
	return DeskPricePath(r.Price.LookupKey)
}

// PlanFormPage is a form that changes what is sold.
type PlanFormPage struct {
	DeskFrame
	Heading string
	Says    []string
	Parts   []FormPart
	Action  string
	Since   string // what was sold when the form was made
	Error   string
	Yes     string
}

// FormPart is a field, a choice, a row of boxes or a heading: whichever is set.
type FormPart struct {
	Title  string // a heading that groups what follows
	Field  *Field
	Select *Select
	Checks *Checks
	Row    []FormPart // side by side
}

// Checks are boxes to tick.
type Checks struct {
	ID, Label, Hint, Error string
	Options                []Option
	On                     []string
}

func (c Checks) has(value string) bool { return slices.Contains(c.On, value) }

func (c Checks) described() string {
	return Field{ID: c.ID, Hint: c.Hint, Error: c.Error}.described()
}

// PlanPreviewPage says what a change comes to before it is made.
type PlanPreviewPage struct {
	DeskFrame
	Heading string
	Changes []PlanDiff
	Stripe  []string // what is made there
	Mode    string
	Touches []string // whom it touches
	Fields  []Hidden
	Action  string
	Yes     string
	Back    string
	Bad     bool // somebody loses something
}

// PlanDiff is one thing that becomes another. "" is nothing.
type PlanDiff struct{ What, Before, After string }

// DeskCodesPage lists promotion codes.
type DeskCodesPage struct {
	DeskFrame
	Codes     []billing.Promotion
	Catalogue billing.Catalogue
	Trouble   string
	BaseURL   string
}

// DeskCodeEndPath is where a code is ended.
func DeskCodeEndPath(id string) string { return DeskCodesOfPath + "/" + url.PathEscape(id) + "/end" }

// takes is what a code takes off: "50 % off, for three months".
func (p DeskCodesPage) takes(c billing.Promotion) string { return CodeTakes(c.Discount, c.Months) }

// CodeTakes is a discount in words.
func CodeTakes(d billing.Discount, months int) string {
	switch d.Duration {
	case billing.DiscountRepeating:
		return off(d) + ", for " + number(months) + " " + plural(months, "month")
	case billing.DiscountForever:
		return off(d) + ", for as long as the plan is kept"
	}
	return off(d) + ", once"
}

// used is "2 of 100".
func (p DeskCodesPage) used(c billing.Promotion) string {
	if c.Most > 0 {
		return thousands(int64(c.Used)) + " of " + thousands(int64(c.Most))
	}
	return thousands(int64(c.Used))
}

// limits says for whom and for what a code is good.
func (p DeskCodesPage) limits(c billing.Promotion) []string {
	var lines []string
	if c.Discount.Plans != "" {
		lines = append(lines, "Only "+PlanNames(p.Catalogue, strings.Fields(c.Discount.Plans)))
	}
	if c.FirstTime {
		lines = append(lines, "Only who never paid")
	}
	if c.Customer != "" {
		lines = append(lines, "Only "+c.Customer)
	}
	if c.Minimum.Amount > 0 {
		lines = append(lines, "From "+Money(c.Minimum)+" on")
	}
	return lines
}

// PlanNames are plans by their keys, in words.
func PlanNames(c billing.Catalogue, keys []string) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		if plan, ok := c.Plan(key); ok {
			names[i] = plan.Name
		} else {
			names[i] = key
		}
	}
	return strings.Join(names, ", ")
}

// verb is the form of a verb that fits a number.
func verb(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// lacking names what Stripe lacks, and how it has it.
func (p DeskPlansPage) lacking() string {
	parts := make([]string, len(p.Lacks))
	for i, m := range p.Lacks {
		parts[i] = m.Key()
		if m.Was.Amount > 0 {
			parts[i] += " (" + Money(m.Was) + " there)"
		}
	}
	return strings.Join(parts, ", ")
}
