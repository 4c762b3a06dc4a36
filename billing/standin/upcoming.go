package standin

import (
	"errors"
	"fmt"
)

// pretend runs fn and takes back whatever it did to the books and told
// anybody, so that a preview can be made by doing the thing itself.
func (w *work) pretend(fn func() error) error {
	now, spoke := w.now, w.spoke
	if _, err := w.tx.ExecContext(w.ctx, `SAVEPOINT pretence`); err != nil {
		return fmt.Errorf("stand-in's books: %w", err)
	}
	err := fn()
	w.now, w.spoke = now, spoke
	_, undo := w.tx.ExecContext(w.ctx, `ROLLBACK TO pretence`)
	_, release := w.tx.ExecContext(w.ctx, `RELEASE pretence`)
	return errors.Join(err, undo, release)
}

// upcomingInvoice previews what would be billed next: at once, if the revision
// that it asks about bills at once, else at the next renewal.
// https://docs.stripe.com/api/invoices/upcoming
func upcomingInvoice(c *call) (obj, error) {
	if c.p.str("subscription") == "" && c.p.str("customer") == "" {
		return nil, invalidCode("parameter_missing", "customer", "You must pass customer or subscription.")
	}
	sub, err := c.previewed()
	if err != nil {
		return nil, err
	}
	if sub == nil {
		return nil, c.noUpcoming()
	}
	customer, err := c.live("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	rev, err := c.readRevision(sub, "subscription_")
	if err != nil {
		return nil, err
	}
	var inv obj
	err = c.pretend(func() error {
		if err := c.takeDiscount(sub); err != nil {
			return err
		}
		if inv, err = c.revise(sub, customer, rev); err != nil || inv != nil {
			return err
		}
		inv, err = c.nextRenewal(sub)
		return err
	})
	if err != nil {
		return nil, err
	}
	delete(inv, "id")
	inv["webhooks_delivered_at"] = nil
	for _, line := range inv.list("lines") {
		line["invoice"] = nil
	}
	inv.sub("lines")["url"] = "/v1/invoices/upcoming/lines"
	return inv, nil
}

func (c *call) noUpcoming() error {
	return &apiError{status: 404, typ: "invalid_request_error", code: "invoice_upcoming_none",
		message: "No upcoming invoices for customer: " + c.p.str("customer")}
}

// previewed is the subscription that a preview is about; nil when there is
// none that will be billed.
func (c *call) previewed() (obj, error) {
	q := of("subscription").is("id", c.p.str("subscription")).is("customer", c.p.str("customer")).
		cond(column("status") + " IN ('active', 'past_due', 'trialing')")
	subs, err := c.all(q)
	if err != nil || len(subs) == 0 {
		return nil, err
	}
	sub := subs[0]
	if yes, sent := c.p.optBool("subscription_cancel_at_period_end"); sent && yes != sub.flag("cancel_at_period_end") {
		c.setCancelAtEnd(sub, yes)
	}
	return sub, nil
}

// nextRenewal lives on to the period's end and gives the invoice that comes
// then.
func (c *call) nextRenewal(sub obj) (obj, error) {
	sub["pause_collection"] = nil
	c.schedule(sub)
	if err := c.put(sub); err != nil {
		return nil, err
	}
	before := sub.str("latest_invoice")
	c.now = sub.num("current_period_end")
	after := sub
	for after.str("latest_invoice") == before { // a warning or a phase may come first
		due := after.num(hiddenKey, "due")
		if !alive(after) || due == 0 || due > c.now {
			return nil, c.noUpcoming()
		}
		if err := c.turn(after); err != nil {
			return nil, err
		}
		fresh, err := c.get("subscription", sub.str("id"))
		if err != nil {
			return nil, err
		}
		after = fresh
	}
	inv, err := c.get("invoice", after.str("latest_invoice"))
	if err == nil {
		inv["billing_reason"] = "upcoming"
	}
	return inv, err
}
