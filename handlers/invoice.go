package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/views"
)

// invoice shows its owner an invoice from our own rows.
func (s *Site) invoice(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("id")
	gone := fault.New(fault.Missing, "There is no invoice of yours at this address. Your account lists them.", nil)
	if !invoiceID(id) {
		return gone
	}
	inv, owner, err := s.Billing.Store.InvoiceOf(ctx, who.Reader.ID, id)
	if err != nil {
		return err
	}
	if !owner || inv.Status == "draft" {
		return gone
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page := views.InvoicePage{Frame: s.frame(v, "Invoice "+inv.Number, views.InvoicePath(id)), Invoice: inv}
	page.NoIndex, page.Notice = true, nil
	if page.To = strings.Split(inv.BillTo, "\n"); inv.BillTo == "" {
		page.To = []string{who.Reader.Name, who.Reader.Email}
	}
	if sub, ok, err := s.Billing.Store.SubscriptionByID(ctx, inv.Subscription); err != nil {
		return err
	} else if ok {
		plan, _ := s.furniture.now().catalogue.Plan(sub.Plan)
		page.For = plan.Name
	}
	return s.render(c, http.StatusOK, views.Invoice(page))
}

// invoiceID reports whether Stripe could have made it: the database is not
// asked for anything else.
func invoiceID(id string) bool {
	rest, ok := strings.CutPrefix(id, "in_")
	return ok && len(rest) <= 128 && !strings.ContainsFunc(rest, notBase64URL)
}
