package handlers

import (
	"context"
	"fmt"
	"strings"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// What support does with money, and what cannot be taken back.

// invoiceNamed is the reader's invoice that a form names.
func (s *Site) invoiceNamed(h help) (billing.Invoice, error) {
	name := h.typed("invoice")
	if h.c.Request().Method == "GET" || h.c.Request().Method == "HEAD" {
		name = idParam(h.c, "invoice")
	}
	inv, ok, err := s.Newsroom.Readers.InvoiceOf(h.ctx(), h.who.ID, name)
	if err == nil && !ok {
		err = fault.New(fault.Missing, "This reader has no such invoice. Choose one in the list of invoices.", nil)
	}
	return inv, err
}

func (s *Site) refundForm(h help, p *views.ToolPage) error {
	inv, err := s.invoiceNamed(h)
	if err != nil {
		return err
	}
	p.Heading, p.Bad = "Give invoice "+inv.Number+" back", true
	p.Says = []string{"Paid were " + views.Money(billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency}) + ". It goes back to the card that paid, the reader has a mail, and the plan goes on."}
	p.Fields = []views.Field{
		{ID: "amount", Label: "How much", Value: firstTyped(h, "amount", ""), Hint: "Such as 3.50. Empty is all that is left of it."},
		{ID: "reason", Label: "Why", Value: firstTyped(h, "reason", ""), Hint: "The reader sees it. It may stay empty."},
	}
	p.Hidden = []views.Hidden{{Name: "invoice", Value: inv.ID}}
	return nil
}

// refundAsked reads how much of which invoice.
func (s *Site) refundAsked(h help) (inv billing.Invoice, ask billing.RefundAsk, err error) {
	if inv, err = s.invoiceNamed(h); err != nil {
		return inv, ask, err
	}
	ask.Reason, ask.Again = strings.TrimSpace(h.typed("reason")), h.typed("again") != ""
	if len([]rune(ask.Reason)) > 500 {
		return inv, ask, fault.New(fault.Invalid, "The reason has at most 500 characters.", nil)
	}
	if typed := strings.TrimSpace(h.typed("amount")); typed != "" {
		ask.Amount, err = billing.ParseAmount(typed, inv.Money.Currency)
	}
	if err == nil && ask.Amount > inv.Paid {
		err = fault.New(fault.Invalid, "That is more than was paid.", nil)
	}
	return inv, ask, err
}

func (s *Site) refundSure(h help) ([]string, error) {
	inv, ask, err := s.refundAsked(h)
	if err != nil {
		return nil, err
	}
	sum := "All that is left of what was paid"
	if ask.Amount > 0 {
		sum = views.Money(billing.Money{Amount: ask.Amount, Currency: inv.Money.Currency})
	}
	return []string{sum + " goes back, for invoice " + inv.Number + ". That cannot be taken back."}, nil
}

func (s *Site) refundDo(h help) (helped, error) {
	inv, ask, err := s.refundAsked(h)
	if err != nil {
		return helped{}, err
	}
	what := desk.Change{Kind: "money.refund", Subject: "reader", ID: h.who.ID, After: map[string]any{"invoice": inv.ID, "amount": ask.Amount, "currency": inv.Money.Currency}}
	var order billing.RefundOrder
	err = s.outside(h.c, h.m, what, func(ctx context.Context) (_ any, err error) {
		if order, err = s.Billing.GiveBack(ctx, inv.ID, ask); err != nil {
			return nil, err
		}
		return map[string]any{"invoice": inv.ID, "amount": order.Money.Amount, "currency": order.Money.Currency, "refund": order.Refund, "repeated": order.Repeated}, nil
	})
	if err != nil {
		return helped{}, err
	}
	sum := views.Money(order.Money)
	if order.Repeated {
		return helped{did: sum + " went back on " + s.date(order.At) + " already. Nothing more was done."}, nil
	}
	return helped{did: sum + " goes back to the card: " + order.Refund + "."}, nil
}

// liveOf is the reader's live subscription; a Conflict when there is none.
func (s *Site) liveOf(h help) (billing.Subscription, error) {
	subs, err := s.Newsroom.Readers.SubscriptionsOf(h.ctx(), h.who.ID)
	if err != nil {
		return billing.Subscription{}, err
	}
	if live := billing.LiveOf(subs); live != nil {
		return *live, nil
	}
	return billing.Subscription{}, fault.New(fault.Conflict, "No subscription of this reader is live. There is nothing to end.", nil)
}

