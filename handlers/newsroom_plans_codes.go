package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// deskCodes lists the promotion codes, as Stripe has them.
func (s *Site) deskCodes(c echo.Context, m desk.Member) error {
	asked, cancel := context.WithTimeout(c.Request().Context(), stripePatience)
	defer cancel()
	page := views.DeskCodesPage{BaseURL: s.absolute("")}
	var err error
	if page.Catalogue, err = s.Newsroom.Plans.Catalogue(c.Request().Context()); err != nil {
		return err
	}
	status := http.StatusOK
	if page.Codes, err = s.Billing.Gateway.Codes(asked); err != nil {
		if page.Trouble = s.stripeTrouble(c, err); page.Trouble == "" {
			return err
		}
		status = troubleStatus(err)
	}
	page.DeskFrame = s.deskFrame(c, m, "Promotion codes", plansTrail()...)
	return s.render(c, status, views.DeskCodes(page))
}

func codesTrail() []views.DeskLink {
	return plansTrail(views.DeskLink{Label: "Promotion codes", Href: views.DeskCodesOfPath})
}

func (s *Site) newCodeForm(c echo.Context, m desk.Member) error {
	return s.showCodeForm(c, m, http.StatusOK, nil, "", nil)
}

func (s *Site) showCodeForm(c echo.Context, m desk.Member, status int, typed url.Values, sentence string, wrong map[string]string) error {
	sold, err := s.Newsroom.Plans.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	plans := views.Checks{ID: "plan", Label: "Only for these plans", On: typed["plan"], Hint: "None ticked is every plan."}
	for _, p := range sold.Plans {
		plans.Options = append(plans.Options, views.Option{Value: p.Key, Label: p.Name})
	}
	page := views.PlanFormPage{Heading: "New code", Action: views.DeskNewCodePath, Error: sentence, Parts: []views.FormPart{
		field(views.Field{ID: "code", Label: "Code", Value: firstSent(typed, "code", ""), Required: true, Hint: "A to Z and digits, such as SUMMER. Readers may type it in small letters."}),
		row(
			field(views.Field{ID: "percent", Label: "Percent off", Value: firstSent(typed, "percent", ""), Hint: "Such as 50 or 12.5. Either this or an amount."}),
			field(views.Field{ID: "amount", Label: "Or an amount off, in " + strings.ToUpper(s.currencyOf(sold)), Value: firstSent(typed, "amount", ""), Hint: "Such as 2.00."}),
		),
		row(
			choice(views.Select{ID: "duration", Label: "How long", Value: firstSent(typed, "duration", billing.DiscountOnce), Options: []views.Option{
				{Value: billing.DiscountOnce, Label: "Off the first payment"},
				{Value: billing.DiscountRepeating, Label: "For some months"},
				{Value: billing.DiscountForever, Label: "As long as the plan is kept"},
			}}),
			field(views.Field{ID: "months", Label: "Months", Type: "number", Value: firstSent(typed, "months", ""), Hint: "Of “for some months”; empty otherwise."}),
		),
		boxes(plans),
		row(
			field(views.Field{ID: "most", Label: "How often it may be used", Type: "number", Value: firstSent(typed, "most", ""), Hint: "By all readers together. Empty is any number."}),
			field(views.Field{ID: "until", Label: "Last day", Type: "date", Value: firstSent(typed, "until", ""), Hint: "Empty has no end."}),
		),
		boxes(views.Checks{ID: "first", Label: "For whom", On: typed["first"], Options: []views.Option{{Value: "1", Label: "Only readers who never paid before"}}}),
	}}
	markWrong(page.Parts, wrong)
	page.DeskFrame = s.deskFrame(c, m, page.Heading, codesTrail()...)
	return s.render(c, status, views.PlanForm(page))
}

