package billing

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"broadsheet/internal/fault"
)

// sheet is the part of a publication's file that says what is sold.
type sheet struct {
	Currency string        `yaml:"currency"`
	Benefits []BenefitText `yaml:"benefits"`
	ShipsTo  []string      `yaml:"ships_to"`
	Billing  struct {
		Dispute DisputePolicy `yaml:"dispute"` // keep or suspend
	} `yaml:"billing"`
	Plans []struct {
		Key      string    `yaml:"key"`
		Name     string    `yaml:"name"`
		Summary  string    `yaml:"summary"`
		Benefits []Benefit `yaml:"benefits"`
		Prices   []struct {
			LookupKey string    `yaml:"lookup_key"`
			Interval  Interval  `yaml:"interval"`
			Amount    int64     `yaml:"amount"`
			Currency  string    `yaml:"currency"` // the paper's, if empty
			TrialDays int       `yaml:"trial_days"`
			TrialCard TrialCard `yaml:"trial_card"` // required, if empty
		} `yaml:"prices"`
		Gifts []sheetGift `yaml:"gifts"`
	} `yaml:"plans"`
}

var (
	keyForm      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	currencyForm = regexp.MustCompile(`^[a-z]{3}$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
)

// ParseSheet reads the plans from a publication's YAML. Amounts are in minor
// units. Keys that it does not know belong to other readers of the file and are
// passed over. Its fault names everything that cannot be sold.
func ParseSheet(raw []byte) (Catalogue, error) {
	var s sheet
	if err := yaml.Unmarshal(raw, &s); err != nil {
		return Catalogue{}, fault.New(fault.Invalid, "The plans cannot be read: "+err.Error(), err)
	}
	c := Catalogue{Benefits: s.Benefits, ShipsTo: s.ShipsTo, Disputes: s.Billing.Dispute}
	for _, p := range s.Plans {
		plan := Plan{Key: p.Key, Name: p.Name, Summary: p.Summary, Benefits: p.Benefits}
		for _, pr := range p.Prices {
			currency := pr.Currency
			if currency == "" {
				currency = s.Currency
			}
			if pr.TrialCard == "" && pr.TrialDays > 0 {
				pr.TrialCard = TrialCardRequired
			}
			plan.Prices = append(plan.Prices, Price{
				LookupKey: pr.LookupKey, Plan: p.Key, Interval: pr.Interval, Money: Money{pr.Amount, currency},
				TrialDays: pr.TrialDays, TrialCard: pr.TrialCard,
			})
		}
		plan.Gifts = giftPrices(p.Key, s.Currency, p.Gifts)
		c.Plans = append(c.Plans, plan)
	}
	if wrong := c.Faults(); len(wrong) > 0 {
		return Catalogue{}, fault.New(fault.Invalid, "The plans cannot be sold as they stand: "+strings.Join(wrong, " "), nil)
	}
	return c, nil
}

// Faults lists what keeps the catalogue from being sold, a sentence each.
func (c Catalogue) Faults() []string {
	var wrong []string
	bad := func(isBad bool, format string, args ...any) {
		if isBad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	known := map[Benefit]bool{}
	for _, b := range AllBenefits {
		known[b] = true
	}
	for _, b := range c.Benefits {
		bad(!known[b.Key], "There is no benefit %q.", b.Key)
		bad(b.Name == "", "The benefit %q has no name.", b.Key)
	}
	for _, country := range c.ShipsTo {
		bad(!countryForm.MatchString(country), "%q in ships_to is not a country's two letters.", country)
	}
	bad(c.Disputes != "" && c.Disputes != DisputeKeeps && c.Disputes != DisputeSuspends,
		"billing: dispute is %q; keep and suspend are known.", c.Disputes)
	plans, lookups := map[string]bool{}, map[string]bool{}
	for _, p := range c.Plans {
		bad(!keyForm.MatchString(p.Key), "The plan key %q is not a word of a to z, digits and _.", p.Key)
		bad(plans[p.Key], "The plan %q stands there twice.", p.Key)
		bad(p.Name == "", "The plan %q has no name.", p.Key)
		bad(len(p.Prices) == 0, "The plan %q has no price.", p.Key)
		bad(p.Has(Print) && len(c.ShipsTo) == 0, "The plan %q is printed, and ships_to names no country.", p.Key)
		plans[p.Key] = true
		for _, b := range p.Benefits {
			bad(!known[b], "The plan %q brings %q, which is no benefit.", p.Key, b)
		}
		for _, pr := range p.Prices {
			bad(!keyForm.MatchString(pr.LookupKey), "The lookup key %q is not a word of a to z, digits and _.", pr.LookupKey)
			bad(lookups[pr.LookupKey], "The lookup key %q stands there twice.", pr.LookupKey)
			bad(pr.Interval != Monthly && pr.Interval != Yearly, "The price %q is paid each %q; month and year are known.", pr.LookupKey, pr.Interval)
			bad(pr.Money.Amount <= 0, "The price %q must be more than nothing.", pr.LookupKey)
			bad(!currencyForm.MatchString(pr.Money.Currency), "The price %q has the currency %q, which is not three small letters.", pr.LookupKey, pr.Money.Currency)
			bad(pr.TrialDays < 0 || pr.TrialDays > MostTrialDays, "The price %q has %d trial days; 0 to %d can be given.", pr.LookupKey, pr.TrialDays, MostTrialDays)
			bad(pr.TrialDays > 0 && pr.TrialCard != TrialCardRequired && pr.TrialCard != TrialCardOptional,
				"The price %q has the trial_card %q; required and optional are known.", pr.LookupKey, pr.TrialCard)
			bad(pr.TrialDays == 0 && pr.TrialCard != "", "The price %q has a trial_card and no trial_days.", pr.LookupKey)
			lookups[pr.LookupKey] = true
		}
		wrong = append(wrong, p.giftFaults()...)
	}
	return wrong
}
