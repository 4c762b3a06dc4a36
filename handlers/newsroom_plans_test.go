package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"broadsheet/billing"
	"broadsheet/billing/standin"
	"broadsheet/billing/stripepay"
	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
	"broadsheet/journey"
	"broadsheet/reader"
	"broadsheet/store"
)

// Shelves of the Stripe that knows one customer.

func (o *oneCustomer) Livemode() bool { return false }
func (o *oneCustomer) KnowsPrice(context.Context, string) (bool, error) {
	return true, nil
}

func (o *oneCustomer) Shelved(context.Context, []string) (map[string]billing.Shelved, error) {
	return map[string]billing.Shelved{}, nil
}

func (o *oneCustomer) PutProduct(_ context.Context, p billing.Plan) (string, billing.Put, error) {
	return "broadsheet_" + p.Key, billing.Made, nil
}

func (o *oneCustomer) PutPrice(_ context.Context, _ string, p billing.Price) (string, billing.Put, error) {
	return "price_of_" + p.LookupKey, billing.Made, nil
}

func (o *oneCustomer) PutGiftPrice(_ context.Context, _ string, g billing.GiftPrice) (string, billing.Put, error) {
	return "price_of_" + g.LookupKey, billing.Made, nil
}

func (o *oneCustomer) PutCode(_ context.Context, n billing.NewCode) (billing.Promotion, billing.Put, error) {
	return billing.Promotion{ID: "promo_1", Code: n.Code, Active: true}, billing.Made, nil
}

func (o *oneCustomer) Codes(context.Context) ([]billing.Promotion, error) {
	return []billing.Promotion{{ID: "promo_1", Code: "SUMMER", Active: true}}, nil
}

func (o *oneCustomer) EndCode(_ context.Context, id string) (billing.Promotion, error) {
	if id != "promo_1" {
		return billing.Promotion{}, fault.New(fault.Missing, "There is no such code.", nil)
	}
	return billing.Promotion{ID: id, Code: "SUMMER"}, nil
}

// planForms says what the forms about plans are sent with.
func planForms() map[string]deskForm {
	sent := func(path string, outside bool, pairs ...string) deskForm {
		return deskForm{
			outside: outside,
			path:    func(w *deskWorld) string { w.shelves(); return path },
			form: func(w *deskWorld) url.Values {
				sold, err := w.db.Catalogue(w.t.Context())
				if err != nil {
					w.t.Fatal(err)
				}
				v := url.Values{"sure": {"1"}, "since": {sold.Version()}}
				for i := 0; i < len(pairs); i += 2 {
					v.Add(pairs[i], pairs[i+1])
				}
				return v
			},
		}
	}
	return map[string]deskForm{
		"/newsroom/plans/new":             sent("/newsroom/plans/new", true, "key", "weekend", "name", "Weekend", "benefit", "unlimited", "interval", "month", "amount", "5.00"),
		"/newsroom/plans/plan/:id":        sent("/newsroom/plans/plan/digital", true, "name", "On screen", "benefit", "unlimited", "sold", "yes", "place", "1"),
		"/newsroom/plans/plan/:id/price":  sent("/newsroom/plans/plan/digital/price", true, "lookup", "digital_yearly", "interval", "year", "amount", "70.00"),
		"/newsroom/plans/plan/:id/gifts":  sent("/newsroom/plans/plan/digital/gifts", true, "gift_3", "21.00", "gift_6", "", "gift_12", ""),
		"/newsroom/plans/price/:id":       sent("/newsroom/plans/price/digital_monthly", true, "amount", "9.00", "trial_days", "0", "sold", "yes"),
		"/newsroom/plans/benefits":        sent("/newsroom/plans/benefits", false, "name-unlimited", "All of it", "name-print", "The magazine"),
		"/newsroom/plans/stripe":          sent("/newsroom/plans/stripe", true),
		"/newsroom/plans/codes/new":       sent("/newsroom/plans/codes/new", true, "code", "SUMMER", "percent", "50", "duration", "once"),
		"/newsroom/plans/codes/:code/end": sent("/newsroom/plans/codes/promo_1/end", true),
	}
}