// codeTyped reads the form; wrong is a sentence by field.
func (s *Site) codeTyped(sold billing.Catalogue, typed url.Values) (n billing.NewCode, wrong map[string]string) {
	wrong = map[string]string{}
	get := func(name string) string { return strings.TrimSpace(typed.Get(name)) }
	n = billing.NewCode{Code: strings.ToUpper(get("code")), Duration: get("duration"), FirstTime: get("first") != ""}
	var err error
	if text := get("percent"); text != "" {
		if n.Percent, err = billing.ParsePercent(text); err != nil {
			wrong["percent"] = fault.SentenceOf(err)
		}
	}
	if get("amount") != "" {
		readAmount(&n.Off, s.currencyOf(sold), "amount", typed, wrong)
	}
	if (get("percent") == "") == (get("amount") == "") {
		wrong["percent"] = "Give a percentage or an amount, and not both."
	}
	number := func(name, sentence string, to *int) {
		if text := get(name); text != "" {
			if *to, err = strconv.Atoi(text); err != nil || *to < 1 || *to > 1_000_000 {
				wrong[name] = sentence
			}
		}
	}
	number("months", "A number of months, such as 3.", &n.Months)
	number("most", "A number from 1 on, or nothing.", &n.Most)
	if repeats := n.Duration == billing.DiscountRepeating; repeats != (get("months") != "") {
		wrong["months"] = "“For some months” needs a number of months, and nothing else has one."
	}
	if text := get("until"); text != "" {
		day, err := time.ParseInLocation(time.DateOnly, text, s.furniture.now().zone)
		if n.Until = day.AddDate(0, 0, 1); err != nil || !n.Until.After(s.now()) {
			wrong["until"] = "A day that is still to come, such as 2027-01-31."
		}
	}
	for _, key := range typed["plan"] {
		if _, ok := soldPlan(sold, key); !ok {
			wrong["plan"] = "One of these plans is no longer sold."
		}
		n.Plans = append(n.Plans, key)
	}
	if faults := n.Faults(); len(faults) > 0 && len(wrong) == 0 {
		wrong["code"] = strings.Join(faults, " ")
	}
	return n, wrong
}

// newCode shows what a code comes to, or makes it once that was seen.
func (s *Site) newCode(c echo.Context, m desk.Member) error {
	typed, err := c.FormParams()
	if err != nil {
		return err
	}
	sold, err := s.Newsroom.Plans.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	n, wrong := s.codeTyped(sold, typed)
	if len(wrong) > 0 {
		return s.showCodeForm(c, m, http.StatusUnprocessableEntity, typed, "Nothing was made. Look at what is marked below.", wrong)
	}
	if typed.Get("sure") == "" {
		return s.previewCode(c, m, sold, n, typed)
	}
	var put billing.Put
	err = s.outside(c, m, desk.Change{Kind: "code.make", Subject: "code", ID: n.Code, After: s.codeWords(sold, n)}, func(ctx context.Context) (any, error) {
		made, done, err := s.Billing.Gateway.PutCode(ctx, n)
		if put = done; err != nil {
			return nil, err
		}
		words := s.codeWords(sold, n)
		words["stripe"] = string(done) + " " + made.ID
		return words, nil
	})
	if err != nil {
		words := s.stripeTrouble(c, err)
		if words == "" {
			return err
		}
		return s.showCodeForm(c, m, troubleStatus(err), typed, words+" No code was made.", nil)
	}
	if put == billing.Kept {
		return s.done(c, views.DeskCodesOfPath, "The code "+n.Code+" was there already, and says the same.")
	}
	return s.done(c, views.DeskCodesOfPath, "The code "+n.Code+" is good from now on.")
}

// codeWords are a code's terms, by name.
func (s *Site) codeWords(sold billing.Catalogue, n billing.NewCode) map[string]string {
	words := map[string]string{
		"takes": views.CodeTakes(billing.Discount{Percent: n.Percent, Off: n.Off, Duration: n.Duration}, n.Months),
		"plans": "every plan", "uses": "any number", "until": "no end", "readers": "everybody",
	}
	if len(n.Plans) > 0 {
		words["plans"] = views.PlanNames(sold, n.Plans)
	}
	if n.Most > 0 {
		words["uses"] = strconv.Itoa(n.Most)
	}
	if !n.Until.IsZero() {
		words["until"] = s.date(n.Until.Add(-time.Second)) + ", to its end"
	}
	if n.FirstTime {
		words["readers"] = "who never paid before"
	}
	return words
}

