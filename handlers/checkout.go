package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/journey"
	"broadsheet/views"
)

// Till is what the site needs for money.
type Till struct {
	Billing *billing.Service
	Buying  *journey.Checkout
	Readers boughtNotes
	Cards   billing.CardLinks // in letters about failed payments
	GiftShop
	// Previews of changes of plan.
	Previews billing.Previews
}

// boughtNotes remembers who was shown what was bought for them.
type boughtNotes interface {
	SeenBought(ctx context.Context, readerID string) error
}

// subscribe compares the plans.
func (s *Site) subscribe(c echo.Context) error {
	page := views.SubscribePage{Selected: c.QueryParam("price"), Return: localPath(c.QueryParam(views.ReturnParameter))}
	if err := s.useCode(c, &page, c.QueryParam("code")); err != nil {
		return err
	}
	return s.showPlans(c, http.StatusOK, page)
}

func (s *Site) showPlans(c echo.Context, status int, page views.SubscribePage) error {
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	set := s.furniture.now()
	notice := page.Notice
	page.Frame = s.frame(v, "Subscribe", views.SubscribePath)
	page.Canonical, page.Catalogue = s.absolute(views.SubscribePath), set.catalogue
	if notice != nil {
		page.Notice = notice
	}
	page.Registered, page.WindowDays = set.rules.Registered, int(set.rules.Window/(24*time.Hour))
	page.Trials = true
	if v.principal != nil {
		page.Proven = v.principal.Reader.IsVerified()
		if page.Trials, err = s.Billing.MayTry(c.Request().Context(), v.principal.Reader.ID); err != nil {
			return err
		}
		sub, err := s.Billing.SubscriptionOf(c.Request().Context(), v.principal.Reader.ID, s.now())
		if err != nil {
			return err
		}
		page.HasSubscription = sub != nil && sub.Status != billing.Incomplete && billing.Access(*sub, s.now()).Live
	}
	return s.render(c, status, views.Subscribe(page))
}

// checkout leads to the page where a plan is paid.
func (s *Site) checkout(c echo.Context) error {
	who, err := s.session(c)
	if err != nil {
		return err
	}
	price, back := c.FormValue("price"), localPath(c.FormValue(views.ReturnParameter))
	buy := journey.Purchase{
		Email: c.FormValue("email"), LookupKey: price, Return: back,
		Visitor: s.ensureVisitor(c), Network: s.network(c), Wall: s.wall(), Paper: s.now(), Code: c.FormValue("code"),
	}
	if buy.Code != "" { // before an account is made for it
		if _, err := s.lookUp(c, buy.Code, price); err != nil {
			return s.notBegun(c, buy, err)
		}
	}
	if who != nil {
		buy.Reader = &who.Reader
	}
	begun, err := s.Buying.Begin(c.Request().Context(), buy)
	if begun.Opened != nil {
		// Also when the payment page did not open: the account is there, and the
		// next try must not be asked to prove an address that is seconds old.
		if err := s.signIn(c, *begun.Opened, true); err != nil {
			return err
		}
	}
	if err != nil {
		return s.notBegun(c, buy, err)
	}
	return c.Redirect(http.StatusSeeOther, begun.URL)
}

// notBegun answers a purchase that cannot go on as it was asked for.
func (s *Site) notBegun(c echo.Context, buy journey.Purchase, err error) error {
	switch {
	case errors.Is(err, billing.ErrSubscribed):
		return c.Redirect(http.StatusSeeOther, views.AccountPath)
	case errors.Is(err, billing.ErrCode):
		return s.showPlans(c, http.StatusUnprocessableEntity, views.SubscribePage{
			Return: buy.Return, Email: buy.Email, Selected: buy.LookupKey, CodeTyped: buy.Code, CodeError: fault.SentenceOf(err),
		})
	case errors.Is(err, billing.ErrNotSold):
		return s.showPlans(c, http.StatusUnprocessableEntity, views.SubscribePage{
			Frame: views.Frame{Notice: &views.Notice{Kind: views.Bad, Text: fault.SentenceOf(err)}}, Return: buy.Return, Email: buy.Email,
		})
	case fault.Is(err, fault.SignIn):
		// The way back is the choice that was made, and from there on.
		choice := url.Values{"price": {buy.LookupKey}, views.ReturnParameter: {buy.Return}}
		if buy.Code != "" {
			choice.Set("code", buy.Code)
		}
		resume := views.SubscribePath + "?" + choice.Encode()
		return c.Redirect(http.StatusSeeOther, views.SignInPath+"?"+url.Values{"email": {buy.Email}, views.ReturnParameter: {resume}}.Encode())
	case buy.Reader == nil && fault.Is(err, fault.Invalid):
		return s.askBuyer(c, buy, fault.SentenceOf(err))
	}
	return err
}