// shelves gives the paper something to sell.
func (b *deskBench) shelves() {
	b.t.Helper()
	sold, err := billing.ParseSheet([]byte(shopSheet))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.db.SaveCatalogue(b.t.Context(), sold); err != nil {
		b.t.Fatal(err)
	}
}

// planDesk is a desk whose Stripe is the stand-in, and which sells.
type planDesk struct {
	*deskBench
	pay *stripepay.Stripe
	member
	down bool // Stripe does not answer
}

func newPlanDesk(t *testing.T) *planDesk {
	t.Helper()
	p := &planDesk{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var books *standin.Server
	stripe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down {
			http.Error(w, `{"error": {"type": "api_error", "message": "down"}}`, http.StatusServiceUnavailable)
			return
		}
		books.ServeHTTP(w, r)
	}))
	t.Cleanup(stripe.Close)
	p.deskBench = newDeskBench(t, func(d *handlers.Deps) {
		db := d.Gate.(*store.DB)
		d.Plans, d.Holdings = db, handlers.NewHoldings(db)
		paper, err := clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
		must(err)
		d.Paper = paper
		books, err = standin.New(t.Context(), standin.Config{
			Books: filepath.Join(t.TempDir(), "books.db"), PublicURL: stripe.URL, Key: "sk_test_plans", Clock: paper,
			WebhookURL: "http://127.0.0.1:1/webhooks/stripe", WebhookSecret: "whsec_plans",
		})
		must(err)
		t.Cleanup(func() { books.Close() })
		p.pay, err = stripepay.New(stripepay.Config{Key: "sk_test_plans", APIBase: stripe.URL, WebhookSecrets: []string{"whsec_plans"}})
		must(err)
		d.Till.Billing = billing.New(billing.Parts{Store: db, Gateway: p.pay, Paper: d.Paper, Wall: clock.Wall{}})
		keys, err := reader.NewKeys(benchSecret)
		must(err)
		d.Till.Buying = journey.NewCheckout(journey.CheckoutParts{Store: db, Billing: d.Till.Billing, Keys: keys})
		sold, err := billing.ParseSheet([]byte(shopSheet))
		must(err)
		must(db.SaveCatalogue(t.Context(), sold))
		must(billing.Push(t.Context(), p.pay, db, sold, billing.PushOptions{BaseURL: "http://paper.example"}, func(string) {}))
	})
	p.member = p.atDesk("olive", reader.Owner)
	return p
}

func (p *planDesk) sold() billing.Catalogue {
	p.deskBench.t.Helper()
	c, err := p.db.Catalogue(p.deskBench.t.Context())
	if err != nil {
		p.deskBench.t.Fatal(err)
	}
	return c
}

