package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

// changeForm offers the prices that the reader may take instead of theirs.
func (s *Site) changeForm(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	return s.showChoices(c, who, http.StatusOK, billing.Choice{}, nil)
}

// showChoices draws the choices; why says what stood in the way of one.
func (s *Site) showChoices(c echo.Context, who *reader.Principal, status int, chosen billing.Choice, why error) error {
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	ctx, now, all := c.Request().Context(), s.now(), s.furniture.now().catalogue
	sub, err := s.Billing.SubscriptionOf(ctx, who.Reader.ID, now)
	if err != nil {
		return err
	}
	if sub == nil || !billing.Access(*sub, now).Live {
		return c.Redirect(http.StatusSeeOther, views.AccountPath)
	}
	page := views.ChangePage{Frame: s.frame(v, "Change your plan", views.ChangePath), Subscription: *sub, Keep: chosen.Keep}
	page.NoIndex, page.Notice = true, nil
	page.Plan, _ = all.Plan(sub.Plan)
	page.Cancelled = !sub.CancelAt.IsZero()
	for _, plan := range all.Plans {
		for _, price := range plan.Prices {
			change, err := billing.MayChange(sub, all, billing.Choice{LookupKey: price.LookupKey, Keep: true}, now)
			if err == nil {
				choice := views.ChangeChoice{Change: change}
				if change.Timing == billing.AtPeriodEnd {
					choice.Begins = sub.PeriodEnd
				}
				page.Choices = append(page.Choices, choice)
				continue
			}
			if refused, ok := errors.AsType[*billing.Refused](err); ok && why == nil && refused.Why != billing.RefusedSame && refused.Why != billing.RefusedCurrency {
				why = err
			}
		}
	}
	if why != nil {
		page.Why = fault.SentenceOf(why)
		if refused, ok := errors.AsType[*billing.Refused](why); ok {
			page.Refused = refused.Why
		}
	}
	if page.Refused == billing.RefusedUnpaid {
		if inv, ok, err := s.Billing.Store.InvoiceByID(ctx, sub.Latest); err != nil {
			return err
		} else if ok && inv.Status == billing.InvoiceOpen {
			page.PayURL = inv.HostedURL
		}
	}
	return s.render(c, status, views.Change(page))
}

// changePreview shows what a choice comes to. It changes nothing.
func (s *Site) changePreview(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	choice := billing.Choice{LookupKey: c.QueryParam("price"), Keep: c.QueryParam("keep") != ""}
	if choice.LookupKey == "" {
		return c.Redirect(http.StatusSeeOther, views.ChangePath)
	}
	page := views.PreviewPage{}
	if typed := s.takeKept(c, views.PreviewPath); typed != nil {
		page.To, page.Told = shippingIn(typed.Get), keptNotice().Text
	}
	return s.previewAgain(c, who, http.StatusOK, choice, page)
}

// previewAgain asks for a preview and shows it, or the choices with the reason
// why there is none. An address in page is one that was typed.
func (s *Site) previewAgain(c echo.Context, who *reader.Principal, status int, choice billing.Choice, page views.PreviewPage) error {
	p, err := s.Billing.PreviewChange(c.Request().Context(), s.Previews, who.Reader.ID, choice)
	if err != nil {
		return s.notChanged(c, who, choice, err)
	}
	page.Preview, page.To = p, typed(page.To, p)
	return s.showPreview(c, status, page)
}

func (s *Site) showPreview(c echo.Context, status int, page views.PreviewPage) error {
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page.Frame = s.frame(v, "Change your plan", views.ChangePath)
	page.NoIndex, page.Frame.Notice = true, nil
	page.Country = countryName
	return s.render(c, status, views.Preview(page))
}

// countryName is a country's name for its two letters, or these.
func countryName(code string) string {
	if region, err := language.ParseRegion(code); err == nil {
		return display.English.Regions().Name(region)
	}
	return code
}

// notChanged answers a choice that cannot be had as things stand.
func (s *Site) notChanged(c echo.Context, who *reader.Principal, choice billing.Choice, err error) error {
	if _, refused := errors.AsType[*billing.Refused](err); refused {
		return s.showChoices(c, who, http.StatusConflict, choice, err)
	}
	if errors.Is(err, billing.ErrNotSold) {
		return s.showChoices(c, who, http.StatusUnprocessableEntity, choice, err)
	}
	return err
}

