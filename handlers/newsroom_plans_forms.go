package handlers

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// The forms that change what is sold. Each has one function that draws it and
// one that reads it.

// firstSent is what was typed into a field, or what stood in it.
func firstSent(typed url.Values, field, stood string) string {
	if typed == nil {
		return stood
	}
	return typed.Get(field)
}

func field(f views.Field) views.FormPart         { return views.FormPart{Field: &f} }
func choice(s views.Select) views.FormPart       { return views.FormPart{Select: &s} }
func boxes(c views.Checks) views.FormPart        { return views.FormPart{Checks: &c} }
func row(parts ...views.FormPart) views.FormPart { return views.FormPart{Row: parts} }

// lengths of what readers see on one line or in one sentence.
const (
	maxPlanName = 60
	maxPlanText = 300
)

// wordsOf draws a plan's name, words and benefits.
func wordsOf(c billing.Catalogue, p billing.Plan, typed url.Values) []views.FormPart {
	checks := views.Checks{ID: "benefit", Label: "Benefits", On: typed["benefit"]}
	if typed == nil {
		for _, b := range p.Benefits {
			checks.On = append(checks.On, string(b))
		}
	}
	for _, b := range billing.AllBenefits {
		checks.Options = append(checks.Options, views.Option{Value: string(b), Label: c.Benefit(b).Name})
	}
	return []views.FormPart{
		field(views.Field{ID: "name", Label: "Name", Value: firstSent(typed, "name", p.Name), Required: true, Hint: "Readers see it, and so does Stripe’s payment page."}),
		field(views.Field{ID: "summary", Label: "In a sentence", Value: firstSent(typed, "summary", p.Summary), Rows: 2}),
		boxes(checks),
	}
}

// readWords reads what wordsOf drew.
func readWords(p *billing.Plan, typed url.Values, wrong map[string]string) {
	p.Name, p.Summary = strings.Join(strings.Fields(typed.Get("name")), " "), strings.Join(strings.Fields(typed.Get("summary")), " ")
	switch {
	case p.Name == "":
		wrong["name"] = "A plan needs a name."
	case len([]rune(p.Name)) > maxPlanName:
		wrong["name"] = fmt.Sprintf("A name has at most %d characters.", maxPlanName)
	}
	if len([]rune(p.Summary)) > maxPlanText {
		wrong["summary"] = fmt.Sprintf("At most %d characters: it stands on one or two lines.", maxPlanText)
	}
	p.Benefits = nil
	for _, b := range billing.AllBenefits {
		if slices.Contains(typed["benefit"], string(b)) {
			p.Benefits = append(p.Benefits, b)
		}
	}
	if len(p.Benefits) == 0 {
		wrong["benefit"] = "A plan brings at least one benefit."
	}
}

// placeOf draws where a plan stands among n.
func placeOf(n, at int, typed url.Values) views.FormPart {
	s := views.Select{ID: "place", Label: "Place", Value: firstSent(typed, "place", strconv.Itoa(at))}
	for i := range n {
		s.Options = append(s.Options, views.Option{Value: strconv.Itoa(i), Label: strconv.Itoa(i+1) + " of " + strconv.Itoa(n)})
	}
	return choice(s)
}

// soldOf draws whether something is sold.
func soldOf(sold bool, typed url.Values) views.FormPart {
	stood := "no"
	if sold {
		stood = "yes"
	}
	return choice(views.Select{ID: "sold", Label: "On sale", Value: firstSent(typed, "sold", stood), Options: []views.Option{
		{Value: "yes", Label: "Yes"}, {Value: "no", Label: "No longer sold"},
	}, Hint: "Whoever has what is no longer sold keeps it."})
}

