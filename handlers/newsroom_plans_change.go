package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// planEdit is one form that changes what is sold: it is drawn, read, shown as
// what it comes to, and then done.
type planEdit struct {
	path string
	kind string // in the record
	// form draws the page from what is sold; typed is what was sent, or nil.
	form func(s *Site, was billing.Catalogue, id string, typed url.Values) (views.PlanFormPage, error)
	// read makes of what was sent what shall be sold; wrong is a sentence by field.
	read func(s *Site, was billing.Catalogue, id string, typed url.Values) (is billing.Catalogue, wrong map[string]string, err error)
	subj func(id string, typed url.Values) (subject, key string)
}

func planEdits() []planEdit {
	return []planEdit{
		{views.DeskNewPlanPath, "plan.add", newPlanForm, newPlanRead, func(_ string, typed url.Values) (string, string) { return "plan", typed.Get("key") }},
		{views.DeskPlanPath(":id"), "plan.edit", onePlanForm, onePlanRead, aboutPlan},
		{views.DeskNewPricePath(":id"), "price.add", newPriceForm, newPriceRead, func(_ string, typed url.Values) (string, string) { return "price", typed.Get("lookup") }},
		{views.DeskGiftsPath(":id"), "plan.gifts", giftsForm, giftsRead, aboutPlan},
		{views.DeskPricePath(":id"), "price.edit", onePriceForm, onePriceRead, func(id string, _ url.Values) (string, string) { return "price", id }},
		{views.DeskWordsPath, "plan.words", wordsForm, wordsRead, func(string, url.Values) (string, string) { return "plans", "" }},
	}
}

func aboutPlan(id string, _ url.Values) (string, string) { return "plan", id }

func (s *Site) planForm(e planEdit) deskHandler {
	return func(c echo.Context, m desk.Member) error {
		was, err := s.Newsroom.Plans.Catalogue(c.Request().Context())
		if err != nil {
			return err
		}
		return s.showPlanForm(c, m, e, was, http.StatusOK, nil, "", nil)
	}
}

// showPlanForm draws a form, as it was typed if it was.
func (s *Site) showPlanForm(c echo.Context, m desk.Member, e planEdit, was billing.Catalogue, status int, typed url.Values, wrong string, fields map[string]string) error {
	page, err := e.form(s, was, c.Param("id"), typed)
	if err != nil {
		return err
	}
	markWrong(page.Parts, fields)
	page.Error, page.Since, page.Action = wrong, was.Version(), c.Request().URL.Path
	page.DeskFrame = s.deskFrame(c, m, page.Heading, plansTrail()...)
	return s.render(c, status, views.PlanForm(page))
}

// markWrong puts sentences under the fields that they are about.
func markWrong(parts []views.FormPart, wrong map[string]string) {
	for _, part := range parts {
		switch {
		case part.Field != nil:
			part.Field.Error = wrong[part.Field.ID]
		case part.Select != nil:
			part.Select.Error = wrong[part.Select.ID]
		case part.Checks != nil:
			part.Checks.Error = wrong[part.Checks.ID]
		}
		markWrong(part.Row, wrong)
	}
}

// planPost shows what a form comes to, or does it once that was seen.
func (s *Site) planPost(e planEdit) deskHandler {
	return func(c echo.Context, m desk.Member) error {
		typed, err := c.FormParams()
		if err != nil {
			return err
		}
		was, err := s.Newsroom.Plans.Catalogue(c.Request().Context())
		if err != nil {
			return err
		}
		is, wrong, err := e.read(s, was, c.Param("id"), typed)
		if err != nil {
			return err
		}
		again := func(status int, sentence string) error {
			return s.showPlanForm(c, m, e, was, status, typed, sentence, wrong)
		}
		if len(wrong) > 0 {
			return again(http.StatusUnprocessableEntity, "Nothing was changed. Look at what is marked below.")
		}
		if faults := is.Faults(); len(faults) > 0 {
			return again(http.StatusUnprocessableEntity, "Nothing was changed. "+strings.Join(faults, " "))
		}
		if since := typed.Get("since"); since != was.Version() {
			return again(http.StatusConflict, "Somebody else changed the plans while you were at it. Nothing of yours was done. What you typed is still here: send it again if you still want it.")
		}
		d := billing.Draft{Was: was, Is: is}
		if len(d.Things()) == 0 {
			return s.done(c, views.DeskPlansPath, "It was so already. Nothing was changed.")
		}
		if typed.Get("sure") == "" {
			err = s.previewPlan(c, m, e, d, typed)
		} else {
			err = s.revisePlan(c, m, e, d, typed)
		}
		if words := s.planTrouble(c, err); words != "" {
			return again(troubleStatus(err), words)
		}
		return err
	}
}

