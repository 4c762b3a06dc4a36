package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"broadsheet/billing"
	"broadsheet/views"
)

func giftsForm(s *Site, was billing.Catalogue, id string, typed url.Values) (views.PlanFormPage, error) {
	plan, ok := soldPlan(was, id)
	if !ok {
		return views.PlanFormPage{}, missingPlan("plan on sale")
	}
	page := views.PlanFormPage{Heading: plan.Name + " as a gift", Says: []string{"Some months of the plan, paid once. A gift that was bought stays what it was."}}
	for _, months := range billing.GiftMonths {
		stood := ""
		for _, g := range plan.Gifts {
			if g.Months == months {
				stood = amountTyped(g.Money)
			}
		}
		name := fmt.Sprint("gift_", months)
		page.Parts = append(page.Parts, field(views.Field{ID: name, Label: fmt.Sprint(months, " months, in ", strings.ToUpper(s.currencyOf(was))), Value: firstSent(typed, name, stood), Hint: "Empty sells none."}))
	}
	return page, nil
}

func giftsRead(s *Site, was billing.Catalogue, id string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	plan, ok := soldPlan(was, id)
	if !ok {
		return was, nil, missingPlan("plan on sale")
	}
	wrong := map[string]string{}
	var gifts []billing.GiftPrice
	for _, months := range billing.GiftMonths {
		name := fmt.Sprint("gift_", months)
		if _, sent := typed[name]; !sent {
			wrong[name] = "The form came without this. Nothing was changed."
			continue
		}
		if strings.TrimSpace(typed.Get(name)) == "" {
			continue
		}
		g := billing.GiftPrice{LookupKey: billing.GiftKey(plan.Key, months), Plan: plan.Key, Months: months}
		readAmount(&g.Money, s.currencyOf(was), name, typed, wrong)
		gifts = append(gifts, g)
	}
	return was.WithGifts(plan.Key, gifts), wrong, nil
}

// worded is every benefit in the order of today, those without words last.
func worded(c billing.Catalogue) []billing.BenefitText {
	list := slices.Clone(c.Benefits)
	for _, b := range billing.AllBenefits {
		if !slices.ContainsFunc(list, func(t billing.BenefitText) bool { return t.Key == b }) {
			list = append(list, billing.BenefitText{Key: b})
		}
	}
	return list
}

func wordsForm(_ *Site, was billing.Catalogue, _ string, typed url.Values) (views.PlanFormPage, error) {
	page := views.PlanFormPage{Heading: "Words for benefits", Says: []string{"How readers read what a plan brings. What each benefit does is the program’s; one without a name is not listed."}}
	list := worded(was)
	for i, b := range list {
		key := string(b.Key)
		page.Parts = append(page.Parts, views.FormPart{Title: benefitTitle(b)}, row(
			field(views.Field{ID: "name-" + key, Label: "Name", Value: firstSent(typed, "name-"+key, b.Name)}),
			placeNamed("place-"+key, len(list), i, typed),
		), field(views.Field{ID: "text-" + key, Label: "In a line", Value: firstSent(typed, "text-"+key, b.Text)}))
	}
	return page, nil
}

// benefitTitle heads the fields of a benefit, also of one without a name.
func benefitTitle(b billing.BenefitText) string {
	if b.Name != "" {
		return b.Name
	}
	return "“" + string(b.Key) + "”, not named yet"
}

func placeNamed(id string, n, at int, typed url.Values) views.FormPart {
	part := placeOf(n, at, nil)
	part.Select.ID, part.Select.Value = id, firstSent(typed, id, part.Select.Value)
	return part
}

func wordsRead(_ *Site, was billing.Catalogue, _ string, typed url.Values) (billing.Catalogue, map[string]string, error) {
	wrong := map[string]string{}
	type placed struct {
		billing.BenefitText
		place int
	}
	var list []placed
	for i, b := range worded(was) {
		key := string(b.Key)
		one := placed{BenefitText: billing.BenefitText{Key: b.Key, Name: strings.TrimSpace(typed.Get("name-" + key)), Text: strings.TrimSpace(typed.Get("text-" + key))}}
		one.place = moved(i, typed.Get("place-"+key))
		sold := slices.ContainsFunc(was.Plans, func(p billing.Plan) bool { return p.Has(b.Key) })
		switch {
		case len([]rune(one.Name)) > maxPlanName || len([]rune(one.Text)) > maxPlanText:
			wrong["name-"+key] = fmt.Sprintf("A name has at most %d characters, and the line %d.", maxPlanName, maxPlanText)
		case one.Name == "" && sold:
			wrong["name-"+key] = "A plan that is sold brings this, so it needs a name."
		case one.Name != "":
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return a.place - b.place })
	texts := make([]billing.BenefitText, len(list))
	for i, one := range list {
		texts[i] = one.BenefitText
	}
	return was.WithBenefits(texts), wrong, nil
}

// moved is a rank for what stood at i and is to stand at a place: before what
// stands there when it goes up, behind it when it goes down.
func moved(i int, typed string) int {
	place, err := strconv.Atoi(typed)
	switch {
	case err != nil || place == i:
		return 2 * i
	case place < i:
		return 2*place - 1
	}
	return 2*place + 1
}
