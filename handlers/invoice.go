package handlers

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
	"broadsheet/views/pdf"
)

// invoice shows its owner an invoice from our own rows, as a page or as a PDF.
func (s *Site) invoice(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	id, asPDF := strings.CutSuffix(c.Param("id"), views.PDFSuffix)
	page, err := s.invoicePage(c, who, id)
	if err != nil {
		return err
	}
	if !asPDF {
		return s.render(c, http.StatusOK, views.Invoice(page))
	}
	sheet := page.Sheet()
	raw, err := pdf.Invoice(sheet, page.Invoice.Created)
	if err != nil {
		return fmt.Errorf("draw invoice %s: %w", id, err)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Disposition", `inline; filename="`+fileName(sheet.Title)+`"`)
	return c.Blob(http.StatusOK, "application/pdf", raw)
}

// fileName is a title as a file is called.
func fileName(title string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, title)
	return plain + views.PDFSuffix
}

// invoicePage gathers an invoice of that reader's; Missing for anybody else's.
func (s *Site) invoicePage(c echo.Context, who *reader.Principal, id string) (page views.InvoicePage, err error) {
	ctx := c.Request().Context()
	gone := fault.New(fault.Missing, "There is no invoice of yours at this address. Your account lists them.", nil)
	if !invoiceID(id) {
		return page, gone
	}
	inv, owner, err := s.Billing.Store.InvoiceOf(ctx, who.Reader.ID, id)
	if err != nil {
		return page, err
	}
	if !owner || inv.Status == "draft" {
		return page, gone
	}
	v, err := s.viewer(c)
	if err != nil {
		return page, err
	}
	page = views.InvoicePage{Frame: s.frame(v, "Invoice "+inv.Number, views.InvoicePath(id)), Invoice: inv}
	page.NoIndex, page.Notice = true, nil
	if page.To = strings.Split(inv.BillTo, "\n"); inv.BillTo == "" {
		page.To = []string{who.Reader.Name, who.Reader.Email}
	} else if last := len(page.To) - 1; last > 0 && len(page.To[last]) == 2 { // a country, as Stripe keeps it
		page.To[last] = countryName(page.To[last])
	}
	if page.Credits, err = s.Billing.Store.CreditsOfInvoice(ctx, id); err != nil {
		return page, err
	}
	if page.Disputes, err = s.Billing.Store.DisputesOfInvoice(ctx, id); err != nil {
		return page, err
	}
	sub, ok, err := s.Billing.Store.SubscriptionByID(ctx, inv.Subscription)
	if ok {
		plan, _ := s.furniture.now().catalogue.Plan(sub.Plan)
		page.For = plan.Name
	}
	return page, err
}

// invoiceID reports whether Stripe could have made it: the database is not
// asked for anything else.
func invoiceID(id string) bool {
	rest, ok := strings.CutPrefix(id, "in_")
	return ok && len(rest) <= 128 && !strings.ContainsFunc(rest, notBase64URL)
}