// planTrouble words what kept a draft from being made; "" for what is another's
// to answer.
func (s *Site) planTrouble(c echo.Context, err error) string {
	if err == nil {
		return ""
	}
	words := s.stripeTrouble(c, err)
	if words == "" {
		return ""
	}
	words += " Nothing was changed here: the paper sells what it sold."
	if half, ok := errors.AsType[*halfMade](err); ok {
		words += " Stripe has meanwhile " + strings.Join(stockedLines(half.made), ", ") + "; sent again, the form finds that."
	}
	return words
}

// halfMade is the cause of a fault after which Stripe has what the paper does
// not sell.
type halfMade struct {
	made []billing.Stocked
	error
}

func (h *halfMade) Unwrap() error { return h.error }

// previewPlan says what a draft comes to. It asks Stripe what is there, and
// changes nothing.
func (s *Site) previewPlan(c echo.Context, m desk.Member, e planEdit, d billing.Draft, typed url.Values) error {
	ctx := c.Request().Context()
	has, err := s.Billing.Foresee(ctx, d.Makings())
	if err != nil {
		return err
	}
	holders, err := s.Newsroom.Plans.Holders(ctx, s.now())
	if err != nil {
		return err
	}
	form, err := e.form(s, d.Was, c.Param("id"), typed)
	if err != nil {
		return err
	}
	page := views.PlanPreviewPage{
		Heading: form.Heading, Mode: s.stripeMode(), Changes: planDiffs(d), Stripe: stripeLines(d.Makings(), has),
		Action: c.Request().URL.Path, Yes: "Do it", Back: views.DeskPlansPath,
	}
	page.Touches, page.Bad = touched(d, holders)
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		for _, value := range typed[name] {
			page.Fields = append(page.Fields, views.Hidden{Name: name, Value: value})
		}
	}
	page.Fields = append(page.Fields, views.Hidden{Name: "sure", Value: "1"})
	page.DeskFrame = s.deskFrame(c, m, form.Heading, plansTrail()...)
	return s.render(c, http.StatusOK, views.PlanPreview(page))
}

// revisePlan does it.
func (s *Site) revisePlan(c echo.Context, m desk.Member, e planEdit, d billing.Draft, typed url.Values) error {
	subject, key := e.subj(c.Param("id"), typed)
	if makings := d.Makings(); len(makings) > 0 {
		// What is made at Stripe is in no transaction of ours, so the intention comes first.
		if err := s.noted(c, m, desk.Change{Kind: e.kind + ".begun", Subject: subject, ID: key, After: map[string]any{"stripe": makingKeys(makings)}}); err != nil {
			return err
		}
	}
	made, err := s.Billing.Revise(c.Request().Context(), d, func(ctx context.Context, made []billing.Stocked) error {
		return s.Newsroom.Journal.Do(ctx, m, s.deskNow(), func(ctx context.Context) (desk.Change, error) {
			before, after := d.Changed()
			if len(made) > 0 {
				after["stripe"] = strings.Join(stockedLines(made), ", ")
			}
			return desk.Change{Kind: e.kind, Subject: subject, ID: key, Before: before, After: after}, s.Billing.KeepDraft(ctx, d, made)
		})
	})
	if err != nil && len(made) > 0 {
		noted := s.noted(c, m, desk.Change{Kind: e.kind + ".failed", Subject: subject, ID: key, After: map[string]any{"stripe": stockedLines(made)}})
		return errors.Join(&halfMade{made, asFault(err)}, noted)
	}
	if err != nil {
		return err
	}
	if err := s.Refresh(c.Request().Context()); err != nil {
		return err
	}
	return s.done(c, views.DeskPlansPath, "Done. It is in force everywhere within a second.")
}

func makingKeys(makings []billing.Making) []string {
	keys := make([]string, len(makings))
	for i, m := range makings {
		keys[i] = m.Key()
	}
	return keys
}

// planDiffs are the words that a draft changes, by name.
func planDiffs(d billing.Draft) []views.PlanDiff {
	before, after := d.Changed()
	names := slices.Sorted(maps.Keys(before))
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[name]; !there {
			names = append(names, name)
		}
	}
	diffs := make([]views.PlanDiff, len(names))
	for i, name := range names {
		what := strings.ToUpper(name[:1]) + name[1:]
		diffs[i] = views.PlanDiff{What: what, Before: before[name], After: after[name]}
	}
	return diffs
}

