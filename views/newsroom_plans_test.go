package views

import (
	"testing"

	"broadsheet/billing"
)

func TestTheDesksPlans(t *testing.T) {
	t.Parallel()
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	price := billing.Price{LookupKey: "digital_monthly", Plan: "digital", Interval: billing.Monthly, Money: eur(900), TrialDays: 14, TrialCard: billing.TrialCardOptional}
	plan := billing.Plan{Key: "digital", Name: "Digital", Summary: "No paper.", Benefits: []billing.Benefit{billing.Unlimited}, Prices: []billing.Price{price}, Gifts: []billing.GiftPrice{{LookupKey: "gift_digital_3", Months: 3, Money: eur(2100)}}}
	old := billing.Plan{Key: "weekend", Name: "Weekend", Prices: []billing.Price{{LookupKey: "weekend_monthly", Plan: "weekend", Interval: billing.Monthly, Money: eur(500)}}}
	p := DeskPlansPage{
		DeskFrame: atDesk(), Catalogue: billing.Catalogue{Plans: []billing.Plan{plan}, Benefits: []billing.BenefitText{{Key: billing.Unlimited, Name: "Every story"}}, Retired: []billing.Plan{old}},
		Holders: []billing.Holders{
			{Plan: "digital", LookupKey: "digital_monthly", Interval: billing.Monthly, Money: eur(900), Readers: 5},
			{Plan: "digital", LookupKey: "digital_monthly", Interval: billing.Monthly, Money: eur(700), Readers: 3},
			{Plan: "digital", Readers: 2}, {Plan: "weekend", LookupKey: "weekend_monthly", Interval: billing.Monthly, Money: eur(500), Readers: 4},
		},
		AtStripe: map[string]billing.Shelved{"digital_monthly": {ID: "price_1", Money: eur(700), Interval: billing.Monthly, Ours: true}},
		Lacks:    []billing.Making{{Plan: plan, Price: &price, Was: eur(700)}},
	}
	doc := draw(t, DeskPlans(p))
	holds(t, doc, "#plan-digital", "8", "3 of them at €7.00", "14, no card", "Costs €7.00", "€21.00 for three months", "Two readers have it by a gift")
	holds(t, doc, "#retired", "Weekend", "4", "Sell the plan again")
	holds(t, doc, "#lacks", "digital_monthly (€7.00 there)")
	many(t, doc, "#as-readers table.benefits tbody tr", 2)
	p.AtStripe, p.Lacks, p.Trouble = nil, nil, "Stripe does not answer."
	holds(t, draw(t, DeskPlans(p)), "main", "Not known now", "Stripe does not answer.")
	holds(t, draw(t, DeskPlans(DeskPlansPage{DeskFrame: atDesk()})), ".empty", "Nothing is on sale")

	field := Field{ID: "amount", Label: "Amount", Value: "9.00", Error: "It is nothing."}
	checks := Checks{ID: "benefit", Label: "Benefits", Options: []Option{{"unlimited", "Every story"}}, On: []string{"unlimited"}, Error: "One at least."}
	f := PlanFormPage{DeskFrame: atDesk(), Heading: "Change", Says: []string{"So."}, Action: "/newsroom/plans/x", Since: "abc", Error: "Nothing was changed.",
		Parts: []FormPart{{Title: "Part", Row: []FormPart{{Field: &field}, {Select: &Select{ID: "sold", Label: "On sale"}}}}, {Checks: &checks}}}
	f.Trail = []DeskLink{{Label: "Plans", Href: DeskPlansPath}}
	doc = draw(t, PlanForm(f))
	many(t, doc, "input[name=since][value=abc]", 1)
	many(t, doc, "input[name=amount][aria-invalid=true]", 1)
	many(t, doc, "fieldset[aria-describedby=benefit-err] input[name=benefit][checked]", 1)
	holds(t, doc, "[role=alert]", "Nothing was changed.")

	v := PlanPreviewPage{DeskFrame: atDesk(), Heading: "Change", Changes: []PlanDiff{{"Price", "7", "9"}, {"Gift", "", "3"}}, Stripe: []string{"A price."}, Mode: "test mode", Touches: []string{"Nobody."}, Fields: []Hidden{{"sure", "1"}}, Action: "/newsroom/plans/x", Yes: "Do it", Back: DeskPlansPath, Bad: true}
	doc = draw(t, PlanPreview(v))
	holds(t, doc, "#stripe", "This will make in Stripe (test mode)", "A price.")
	many(t, doc, "button.btn-bad", 1)
	holds(t, draw(t, PlanPreview(PlanPreviewPage{DeskFrame: atDesk()})), "main", "Nothing is made in Stripe", "has it so already")

	codes := DeskCodesPage{DeskFrame: atDesk(), BaseURL: "https://paper.example", Catalogue: p.Catalogue, Codes: []billing.Promotion{
		{ID: "promo_1", Code: "SUMMER", Discount: billing.Discount{Percent: 5000, Duration: billing.DiscountRepeating, Plans: "digital gone"}, Months: 3, Active: true, Used: 2, Most: 100, Expires: noon, FirstTime: true, Minimum: eur(100), Customer: "cus_1"},
		{ID: "promo_2", Code: "OLD", Discount: billing.Discount{Off: eur(200), Duration: billing.DiscountForever}},
	}}
	doc = draw(t, DeskCodes(codes))
	holds(t, doc, "tbody", "50 % off, for three months", "2 of 100", "Only Digital, gone", "Only who never paid", "€2.00 off, for as long as the plan is kept", "Ended", "No end")
	many(t, doc, "tbody a[href='/newsroom/plans/codes/promo_1/end']", 1)
	holds(t, draw(t, DeskCodes(DeskCodesPage{DeskFrame: atDesk()})), ".empty", "no codes yet")
}
