package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"broadsheet/billing"
)

func plans(ctx context.Context, w world, args []string) error {
	if len(args) > 0 && args[0] == "code" {
		return plansCode(ctx, w, args[1:])
	}
	if len(args) > 0 && args[0] == "codes" {
		return plansCodes(ctx, w, args[1:])
	}
	f := newFlags(w, "plans", "plans push [--webhook URL] | code CODE … | codes", `
Makes the products and prices of the paper's plans in the Stripe account of
STRIPE_SECRET_KEY, each found again by its lookup key, and the portal's settings
(card, invoices, cancel at the end of a period). With --webhook it makes the
endpoint too, with the API version and the events that the paper needs, and
prints its secret, which Stripe tells only once. It can be run again at any time
and makes nothing twice. The plans come with "broadsheet import".
"plans code" makes a code that takes something off, and "plans codes" lists
them; both have --help.`)
	hook := f.String("webhook", "", "the public address of the webhook, such as https://paper.example.org/webhooks/stripe")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	if rest[0] != "push" {
		return f.wrong("plans cannot %q; it can push, code and codes", rest[0])
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	err = b.push(ctx, *hook, func(line string) { fmt.Fprintln(w.stdout, line) })
	return errors.Join(err, b.close())
}

// push makes Stripe sell what the paper's catalogue says.
func (b *base) push(ctx context.Context, hook string, report func(string)) error {
	sold, err := b.db.Catalogue(ctx)
	if err != nil {
		return err
	}
	if len(sold.Plans) == 0 {
		return errors.New("there are no plans yet: import a folder whose publication.yaml describes them")
	}
	shelf, err := newStripe(b.conf)
	if err != nil {
		return err
	}
	return billing.Push(ctx, shelf, b.db, sold, billing.PushOptions{
		BaseURL: b.conf.BaseURL.Scheme + "://" + b.conf.BaseURL.Host, WebhookURL: hook,
	}, report)
}

// plansMark is the mark under which the plans that the stand-in has are noted.
const plansMark = "standin plans"

// pushPlans makes our own stand-in sell what the paper does, when that changed.
// A real account changes only by hand: broadsheet plans push.
func (p *paper) pushPlans(ctx context.Context) error {
	if p.standin == nil {
		return nil
	}
	sold, err := p.db.Catalogue(ctx)
	if err != nil || len(sold.Plans) == 0 {
		return err
	}
	doc, err := json.Marshal(sold)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append(doc, p.conf.StripeKey.Reveal()+p.address("")...))
	is := hex.EncodeToString(sum[:])
	was, err := p.db.Mark(ctx, plansMark)
	if err != nil || is == was {
		return err
	}
	if err := p.push(ctx, "", func(string) {}); err != nil {
		return err
	}
	return p.db.SetMark(ctx, plansMark, is)
}