// changeDo carries out what a preview showed, if it is still that.
func (s *Site) changeDo(c echo.Context) error {
	choice := billing.Choice{LookupKey: c.FormValue("price"), Keep: c.FormValue("keep") != ""}
	form := url.Values{"price": {choice.LookupKey}}
	if choice.Keep {
		form.Set("keep", "1")
	}
	who, err := s.signedInTo(c, views.PreviewPath+"?"+form.Encode(), shippingFields...)
	if err != nil {
		return err
	}
	to := shippingIn(c.FormValue)
	done, err := s.Billing.CarryOut(c.Request().Context(), s.Previews, who.Reader.ID, c.FormValue("token"), to)
	s.Holdings.Forget(who.Reader.ID)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, views.ChangeDonePath+"?"+url.Values{"change": {done.ID}}.Encode())
	}
	if outdated, ok := errors.AsType[*billing.Outdated](err); ok {
		return s.showPreview(c, http.StatusConflict, views.PreviewPage{Preview: outdated.Preview, To: typed(to, outdated.Preview), Told: fault.SentenceOf(err)})
	}
	if bad, ok := errors.AsType[*billing.BadAddress](err); ok {
		return s.showPreview(c, http.StatusUnprocessableEntity, views.PreviewPage{Preview: bad.Preview, To: to, Wrong: bad.Wrong, Told: fault.SentenceOf(err)})
	}
	if errors.Is(err, billing.ErrPreviewOver) {
		return s.previewAgain(c, who, http.StatusConflict, choice, views.PreviewPage{To: to, Told: fault.SentenceOf(err)})
	}
	return s.notChanged(c, who, choice, err)
}

// shippingFields are those of the form that asks where the magazine goes.
var shippingFields = []string{"name", "line1", "line2", "city", "state", "postal", "country"}

// shippingIn is the address that such a form holds.
func shippingIn(field func(name string) string) billing.Shipping {
	return billing.Shipping{
		Name: field("name"), Line1: field("line1"), Line2: field("line2"), City: field("city"),
		State: field("state"), PostalCode: field("postal"), Country: field("country"),
	}
}

// typed is the address as it was typed, or as Stripe has it.
func typed(to billing.Shipping, p billing.Preview) billing.Shipping {
	if to.IsZero() {
		return p.To
	}
	return to
}

// changeDone says how a change went.
func (s *Site) changeDone(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	if c.QueryParam("change") == "" {
		return c.Redirect(http.StatusSeeOther, views.AccountPath)
	}
	ctx := c.Request().Context()
	done, err := s.Billing.PlanChangeOf(ctx, who.Reader.ID, idParam(c, "change"))
	if err != nil {
		return err
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page := views.ChangeDonePage{Frame: s.frame(v, "Your plan", views.AccountPath), Change: done, Why: billing.DeclineWords(done.Decline)}
	page.NoIndex, page.Notice = true, nil
	return s.showDone(c, ctx, page)
}

func (s *Site) showDone(c echo.Context, ctx context.Context, page views.ChangeDonePage) error {
	all := s.furniture.now().catalogue
	from, _ := all.Plan(page.Change.FromPlan)
	to, _ := all.Plan(page.Change.ToPlan)
	page.From, page.To = from.Name, to.Name
	for _, price := range to.Prices {
		if price.Interval == page.Change.Interval {
			page.Again = views.PreviewPath + "?" + url.Values{"price": {price.LookupKey}}.Encode()
		}
	}
	sub, ok, err := s.Billing.Store.SubscriptionByID(ctx, page.Change.Subscription)
	if err != nil {
		return err
	}
	if ok {
		page.Next = nextPayment(sub)
		page.Begins, page.PayURL = sub.Coming.At, sub.Coming.PayURL
		switch {
		case page.Change.State == billing.ChangeHeld && sub.Plan == page.Change.ToPlan && sub.Interval == page.Change.Interval:
			page.Change.State = billing.ChangeDone // it was confirmed since
		case page.Change.State == billing.ChangeWaits && page.Begins.IsZero():
			return c.Redirect(http.StatusSeeOther, views.AccountPath) // taken back, or begun, since
		case page.Change.State == billing.ChangeHeld && !sub.Coming.Held():
			return c.Redirect(http.StatusSeeOther, views.AccountPath)
		}
	}
	return s.render(c, http.StatusOK, views.ChangeDone(page))
}

// changeUndo takes back a change that waits.
func (s *Site) changeUndo(c echo.Context) error { return s.changePlan(c, s.Billing.TakeBack) }