// fill sends a form of what is sold now.
func (p *planDesk) fill(path string, pairs ...string) answer {
	p.deskBench.t.Helper()
	form := url.Values{"since": {p.sold().Version()}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.send(http.MethodPost, path, form)
}

func TestTheDeskPricesAPlan(t *testing.T) {
	t.Parallel()
	p := newPlanDesk(t)
	ctx := t.Context()
	page := p.get("/newsroom/plans").page(t)
	if page.Find("#plan-digital tbody tr").Length() != 1 || !strings.Contains(page.Find("#plan-digital tbody").Text(), "As here") || page.Find("#as-readers table.benefits").Length() != 1 {
		t.Errorf("the plans: %s", page.Find("main").Text())
	}
	maud := p.anAccount("maud", "")
	if err := p.db.SaveCustomer(ctx, billing.Customer{ID: "cus_1", ReaderID: maud.ID}); err != nil {
		t.Fatal(err)
	}
	at, err := p.pay.Shelved(ctx, []string{"digital_monthly"})
	if err != nil {
		t.Fatal(err)
	}
	old := at["digital_monthly"]
	if err := p.db.RecordSubscription(ctx, billing.Subscription{
		ID: "sub_1", Customer: "cus_1", ReaderID: maud.ID, Plan: "digital", PriceID: old.ID, Interval: billing.Monthly, Money: old.Money, Status: billing.Active, SyncedAt: noon,
	}); err != nil {
		t.Fatal(err)
	}
	was := p.sold().Version()
	// Seen first, and nothing is done by seeing.
	seen := p.fill("/newsroom/plans/price/digital_monthly", "amount", "9.00", "trial_days", "14", "trial_card", "optional", "sold", "yes")
	text := seen.page(t).Find("main").Text()
	for _, want := range []string{"7.00 EUR a month", "9.00 EUR a month, 14 free days without a card", "takes the lookup key digital_monthly over from " + old.ID, "1 reader pays by digital_monthly today: that stays as it is. Whoever subscribes from now on pays €9.00.", "test mode"} {
		if !strings.Contains(text, want) {
			t.Errorf("the preview does not say %q:\n%s", want, text)
		}
	}
	if p.sold().Version() != was || len(p.entries()) != 0 {
		t.Error("looking changed something")
	}
	form := url.Values{}
	for _, in := range seen.page(t).Find(`main form input[type="hidden"]`).Nodes {
		attr := map[string]string{}
		for _, a := range in.Attr {
			attr[a.Key] = a.Val
		}
		form.Add(attr["name"], attr["value"])
	}
	location(t, p.send(http.MethodPost, "/newsroom/plans/price/digital_monthly", form), "/newsroom/plans")
	if _, price, _ := p.sold().Price("digital_monthly"); price.Money.Amount != 900 || price.TrialDays != 14 || price.TrialCard != billing.TrialCardOptional {
		t.Errorf("sold is %+v", price)
	}
	if at, err = p.pay.Shelved(ctx, []string{"digital_monthly"}); err != nil || at["digital_monthly"].ID == old.ID || at["digital_monthly"].Money.Amount != 900 {
		t.Errorf("at Stripe: %+v, %v", at, err)
	}
	if text := p.get("/newsroom/plans").page(t).Find("#plan-digital tbody").Text(); !strings.Contains(text, "1 of them at €7.00") {
		t.Errorf("who pays the old price is not told: %s", text)
	}
	if text := p.deskBench.browser().get("/subscribe").page(t).Text(); !strings.Contains(text, "€9.00") {
		t.Error("readers still see the old price")
	}
	entries := p.entries()
	if len(entries) != 2 || entries[0].Kind != "price.edit.begun" || entries[1].Kind != "price.edit" || entries[1].ID != "digital_monthly" ||
		!strings.Contains(entries[1].Before, "7.00 EUR") || !strings.Contains(entries[1].After, "9.00 EUR") || !strings.Contains(entries[1].After, at["digital_monthly"].ID) {
		t.Errorf("on record: %+v", entries)
	}
	// The form that was sent is one of older plans now.
	if a := p.send(http.MethodPost, "/newsroom/plans/price/digital_monthly", form); a.StatusCode != http.StatusConflict || a.page(t).Find("#amount").AttrOr("value", "") != "9.00" {
		t.Errorf("a stale form: %d", a.StatusCode)
	}
}

func TestAWholePlanComesAndGoes(t *testing.T) {
	t.Parallel()
	p := newPlanDesk(t)
	weekend := []string{"key", "weekend", "name", "Weekend", "summary", "Saturdays.", "benefit", "unlimited", "place", "0", "interval", "month", "amount", "5.00", "trial_days", "0"}
	if a := p.fill("/newsroom/plans/new", weekend...); !strings.Contains(a.page(t).Find("#stripe").Text(), "A price of €5.00 a month with the lookup key weekend_monthly") {
		t.Fatalf("%d: %s", a.StatusCode, a.page(t).Find("main").Text())
	}
	location(t, p.fill("/newsroom/plans/new", append(weekend, "sure", "1")...), "/newsroom/plans")
	if c := p.sold(); len(c.Plans) != 3 || c.Plans[0].Key != "weekend" {
		t.Fatalf("sold: %+v", c.Plans)
	}
	location(t, p.fill("/newsroom/plans/plan/weekend/price", "lookup", "weekend_yearly", "interval", "year", "amount", "50.00", "trial_days", "", "sure", "1"), "/newsroom/plans")
	location(t, p.fill("/newsroom/plans/plan/weekend", "name", "Weekends", "benefit", "unlimited", "benefit", "ad_free", "place", "2", "sold", "yes", "sure", "1"), "/newsroom/plans")
	location(t, p.fill("/newsroom/plans/plan/weekend/gifts", "gift_3", "15.00", "gift_6", "", "gift_12", "", "sure", "1"), "/newsroom/plans")
	if c := p.sold(); c.Plans[2].Name != "Weekends" || len(c.Plans[2].Prices) != 2 || len(c.Plans[2].Gifts) != 1 {
		t.Errorf("sold: %+v", c.Plans)
	}
	location(t, p.fill("/newsroom/plans/price/weekend_yearly", "amount", "50.00", "sold", "no", "sure", "1"), "/newsroom/plans")
	if a := p.fill("/newsroom/plans/price/weekend_monthly", "amount", "5.00", "sold", "no"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find("#sold-err").Text(), "only price") {
		t.Errorf("the last price goes: %d", a.StatusCode)
	}
	p.down = true // to retire asks nothing of Stripe
	location(t, p.fill("/newsroom/plans/plan/weekend", "sold", "no", "sure", "1"), "/newsroom/plans")
	if c := p.sold(); len(c.Plans) != 2 || len(c.Retired) != 1 || len(c.Retired[0].Prices) != 2 {
		t.Errorf("sold %+v, retired %+v", c.Plans, c.Retired)
	}
	p.down = false
	location(t, p.fill("/newsroom/plans/plan/weekend", "name", "Weekends", "benefit", "unlimited", "place", "2", "sold", "yes", "sure", "1"), "/newsroom/plans")
	if c := p.sold(); len(c.Plans) != 3 || len(c.Plans[2].Prices) != 2 || len(c.Retired) != 0 {
		t.Errorf("sold again %+v, retired %+v", c.Plans, c.Retired)
	}
	location(t, p.fill("/newsroom/plans/benefits", "name-unlimited", "All of it", "name-print", "The magazine", "place-unlimited", "1", "name-ad_free", "No ads", "sure", "1"), "/newsroom/plans")
	if c := p.sold(); c.Benefits[0].Key != billing.Print || c.Benefits[1].Name != "All of it" {
		t.Errorf("benefits: %+v", c.Benefits)
	}
}

func TestWhatIsWrongWithAPlanIsTold(t *testing.T) {
	t.Parallel()
	p := newPlanDesk(t)
	was := p.sold().Version()
	good := map[string]string{"key": "weekend", "name": "Weekend", "benefit": "unlimited", "interval": "month", "amount": "5.00"}
	for field, bad := range map[string]string{"key": "print", "name": "", "benefit": "", "interval": "week", "amount": "a fiver"} {
		var pairs []string
		for name, value := range good {
			if name == field {
				value = bad
			}
			pairs = append(pairs, name, value)
		}
		a := p.fill("/newsroom/plans/new", append(pairs, "sure", "1")...)
		if a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find("#"+field+"-err").Text() == "" {
			t.Errorf("%s %q: %d", field, bad, a.StatusCode)
		}
	}
	p.down = true
	a := p.fill("/newsroom/plans/price/digital_monthly", "amount", "9.00", "sold", "yes", "sure", "1")
	if text := a.page(t).Find(".note-bad, [role=alert]").Text(); a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "Stripe does not answer") || !strings.Contains(text, "the paper sells what it sold") || a.page(t).Find("#amount").AttrOr("value", "") != "9.00" {
		t.Errorf("%d: %s", a.StatusCode, text)
	}
	if a := p.get("/newsroom/plans"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Stripe does not answer") || !strings.Contains(a.body, "€7.00") {
		t.Errorf("the plans while Stripe is down: %d", a.StatusCode)
	}
	p.down = false
	if p.sold().Version() != was {
		t.Error("something was changed")
	}
	// What an import changed and nobody has made at Stripe is seen, and made by a button.
	c := p.sold()
	_, price, _ := c.Price("digital_monthly")
	price.Money.Amount = 800
	if err := p.db.SaveCatalogue(t.Context(), c.WithPrice(price)); err != nil {
		t.Fatal(err)
	}
	if text := p.get("/newsroom/plans").page(t).Find("#lacks").Text(); !strings.Contains(text, "digital_monthly (€7.00 there)") {
		t.Errorf("what Stripe lacks: %q", text)
	}
	if text := p.get("/newsroom/plans/stripe").page(t).Find("#stripe").Text(); !strings.Contains(text, "A price of €8.00 a month") {
		t.Errorf("what it needs: %q", text)
	}
	location(t, p.fill("/newsroom/plans/stripe"), "/newsroom/plans")
	if p.get("/newsroom/plans").page(t).Find("#lacks").Length() != 0 {
		t.Error("it still lacks something")
	}
}