// stripeLines says what is made in Stripe, a sentence each.
func stripeLines(makings []billing.Making, has map[string]billing.Shelved) []string {
	var lines []string
	for _, m := range makings {
		if m.Price == nil && m.Gift == nil {
			line := "The product " + m.Plan.Name + " gets these words; readers see them on the payment page and on invoices."
			if m.New {
				line = "A product, " + m.Plan.Name + "."
			}
			lines = append(lines, line)
			continue
		}
		money, every, what := billing.Money{}, billing.Interval(""), " once"
		if m.Price != nil {
			money, every, what = m.Price.Money, m.Price.Interval, " a "+string(m.Price.Interval)
		} else {
			money = m.Gift.Money
		}
		at, there := has[m.Key()]
		switch {
		case there && at.Holds(money, every):
			lines = append(lines, fmt.Sprintf("Nothing for %s: it costs %s%s there already (%s).", m.Key(), views.Money(money), what, at.ID))
		case there:
			lines = append(lines, fmt.Sprintf("A price of %s%s, which takes the lookup key %s over from %s (%s). That one is closed to new buyers and stays for whoever pays it.", views.Money(money), what, m.Key(), at.ID, views.Money(at.Money)))
		default:
			lines = append(lines, fmt.Sprintf("A price of %s%s with the lookup key %s.", views.Money(money), what, m.Key()))
		}
	}
	return lines
}

// touched says whom a draft touches, and whether somebody loses something by it.
func touched(d billing.Draft, holders []billing.Holders) (lines []string, bad bool) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, is := range d.Is.Plans {
		was, known := d.Was.Plan(is.Key)
		n := havePlan(holders, is.Key)
		if !known || n == 0 {
			continue
		}
		for _, b := range billing.AllBenefits {
			name := d.Is.Benefit(b).Name
			switch {
			case was.Has(b) && !is.Has(b):
				bad = true
				say("%s: “%s” is gone at once, though it was paid for.", readersOf(n, "has", "have")+" "+is.Name, name)
			case !was.Has(b) && is.Has(b):
				say("%s: “%s” comes at once, for nothing more.", readersOf(n, "has", "have")+" "+is.Name, name)
				if b == billing.Print {
					say("Nobody is asked for a postal address by this: those who have the plan already give theirs in their account.")
				}
			}
		}
		for _, p := range is.Prices {
			if _, before, had := d.Was.Price(p.LookupKey); had && before.Money != p.Money {
				say("%s: that stays as it is. Whoever subscribes from now on pays %s.", readersOf(havePrice(holders, p.LookupKey), "pays by", "pay by")+" "+p.LookupKey+" today", views.Money(p.Money))
			}
		}
	}
	for _, was := range d.Was.Plans {
		still := slices.ContainsFunc(d.Is.Plans, func(p billing.Plan) bool { return p.Key == was.Key })
		if !still {
			say("%s; who has it keeps it, and it renews at what they pay. It is sold to nobody else, and no longer as a gift.", readersOf(havePlan(holders, was.Key), "has", "have")+" "+was.Name)
			continue
		}
		for _, p := range was.Prices {
			if _, _, sold := d.Is.Price(p.LookupKey); !sold {
				say("%s; who has it keeps it, and it renews at what they pay.", readersOf(havePrice(holders, p.LookupKey), "has", "have")+" "+p.LookupKey)
			}
		}
	}
	if len(d.Is.Plans) == 0 {
		bad = true
		say("Nothing is on sale then. The wall can still ask for an account, and for nothing more.")
	}
	return lines, bad
}

func readersOf(n int, one, more string) string {
	switch n {
	case 0:
		return "Nobody " + one
	case 1:
		return "1 reader " + one
	}
	return fmt.Sprint(n, " readers ", more)
}

func havePlan(holders []billing.Holders, plan string) (n int) {
	for _, h := range holders {
		if h.Plan == plan {
			n += h.Readers
		}
	}
	return n
}

func havePrice(holders []billing.Holders, lookup string) (n int) {
	for _, h := range holders {
		if h.LookupKey == lookup && h.Interval != "" {
			n += h.Readers
		}
	}
	return n
}

// missingPlan is said of a plan or price that is not there.
func missingPlan(what string) error {
	return fault.New(fault.Missing, "There is no such "+what+". Choose one in the list of plans.", nil)
}
