package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// checkout goes to the payment page.
func (y *year) checkout(ctx context.Context, p *person, lookup string) (string, error) {
	return y.billing.Checkout(ctx, billing.Order{
		ReaderID: p.reader, Email: p.email, LookupKey: lookup, Return: p.story, Visitor: p.visitor, Verified: true, Code: p.code,
	})
}

// buy pays at the stand-in's own page and returns from it.
func (y *year) buy(ctx context.Context, p *person, lookup string) error {
	page, err := y.checkout(ctx, p, lookup)
	if err != nil {
		return err
	}
	if err := y.pay(page, p.name); err != nil {
		return err
	}
	out, err := y.billing.Finish(ctx, p.reader, path.Base(page))
	if err == nil && out.Subscription == nil {
		err = fmt.Errorf("%s paid and has nothing", p.email)
	}
	y.bought++
	return err
}

// pay fills in the stand-in's payment page.
func (y *year) pay(page, name string) error {
	form := url.Values{
		"number": {"4242424242424242"}, "exp": {y.now.AddDate(3, 0, 0).Format("01/06")}, "cvc": {"123"}, "name": {name}, "email": {"reader@example.org"},
		"line1": {"12 Harbour Street"}, "city": {"Amsterdam"}, "postal": {"1011 AB"}, "country": {"NL"},
	}
	res, err := y.client.PostForm(page, form)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("the payment page answered %s, %w", res.Status, err)
	}
	return nil
}

// held is a person's subscription while it grants something; nil without one.
func (y *year) held(ctx context.Context, p *person) (*billing.Subscription, error) {
	now := y.clocks.Paper.Now()
	sub, err := y.billing.SubscriptionOf(ctx, p.reader, now)
	if err != nil || sub == nil || !billing.Access(*sub, now).Grants {
		return nil, err
	}
	return sub, nil
}

// withCard makes a card the one that a person's payments are taken from.
func (y *year) withCard(token string) func(ctx context.Context, p *person) error {
	return func(ctx context.Context, p *person) error {
		sub, err := y.held(ctx, p)
		if err != nil || sub == nil {
			return err
		}
		return y.changeCard(ctx, sub, token)
	}
}

func (y *year) changeCard(ctx context.Context, sub *billing.Subscription, token string) error {
	api, with := y.standinAPI(), stripe.Params{Context: ctx}
	card, err := api.PaymentMethods.Attach(token, &stripe.PaymentMethodAttachParams{Params: with, Customer: &sub.Customer})
	if err != nil {
		return err
	}
	_, err = api.Customers.Update(sub.Customer, &stripe.CustomerParams{
		Params: with, InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &card.ID},
	})
	if err != nil {
		return err
	}
	_, err = api.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Params: with, DefaultPaymentMethod: &card.ID})
	return err
}

// mend takes another card, and pays what is open with it.
func (y *year) mend(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil {
		return err
	}
	if err := y.changeCard(ctx, sub, "pm_card_mastercard"); err != nil || sub.Status != billing.PastDue {
		return err
	}
	return y.billing.PayOpen(ctx, sub.Customer, sub.Latest)
}

func (y *year) cancel(ctx context.Context, p *person, why string) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil {
		return err
	}
	return y.billing.Cancel(ctx, p.reader, billing.Parting{Feedback: why})
}

func (y *year) resume(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil || sub.CancelAt.IsZero() {
		return err
	}
	return y.billing.Resume(ctx, p.reader)
}

// giveBack ends a subscription at once, as support does.
func (y *year) giveBack(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil {
		return err
	}
	_, err = y.billing.EndNow(ctx, sub.ID, billing.RefundProrata, "support")
	return err
}
