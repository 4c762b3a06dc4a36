package billing

import (
	"context"
	"fmt"
)

// Shelf is what "plans push" needs of Stripe. Each method makes a thing be as
// asked and says what it had to do, so that a second push makes nothing.
type Shelf interface {
	PutProduct(ctx context.Context, p Plan) (id string, done Put, err error)
	// PutPrice finds the price by its lookup key. A price whose amount changed is
	// replaced: the new one takes the key over, the old one keeps its subscribers
	// and is sold no more.
	PutPrice(ctx context.Context, product string, p Price) (id string, done Put, err error)
	// PutGiftPrice does the same for a price that is paid once.
	PutGiftPrice(ctx context.Context, product string, p GiftPrice) (id string, done Put, err error)
	// PutPortal sets up Stripe's own pages: card, invoices, cancelling at the end
	// of the period; no change of plan.
	PutPortal(ctx context.Context, returnURL string) (Put, error)
	// PutWebhook makes the endpoint. Stripe tells its secret only when it is made.
	PutWebhook(ctx context.Context, url string, types []string) (secret string, done Put, err error)
}

// Put is what it took to make a thing be as asked.
type Put string

// What it took.
const (
	Kept    Put = "kept"
	Made    Put = "made"
	Changed Put = "changed"
)

// WebhookTypes are the events that say that something access rests on may have
// changed.
var WebhookTypes = []string{
	"charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated", "charge.dispute.funds_withdrawn",
	"charge.dispute.updated", "charge.refund.updated", "charge.refunded",
	"checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded", "checkout.session.completed", "checkout.session.expired",
	"credit_note.created", "credit_note.updated", "credit_note.voided",
	"customer.deleted", "customer.updated",
	"customer.subscription.created", "customer.subscription.deleted", "customer.subscription.paused",
	"customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
	"customer.subscription.resumed", "customer.subscription.trial_will_end", "customer.subscription.updated",
	"invoice.created", "invoice.finalized", "invoice.marked_uncollectible", "invoice.paid", "invoice.payment_action_required",
	"invoice.payment_failed", "invoice.updated", "invoice.voided",
}

// priceKeeper remembers what lookup keys meant.
type priceKeeper interface {
	KeepPrice(ctx context.Context, priceID, lookup string) error
}

// PushOptions are the parts of a push that are asked for.
type PushOptions struct {
	BaseURL    string // the paper's address, to come back to from the portal
	WebhookURL string // "" leaves endpoints alone
}

// Push makes Stripe's account sell what the catalogue says, and reports each
// thing in a line. It can be run again at any time.
func Push(ctx context.Context, shelf Shelf, keep priceKeeper, c Catalogue, o PushOptions, report func(line string)) error {
	say := func(format string, args ...any) { report(fmt.Sprintf(format, args...)) }
	for _, plan := range c.Plans {
		product, done, err := shelf.PutProduct(ctx, plan)
		if err != nil {
			return fmt.Errorf("product %s: %w", plan.Key, err)
		}
		say("%-8s product %s (%s)", done, plan.Key, product)
		for _, price := range plan.Prices {
			id, done, err := shelf.PutPrice(ctx, product, price)
			if err != nil {
				return fmt.Errorf("price %s: %w", price.LookupKey, err)
			}
			if err := keep.KeepPrice(ctx, id, price.LookupKey); err != nil {
				return err
			}
			say("%-8s price %s, %d %s a %s (%s)", done, price.LookupKey, price.Money.Amount, price.Money.Currency, price.Interval, id)
		}
		if err := pushGifts(ctx, shelf, product, plan, say); err != nil {
			return err
		}
	}
	done, err := shelf.PutPortal(ctx, o.BaseURL+"/account/back")
	if err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	say("%-8s portal: card, invoices, cancel at period end", done)
	if o.WebhookURL == "" {
		return nil
	}
	secret, done, err := shelf.PutWebhook(ctx, o.WebhookURL, WebhookTypes)
	if err != nil {
		return fmt.Errorf("webhook endpoint: %w", err)
	}
	say("%-8s webhook endpoint %s, %d kinds of events", done, o.WebhookURL, len(WebhookTypes))
	if secret != "" {
		say("Stripe tells the endpoint's secret only now. Keep it: STRIPE_WEBHOOK_SECRET=%s", secret)
	}
	return nil
}