// askBuyer asks a signed-out reader for an address. Who chose a price at the
// foot of a story has typed none yet, and is not told that it is wrong.
func (s *Site) askBuyer(c echo.Context, buy journey.Purchase, sentence string) error {
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	plan, price, _ := s.furniture.now().catalogue.Price(buy.LookupKey)
	page := views.CheckoutEmailPage{
		Frame: s.frame(v, "Where does the receipt go?", views.SubscribePath), Plan: plan, Price: price, Email: buy.Email, Error: sentence, Return: buy.Return, Code: buy.Code,
	}
	page.NoIndex = true
	status := http.StatusUnprocessableEntity
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	if _, asked := form["email"]; !asked {
		status, page.Error = http.StatusOK, ""
	}
	return s.render(c, status, views.CheckoutEmail(page))
}

// checkoutDone is where Stripe sends the reader after paying. The address says
// which session it was; who it belonged to and how it ended is looked up.
func (s *Site) checkoutDone(c echo.Context) error {
	who, err := s.session(c)
	if err != nil {
		return err
	}
	if who == nil {
		return fault.New(fault.SignIn, "Sign in to see what you bought.", nil)
	}
	ctx := c.Request().Context()
	out, err := s.Billing.Finish(ctx, who.Reader.ID, idParam(c, "session"))
	if err != nil {
		return err
	}
	s.Holdings.Forget(who.Reader.ID)
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	catalogue := s.furniture.now().catalogue
	page := views.CheckoutDonePage{
		Frame:  s.frame(v, doneTitle(out.State), c.Request().URL.RequestURI()),
		Return: localPath(out.Checkout.Return), State: views.Checkout(out.State), Why: out.Why,
		Email: who.Reader.Email, Unverified: who.Unverified,
	}
	page.NoIndex, page.Notice, page.Code = true, nil, out.Checkout.Code // the page itself says what happened
	page.Plan, page.Price, _ = catalogue.Price(out.Checkout.LookupKey)
	if sub := out.Subscription; sub != nil && out.State == billing.OutcomeActive {
		page.Plan, _ = catalogue.Plan(sub.Plan)
		page.Price = billing.Price{LookupKey: sub.LookupKey, Plan: sub.Plan, Interval: sub.Interval, Money: sub.Money}
		page.Next, page.Free = nextPayment(*sub), sub.Status == billing.Trialing
		page.Sum = sub.NextSum()
	}
	page.ReturnText = s.headlineAt(ctx, page.Return)
	return s.render(c, http.StatusOK, views.CheckoutDone(page))
}

// nextPayment is when the subscription is charged next; zero if it isn't.
func nextPayment(sub billing.Subscription) time.Time {
	return sub.NextPayment()
}

func doneTitle(state billing.OutcomeState) string {
	switch state {
	case billing.OutcomeActive:
		return "Thank you"
	case billing.OutcomeDeclined:
		return "The payment did not go through"
	}
	return "Waiting for your bank"
}

// headlineAt is the headline of the story at a local path; "" for other pages.
func (s *Site) headlineAt(ctx context.Context, path string) string {
	slug, ok := strings.CutPrefix(path, views.StoryPath(""))
	if !ok {
		return ""
	}
	slug, _, _ = strings.Cut(slug, "?")
	found, err := s.News.TeasersBySlug(ctx, []string{slug})
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[0].Headline
}

// checkoutBack is where Stripe sends a reader who left the payment page: back
// to where they came from. What was open stays open.
func (s *Site) checkoutBack(c echo.Context) error {
	who, err := s.session(c)
	if err != nil {
		return err
	}
	back := "/"
	if who != nil {
		if back, err = s.Billing.ReturnOf(c.Request().Context(), who.Reader.ID, idParam(c, "checkout")); err != nil {
			return err
		}
	}
	return c.Redirect(http.StatusSeeOther, localPath(back))
}