func newPlanForm(s *Site, was billing.Catalogue, _ string, typed url.Values) (views.PlanFormPage, error) {
	page := views.PlanFormPage{Heading: "New plan", Says: []string{"A plan begins with one price; more are added to it afterwards. Both are made in Stripe, once you have seen what that is."}}
	page.Parts = append([]views.FormPart{field(views.Field{ID: "key", Label: "Key", Value: firstSent(typed, "key", ""), Required: true, Hint: "A short word such as weekend: a to z, digits and _. It joins the plan to Stripe, and stays for good."})}, wordsOf(was, billing.Plan{}, typed)...)
	page.Parts = append(page.Parts,
		placeOf(len(was.Plans)+1, len(was.Plans), typed),
		views.FormPart{Title: "Its first price"},
		row(intervalOf("", typed), amountOf(s.currencyOf(was), "", typed)),
	)
	page.Parts = append(page.Parts, trialOf(billing.Price{}, typed))
	return page, nil
}

var planKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,50}$`)

func newPlanRead(s *Site, was billing.Catalogue, _ string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	wrong := map[string]string{}
	plan := billing.Plan{Key: strings.TrimSpace(typed.Get("key"))}
	readWords(&plan, typed, wrong)
	if !planKey.MatchString(plan.Key) {
		wrong["key"] = "A key is a word of a to z, digits and _, and begins with a letter."
	} else if _, taken := was.Plan(plan.Key); taken {
		wrong["key"] = "There is a plan with that key, perhaps one that is no longer sold. Choose another."
	}
	price := billing.Price{Plan: plan.Key}
	readInterval(&price, typed, wrong)
	readAmount(&price.Money, s.currencyOf(was), "amount", typed, wrong)
	readTrial(&price, typed, wrong)
	price.LookupKey = lookupFor(plan.Key, price.Interval)
	if _, taken := was.PlanOfPrice(price.LookupKey); taken && wrong["key"] == "" {
		wrong["key"] = "Its price would have the lookup key " + price.LookupKey + ", which is taken. Choose another key."
	}
	place, _ := strconv.Atoi(typed.Get("place"))
	return was.WithPlan(plan, place).WithPrice(price), wrong, nil
}

func lookupFor(plan string, every billing.Interval) string {
	if every == billing.Yearly {
		return plan + "_yearly"
	}
	return plan + "_monthly"
}

func onePlanForm(_ *Site, was billing.Catalogue, id string, typed url.Values) (views.PlanFormPage, error) {
	plan, ok := was.Plan(id)
	if !ok {
		return views.PlanFormPage{}, missingPlan("plan")
	}
	page := views.PlanFormPage{Heading: "Change " + plan.Name, Parts: wordsOf(was, plan, typed)}
	at, n := slices.IndexFunc(was.Plans, func(p billing.Plan) bool { return p.Key == id }), len(was.Plans)
	sold := at >= 0
	if !sold {
		at, n = n, n+1
		page.Says = []string{"It is no longer sold. On sale again, it has the prices that it had; each can then be changed or retired."}
	}
	page.Parts = append(page.Parts, row(placeOf(n, at, typed), soldOf(sold, typed)))
	return page, nil
}

func onePlanRead(_ *Site, was billing.Catalogue, id string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	plan, ok := was.Plan(id)
	if !ok {
		return was, nil, missingPlan("plan")
	}
	wrong := map[string]string{}
	sold, answered := typed.Get("sold") == "yes", typed.Get("sold") != ""
	if !answered {
		wrong["sold"] = "Say whether it is on sale."
		return was, wrong, nil
	}
	if !sold {
		return was.WithoutPlan(id), wrong, nil
	}
	readWords(&plan, typed, wrong)
	place, _ := strconv.Atoi(typed.Get("place"))
	return was.WithPlan(plan, place), wrong, nil
}

// currencyOf is what a new price is in: what the paper's others are.
func (s *Site) currencyOf(c billing.Catalogue) string {
	for _, plans := range [][]billing.Plan{c.Plans, c.Retired} {
		for _, p := range plans {
			for _, price := range p.Prices {
				return price.Money.Currency
			}
		}
	}
	if own := s.furniture.now().paper.Currency; own != "" {
		return own
	}
	return "eur"
}

func intervalOf(stood billing.Interval, typed url.Values) views.FormPart {
	return choice(views.Select{ID: "interval", Label: "Paid", Value: firstSent(typed, "interval", string(stood)), Options: []views.Option{
		{Value: string(billing.Monthly), Label: "Each month"}, {Value: string(billing.Yearly), Label: "Each year"},
	}})
}

func readInterval(p *billing.Price, typed url.Values, wrong map[string]string) {
	p.Interval = billing.Interval(typed.Get("interval"))
	if p.Interval != billing.Monthly && p.Interval != billing.Yearly {
		wrong["interval"] = "Choose how often it is paid."
	}
}

func amountOf(currency, stood string, typed url.Values) views.FormPart {
	hint := "All taxes in it, such as 7.00."
	if billing.Decimals(currency) == 0 {
		hint = "All taxes in it, such as 700."
	}
	return field(views.Field{ID: "amount", Label: "Amount in " + strings.ToUpper(currency), Value: firstSent(typed, "amount", stood), Required: true, Hint: hint})
}

// readAmount reads a sum; an empty one is no sum, which only a gift may be.
func readAmount(m *billing.Money, currency, name string, typed url.Values, wrong map[string]string) {
	n, err := billing.ParseAmount(strings.TrimSpace(typed.Get(name)), currency)
	if err != nil {
		wrong[name] = fault.SentenceOf(err)
	}
	*m = billing.Money{Amount: n, Currency: currency}
}

func amountTyped(m billing.Money) string { return strings.Fields(m.String())[0] }

func trialOf(p billing.Price, typed url.Values) views.FormPart {
	card := string(p.TrialCard)
	if card == "" {
		card = string(billing.TrialCardRequired)
	}
	return row(
		field(views.Field{ID: "trial_days", Label: "Free days", Type: "number", Value: firstSent(typed, "trial_days", strconv.Itoa(p.TrialDays)), Hint: "Before the first payment, once in a reader’s life. 0 is none."}),
		choice(views.Select{ID: "trial_card", Label: "Free days begin", Value: firstSent(typed, "trial_card", card), Options: []views.Option{
			{Value: string(billing.TrialCardRequired), Label: "With a card"},
			{Value: string(billing.TrialCardOptional), Label: "Without one, for a proven address"},
		}}),
	)
}

func readTrial(p *billing.Price, typed url.Values, wrong map[string]string) {
	p.TrialDays, p.TrialCard = 0, ""
	text := strings.TrimSpace(typed.Get("trial_days"))
	if text == "" || text == "0" {
		return
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 0 || days > billing.MostTrialDays {
		wrong["trial_days"] = fmt.Sprintf("From 0 to %d days.", billing.MostTrialDays)
		return
	}
	p.TrialDays, p.TrialCard = days, billing.TrialCard(typed.Get("trial_card"))
	if p.TrialCard != billing.TrialCardRequired && p.TrialCard != billing.TrialCardOptional {
		wrong["trial_card"] = "Say whether the free days need a card."
	}
}

func newPriceForm(s *Site, was billing.Catalogue, id string, typed url.Values) (views.PlanFormPage, error) {
	plan, ok := soldPlan(was, id)
	if !ok {
		return views.PlanFormPage{}, missingPlan("plan on sale")
	}
	return views.PlanFormPage{Heading: "Add a price to " + plan.Name, Parts: []views.FormPart{
		field(views.Field{ID: "lookup", Label: "Lookup key", Value: firstSent(typed, "lookup", freeLookup(was, plan)), Required: true, Hint: "A word of a to z, digits and _. It joins the price to Stripe, and stays for good."}),
		row(intervalOf("", typed), amountOf(s.currencyOf(was), "", typed)),
		trialOf(billing.Price{}, typed),
	}}, nil
}

// freeLookup proposes a key that is not taken.
func freeLookup(c billing.Catalogue, p billing.Plan) string {
	for _, every := range []billing.Interval{billing.Monthly, billing.Yearly} {
		key := lookupFor(p.Key, every)
		if _, taken := c.PlanOfPrice(key); !taken {
			return key
		}
	}
	return ""
}

func soldPlan(c billing.Catalogue, key string) (billing.Plan, bool) {
	i := slices.IndexFunc(c.Plans, func(p billing.Plan) bool { return p.Key == key })
	if i < 0 {
		return billing.Plan{}, false
	}
	return c.Plans[i], true
}

func newPriceRead(s *Site, was billing.Catalogue, id string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	plan, ok := soldPlan(was, id)
	if !ok {
		return was, nil, missingPlan("plan on sale")
	}
	wrong := map[string]string{}
	price := billing.Price{Plan: plan.Key, LookupKey: strings.TrimSpace(typed.Get("lookup"))}
	if !planKey.MatchString(price.LookupKey) {
		wrong["lookup"] = "A lookup key is a word of a to z, digits and _, and begins with a letter."
	} else if holder, taken := was.PlanOfPrice(price.LookupKey); taken {
		wrong["lookup"] = "The plan " + holder.Name + " has a price with that key, perhaps one that is no longer sold. Choose another."
	}
	readInterval(&price, typed, wrong)
	readAmount(&price.Money, s.currencyOf(was), "amount", typed, wrong)
	readTrial(&price, typed, wrong)
	if slices.ContainsFunc(plan.Prices, func(p billing.Price) bool { return p.Interval == price.Interval }) {
		wrong["interval"] = "The plan has a price for that already. Change its amount: whoever pays the old one goes on paying it."
	}
	return was.WithPrice(price), wrong, nil
}

func onePriceForm(_ *Site, was billing.Catalogue, id string, typed url.Values) (views.PlanFormPage, error) {
	plan, price, sold, ok := anyPrice(was, id)
	if !ok {
		return views.PlanFormPage{}, missingPlan("price")
	}
	page := views.PlanFormPage{
		Heading: "Change " + price.LookupKey,
		Says:    []string{"A price of " + plan.Name + ", paid each " + string(price.Interval) + ". Another amount is another price at Stripe under the same key: whoever pays the old one goes on paying it."},
		Parts: []views.FormPart{
			amountOf(price.Money.Currency, amountTyped(price.Money), typed),
			trialOf(price, typed),
			soldOf(sold, typed),
		},
	}
	if _, on := soldPlan(was, plan.Key); !on {
		page.Says = append(page.Says, "Its whole plan is no longer sold. Sell that again first.")
	}
	return page, nil
}

// anyPrice finds a price, sold or retired.
func anyPrice(c billing.Catalogue, lookup string) (plan billing.Plan, price billing.Price, sold, ok bool) {
	if plan, price, sold = c.Price(lookup); sold {
		return plan, price, true, true
	}
	plan, ok = c.PlanOfPrice(lookup)
	if i := slices.IndexFunc(plan.Prices, func(p billing.Price) bool { return p.LookupKey == lookup }); ok && i >= 0 {
		price = plan.Prices[i]
	}
	return plan, price, false, ok
}

func onePriceRead(_ *Site, was billing.Catalogue, id string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	plan, price, _, ok := anyPrice(was, id)
	if !ok {
		return was, nil, missingPlan("price")
	}
	wrong := map[string]string{}
	readAmount(&price.Money, price.Money.Currency, "amount", typed, wrong)
	readTrial(&price, typed, wrong)
	on, ok := soldPlan(was, plan.Key)
	switch sold := typed.Get("sold"); {
	case sold == "no":
		if len(on.Prices) == 1 && on.Prices[0].LookupKey == id {
			wrong["sold"] = "It is the plan’s only price. Retire the whole plan instead."
		}
		return was.WithoutPrice(id), wrong, nil
	case sold != "yes":
		wrong["sold"] = "Say whether it is on sale."
	case !ok:
		wrong["sold"] = "Its whole plan is no longer sold. Sell that again first."
	case slices.ContainsFunc(on.Prices, func(p billing.Price) bool { return p.LookupKey != id && p.Interval == price.Interval }):
		wrong["sold"] = "The plan has another price that is paid each " + string(price.Interval) + ". Retire that one first."
	}
	return was.WithPrice(price), wrong, nil
}
