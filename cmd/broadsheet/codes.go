package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// plansCode makes a code that takes something off.
func plansCode(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "plans code", "plans code CODE (--percent N | --amount N [--currency eur]) [--duration once|repeating|forever] [--months N] [--max N] [--until DATE] [--plan KEY]… [--first-time]", `
Makes a coupon and the code that brings it in the Stripe account of
STRIPE_SECRET_KEY, or finds them as they are. Readers type the code at
/subscribe, follow a link to /subscribe?code=CODE, or give it on the payment
page. A code that is there and says something else is not changed.`)
	percent := f.String("percent", "", "how much comes off, such as 50 or 12.5")
	amount := f.Int64("amount", 0, "how much comes off, in minor units (cents)")
	currency := f.String("currency", "", "of the amount; the paper's first price says it if this is empty")
	duration := f.String("duration", billing.DiscountOnce, "once, repeating or forever")
	months := f.Int("months", 0, "how many months a repeating discount lasts")
	most := f.Int("max", 0, "how often the code may be used; 0 is any number")
	until := f.String("until", "", "the last day on which it may be used, such as 2027-01-31")
	first := f.Bool("first-time", false, "only for who never paid before")
	var only []string
	f.Func("plan", "only for the plan of that key, such as digital; may be given several times", func(key string) error { only = append(only, key); return nil })
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	n := billing.NewCode{Code: rest[0], Duration: *duration, Months: *months, Most: *most, FirstTime: *first, Plans: only, Off: billing.Money{Amount: *amount, Currency: *currency}}
	if *percent != "" {
		if n.Percent, err = billing.ParsePercent(*percent); err != nil {
			return f.wrong("--percent %s is no percentage with at most two decimals", *percent)
		}
	}
	if n.Until, err = endOf(*until); err != nil {
		return f.wrong("--until %s is no day such as 2027-01-31", *until)
	}
	if n.Off.Amount != 0 && n.Off.Currency == "" {
		n.Off.Currency = "eur" // checked below; the paper's own takes its place when it is known
	}
	if wrong := n.Faults(); len(wrong) > 0 {
		return f.wrong("%s", strings.Join(wrong, " "))
	}
	return withCodebook(ctx, w, func(b *base, book billing.Codebook) error {
		if n.Off.Amount != 0 && *currency == "" {
			if n.Off.Currency, err = b.currency(ctx); err != nil {
				return err
			}
		}
		made, done, err := book.PutCode(ctx, n)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "%-8s %s\n", done, codeLine(made))
		return err
	})
}

// plansCodes lists the codes.
func plansCodes(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "plans codes", "plans codes", "Lists the codes of the Stripe account of STRIPE_SECRET_KEY, the newest first.")
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	return withCodebook(ctx, w, func(_ *base, book billing.Codebook) error { return listCodes(ctx, w.stdout, book) })
}

func listCodes(ctx context.Context, out io.Writer, book billing.Codebook) error {
	list, err := book.Codes(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(out, "There are no codes yet.")
	}
	for _, p := range list {
		if _, failed := fmt.Fprintln(out, codeLine(p)); failed != nil {
			return failed
		}
	}
	return err
}

func withCodebook(ctx context.Context, w world, do func(*base, billing.Codebook) error) error {
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	book, err := newStripe(b.conf)
	if err == nil {
		err = do(b, book)
	}
	return errors.Join(err, b.close())
}

// currency is the one that the paper's prices are in.
func (b *base) currency(ctx context.Context) (string, error) {
	sold, err := b.db.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	for _, plan := range sold.Plans {
		for _, price := range plan.Prices {
			return price.Money.Currency, nil
		}
	}
	return "", errors.New("the paper sells nothing yet, so say --currency")
}

// codeLine is a code in a line: "HALF, 50 % off, repeating for 3 months, used 2
// of 100, until 31 January 2027, first-time only".
func codeLine(p billing.Promotion) string {
	off := p.Discount.Share()
	if off == "" {
		off = views.Money(p.Discount.Off)
	}
	parts := []string{p.Code, off + " off", p.Discount.Duration}
	if p.Months > 0 {
		parts[2] += fmt.Sprintf(" for %d months", p.Months)
	}
	used := fmt.Sprintf("used %d", p.Used)
	if p.Most > 0 {
		used += fmt.Sprintf(" of %d", p.Most)
	}
	parts = append(parts, used)
	if !p.Expires.IsZero() {
		parts = append(parts, "until "+p.Expires.Add(-time.Second).Format("2 January 2006"))
	}
	if p.Discount.Plans != "" {
		parts = append(parts, "only "+p.Discount.Plans)
	}
	if p.FirstTime {
		parts = append(parts, "first-time only")
	}
	if !p.Active {
		parts = append(parts, "not active")
	}
	return strings.Join(parts, ", ")
}

// endOf is when a day is over, in UTC; zero for "".
func endOf(day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, 1), err
}