func (s *Site) previewCode(c echo.Context, m desk.Member, sold billing.Catalogue, n billing.NewCode, typed url.Values) error {
	page := views.PlanPreviewPage{
		Heading: "The code " + n.Code, Mode: s.stripeMode(), Action: views.DeskNewCodePath, Yes: "Make the code", Back: views.DeskCodesOfPath,
		Stripe: []string{"A coupon of the same name, and the promotion code " + n.Code + " that brings it."},
	}
	words := s.codeWords(sold, n)
	for _, name := range slices.Sorted(maps.Keys(words)) {
		page.Changes = append(page.Changes, views.PlanDiff{What: strings.ToUpper(name[:1]) + name[1:], After: words[name]})
	}
	for _, p := range sold.Plans {
		for _, price := range p.Prices {
			if d := (billing.Discount{Coupon: n.Code, Percent: n.Percent, Off: n.Off, Duration: n.Duration, Plans: strings.Join(n.Plans, " ")}); d.For(p.Key) {
				sum := billing.Money{Amount: price.Money.Amount - d.Of(price.Money).Amount, Currency: price.Money.Currency}
				page.Touches = append(page.Touches, fmt.Sprintf("%s, a %s: %s instead of %s.", p.Name, price.Interval, views.Money(sum), views.Money(price.Money)))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		for _, value := range typed[name] {
			page.Fields = append(page.Fields, views.Hidden{Name: name, Value: value})
		}
	}
	page.Fields = append(page.Fields, views.Hidden{Name: "sure", Value: "1"})
	page.DeskFrame = s.deskFrame(c, m, page.Heading, codesTrail()...)
	return s.render(c, http.StatusOK, views.PlanPreview(page))
}

// codeByID finds a code among Stripe's.
func (s *Site) codeByID(c echo.Context) (billing.Promotion, error) {
	codes, err := s.Billing.Gateway.Codes(c.Request().Context())
	if err != nil {
		return billing.Promotion{}, err
	}
	i := slices.IndexFunc(codes, func(p billing.Promotion) bool { return p.ID == c.Param("code") })
	if i < 0 {
		return billing.Promotion{}, fault.New(fault.Missing, "There is no such code. Choose one in the list of codes.", nil)
	}
	return codes[i], nil
}

func (s *Site) endCodeForm(c echo.Context, m desk.Member) error {
	code, err := s.codeByID(c)
	if err != nil {
		return err
	}
	heading := "End the code " + code.Code + "?"
	page := views.ConfirmPage{
		DeskFrame: s.deskFrame(c, m, heading, codesTrail()...), Heading: heading, Action: views.DeskCodeEndPath(code.ID), Yes: "End it", Back: views.DeskCodesOfPath, Bad: true,
		Says: []string{"Nobody can use it from then on. Whoever used it keeps what it gave them.", "It cannot be begun again; a new code may have the same name."},
	}
	if !code.Active {
		page.Says = []string{"It has ended already."}
	}
	return s.render(c, http.StatusOK, views.DeskConfirm(page))
}

// endCode ends one.
func (s *Site) endCode(c echo.Context, m desk.Member) error {
	var was billing.Promotion
	id := c.Param("code")
	err := s.outside(c, m, desk.Change{Kind: "code.end", Subject: "code", ID: id}, func(ctx context.Context) (_ any, err error) {
		was, err = s.Billing.Gateway.EndCode(ctx, id)
		return map[string]string{"code": was.Code, "active": "no"}, err
	})
	if err != nil {
		if words := s.stripeTrouble(c, err); words != "" {
			s.flash(c, views.Bad, words+" The code is as it was.")
			return c.Redirect(http.StatusSeeOther, views.DeskCodesOfPath)
		}
		return err
	}
	return s.done(c, views.DeskCodesOfPath, "The code "+was.Code+" has ended. Whoever used it keeps what it gave them.")
}