func (s *Site) planEndForm(h help, p *views.ToolPage) error {
	p.Heading, p.Bad = "End the plan of "+readerCalled(h.who)+" now?", true
	sub, err := s.liveOf(h)
	if fault.Is(err, fault.Conflict) {
		p.Error = fault.SentenceOf(err)
		return nil
	}
	if err != nil {
		return err
	}
	plan, _ := s.furniture.now().catalogue.Plan(sub.Plan)
	p.Says = []string{
		plan.Name + ", " + views.Money(sub.Money) + " a " + string(sub.Interval) + " (" + sub.ID + "), ends at once. That cannot be taken back; the reader could only subscribe anew.",
	}
	p.Choice = &views.Select{ID: "refund", Label: "What was paid for the time that is left", Value: firstTyped(h, "refund", string(billing.RefundProrata)), Options: []views.Option{
		{Value: string(billing.RefundProrata), Label: "Goes back, to the second"}, {Value: string(billing.RefundNone), Label: "Stays with the paper"},
	}}
	p.Hidden = []views.Hidden{{Name: "subscription", Value: sub.ID}}
	return nil
}

func (s *Site) cancelDo(h help) (helped, error) {
	how := billing.Refunding(h.typed("refund"))
	if how != billing.RefundProrata && how != billing.RefundNone {
		return helped{}, fault.New(fault.Invalid, "Choose what becomes of what was paid.", nil)
	}
	sub, err := s.liveOf(h)
	if err != nil {
		return helped{}, err
	}
	if sub.ID != h.typed("subscription") {
		return helped{}, fault.New(fault.Conflict, "Another subscription is live now. Look again before you end it.", nil)
	}
	what := desk.Change{Kind: "money.cancel", Subject: "reader", ID: h.who.ID, After: map[string]any{"subscription": sub.ID, "give_back": how}}
	var end billing.Ending
	err = s.outside(h.c, h.m, what, func(ctx context.Context) (_ any, err error) {
		if end, err = s.Billing.EndNow(ctx, sub.ID, how, "support"); err != nil {
			return nil, err
		}
		return map[string]any{"subscription": sub.ID, "refund": end.Refund.Amount, "currency": end.Refund.Currency}, nil
	})
	if err != nil {
		return helped{}, err
	}
	back := "Nothing goes back."
	if end.Refund.Amount > 0 {
		back = views.Money(end.Refund) + " goes back to the card."
	}
	return helped{did: "The plan has ended. " + back}, nil
}

func (s *Site) mergeForm(h help, p *views.ToolPage) error {
	p.Heading, p.Bad = "Merge "+readerCalled(h.who)+" into another account", true
	p.Says = []string{"Everything of this account (plans, invoices, gifts, what counted, mails) goes to the other one, and this one ends. Its address, " + h.who.Email + ", no longer signs in."}
	p.Fields = []views.Field{{ID: "into", Label: "Address of the account that stays", Type: "email", Value: firstTyped(h, "into", ""), Required: true}}
	return nil
}

func (s *Site) mergeSure(h help) ([]string, error) {
	into, err := s.Newsroom.Support.Into(h.ctx(), h.who, h.typed("into"))
	if err != nil {
		return nil, err
	}
	return []string{
		fmt.Sprintf("Everything of %s goes to %s, who has read here since %s.", h.who.Email, into.Email, s.date(into.Created)),
		"The account " + h.who.Email + " ends, and is signed out everywhere. That cannot be taken back.",
	}, nil
}

func (s *Site) mergeDo(h help) (out helped, err error) {
	err = s.change(h.c, h.m, func(ctx context.Context) (desk.Change, error) {
		change, into, ended, err := s.Newsroom.Support.Merge(ctx, h.who, h.typed("into"))
		out = helped{ended: ended, forget: []string{into.ID}, next: views.DeskReaderPath(into.ID), did: "Merged. This is the account that stays."}
		return change, err
	})
	return out, err
}

func (s *Site) eraseForm(h help, p *views.ToolPage) error {
	p.Heading, p.Bad = "Erase "+readerCalled(h.who), true
	p.Says = []string{
		"What names this reader is removed: address, name, devices, what was read, mails. At Stripe the customer is deleted. Invoices stay, without a name, as the law of accounts wants it.",
		"That cannot be taken back. A last mail goes to " + h.who.Email + ".",
	}
	if _, err := s.liveOf(h); err == nil && p.Error == "" {
		p.Error = "A subscription is live. End it first: the account cannot be erased while it is paid for."
	} else if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	p.Fields = []views.Field{{ID: "confirm", Label: "Type the address of the account", Value: firstTyped(h, "confirm", ""), Required: true}}
	return nil
}

func (s *Site) eraseDo(h help) (out helped, err error) {
	err = s.change(h.c, h.m, func(ctx context.Context) (change desk.Change, err error) {
		change, out.ended, err = s.Newsroom.Support.Erase(ctx, h.who, h.typed("confirm"))
		return change, err
	})
	out.next, out.did = views.DeskReadersPath, "Erased. Stripe is being told."
	return out, err
}