func TestTheDeskMakesAndEndsACode(t *testing.T) {
	t.Parallel()
	p := newPlanDesk(t)
	if a := p.fill("/newsroom/plans/codes/new", "code", "su", "percent", "50", "amount", "2.00", "duration", "once", "months", "3", "until", "2001-01-01", "most", "0"); a.StatusCode != http.StatusUnprocessableEntity ||
		a.page(t).Find("#percent-err, #months-err, #until-err, #most-err").Length() != 4 || a.page(t).Find("#code").AttrOr("value", "") != "su" {
		t.Errorf("%d: %s", a.StatusCode, a.page(t).Find("main").Text())
	}
	summer := []string{"code", "summer", "percent", "50", "duration", "repeating", "months", "3", "plan", "digital", "most", "100", "until", "2030-06-30", "first", "1"}
	seen := p.fill("/newsroom/plans/codes/new", summer...)
	if text := seen.page(t).Find("main").Text(); !strings.Contains(text, "Digital, a month: €3.50 instead of €7.00.") || strings.Contains(text, "Print + Digital, a month") {
		t.Errorf("the preview: %s", text)
	}
	location(t, p.fill("/newsroom/plans/codes/new", append(summer, "sure", "1")...), "/newsroom/plans/codes")
	list := p.get("/newsroom/plans/codes").page(t)
	if text := list.Find("tbody tr").Text(); !strings.Contains(text, "SUMMER") || !strings.Contains(text, "50 % off, for three months") || !strings.Contains(text, "Only Digital") || !strings.Contains(text, "0 of 100") || !strings.Contains(text, "30") {
		t.Errorf("the list: %s", text)
	}
	// Readers meet it on that plan only.
	text := p.deskBench.browser().get("/subscribe?code=summer").page(t).Find("main").Text()
	if !strings.Contains(text, "With SUMMER €3.50") || !strings.Contains(text, "The code SUMMER takes nothing off this price.") {
		t.Errorf("the plans with the code: %s", text)
	}
	end := list.Find("tbody a").AttrOr("href", "")
	if a := p.get(end); !strings.Contains(a.body, "End the code SUMMER?") {
		t.Errorf("%d: the question is missing", a.StatusCode)
	}
	location(t, p.send(http.MethodPost, end, url.Values{}), "/newsroom/plans/codes")
	if _, err := p.pay.Promotion(t.Context(), "SUMMER"); err != nil {
		t.Error(err)
	}
	if text := p.get("/newsroom/plans/codes").page(t).Find("tbody").Text(); !strings.Contains(text, "Ended") {
		t.Errorf("it goes on: %s", text)
	}
	kinds := ""
	for _, e := range p.entries() {
		kinds += e.Kind + " "
	}
	if kinds != "code.make.begun code.make code.end.begun code.end " {
		t.Errorf("on record: %s", kinds)
	}
}
