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

// GiftShop is what the site needs for gifts.
type GiftShop struct {
	Giving    *journey.Gifts
	GiftLinks billing.GiftLinks
}

// gifts shows what can be given.
func (s *Site) gifts(c echo.Context) error {
	return s.showGifts(c, http.StatusOK, views.GiftFields{Price: c.QueryParam("price")}, nil)
}

func (s *Site) showGifts(c echo.Context, status int, fields views.GiftFields, notice *views.Notice) error {
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page := views.GiftsPage{Frame: s.frame(v, "Give a gift", views.GiftsPath), Catalogue: s.furniture.now().catalogue, Fields: s.giftDays(fields)}
	page.Canonical = s.absolute(views.GiftsPath)
	if notice != nil {
		page.Notice = notice
	}
	if v.principal != nil {
		page.Reader = v.principal.Reader.Email
	}
	return s.render(c, status, views.Gifts(page))
}

// giftDays are the days that a gift can be sent on.
func (s *Site) giftDays(f views.GiftFields) views.GiftFields {
	today := s.now().In(s.furniture.now().zone)
	f.Earliest, f.Latest = today.Format(time.DateOnly), today.AddDate(billing.GiftAhead, 0, 0).Format(time.DateOnly)
	return f
}

// giftForm is what was filled in, for whoever decides about it, and for the page
// that shows it again.
func (s *Site) giftForm(c echo.Context) (journey.GiftForm, views.GiftFields) {
	form := journey.GiftForm{
		LookupKey: c.FormValue("price"), Email: c.FormValue("email"), From: c.FormValue("from"), ByHand: c.FormValue("way") == "hand",
		ToName: c.FormValue("to_name"), ToEmail: c.FormValue("to_email"), Message: c.FormValue("message"), Day: c.FormValue("day"),
		Network: s.network(c), Zone: s.furniture.now().zone, Wall: s.wall(), Paper: s.now(),
	}
	return form, views.GiftFields{
		Price: form.LookupKey, From: form.From, Email: form.Email, ByHand: form.ByHand, ToName: form.ToName, ToEmail: form.ToEmail,
		Message: form.Message, Day: form.Day,
	}
}

// giveGift leads to the page where a gift is paid.
func (s *Site) giveGift(c echo.Context) error {
	who, err := s.session(c)
	if err != nil {
		return err
	}
	form, fields := s.giftForm(c)
	form.Visitor = s.ensureVisitor(c)
	if who != nil {
		form.Reader = &who.Reader
	}
	address, err := s.Giving.Buy(c.Request().Context(), form)
	if fault.Is(err, fault.Invalid) {
		if wrong, ok := errors.AsType[journey.GiftFaults](err); ok {
			fields.Errors = wrong
		}
		return s.showGifts(c, http.StatusUnprocessableEntity, fields, &views.Notice{Kind: views.Bad, Text: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// giftDone is where Stripe sends the buyer after paying. Which gift it was and
// whether it is paid is looked up, whatever the address says. Only the browser
// that bought it is shown the way to it.
func (s *Site) giftDone(c echo.Context) error {
	s.keepAddress(c)
	g, err := s.Billing.FinishGift(c.Request().Context(), idParam(c, "session"))
	if err != nil {
		return err
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page := views.GiftDonePage{Frame: s.frame(v, "Your gift", c.Request().URL.RequestURI()), Gift: g, Paid: g.State != billing.GiftOpen}
	page.NoIndex = true
	page.Plan, _ = s.furniture.now().catalogue.Plan(g.Plan)
	mine := v.principal != nil && g.ReaderID != "" && v.principal.Reader.ID == g.ReaderID
	if here := s.visitorID(c); page.Paid && (mine || here != "" && here == g.Visitor) {
		page.Token = s.GiftLinks.Seal(g.ID)
	}
	return s.render(c, http.StatusOK, views.GiftDone(page))
}

// keepAddress keeps an address that opens something out of what other sites are
// told, and out of caches.
func (s *Site) keepAddress(c echo.Context) {
	c.Response().Header().Set("Referrer-Policy", "same-origin")
	c.Response().Header().Set("Cache-Control", "private, no-store")
}

// giftOf shows a buyer their gift.
func (s *Site) giftOf(c echo.Context) error {
	g, err := s.giftOfToken(c)
	if err != nil {
		return err
	}
	fields := views.GiftFields{ByHand: g.Handed(), ToName: g.To.Name, ToEmail: g.To.Email, Message: g.Message}
	if g.Sent.IsZero() && g.DeliverAt.After(s.now()) {
		fields.Day = g.DeliverAt.In(s.furniture.now().zone).Format(time.DateOnly)
	}
	return s.showGift(c, http.StatusOK, g, fields, nil)
}

func (s *Site) giftOfToken(c echo.Context) (billing.Gift, error) {
	s.keepAddress(c)
	gift, err := s.GiftLinks.Open(c.Param("token"))
	if err != nil {
		return billing.Gift{}, err
	}
	return s.Billing.Gift(c.Request().Context(), gift)
}

func (s *Site) showGift(c echo.Context, status int, g billing.Gift, fields views.GiftFields, notice *views.Notice) error {
	ctx := c.Request().Context()
	f, err := s.giftFrame(c, "Your gift")
	if err != nil {
		return err
	}
	page := views.GiftPage{Frame: f, Token: c.Param("token"), Gift: g, Fields: s.giftDays(fields), Ask: c.QueryParam("ask") == "back"}
	page.Notice = notice
	page.Plan, _ = s.furniture.now().catalogue.Plan(g.Plan)
	if g.State == billing.GiftPaid {
		if page.Code, err = s.Billing.GiftCode(ctx, g); err != nil {
			return err
		}
	}
	if r, ok, err := s.Billing.Store.RedemptionOf(ctx, g.ID); err != nil {
		return err
	} else if ok {
		page.Begins, page.Until = r.From, r.To
	}
	return s.render(c, status, views.GiftOf(page))
}

// giftFrame leaves the token out of the page's own links.
func (s *Site) giftFrame(c echo.Context, title string) (views.Frame, error) {
	v, err := s.viewer(c)
	if err != nil {
		return views.Frame{}, err
	}
	f := s.frame(v, title, views.GiftsPath)
	f.NoIndex, f.Notice = true, nil
	return f, nil
}

// changeGift sends a gift, or takes it back.
func (s *Site) changeGift(c echo.Context) error {
	g, err := s.giftOfToken(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if c.FormValue("do") == "back" {
		_, err = s.Billing.ReturnGift(ctx, g.ID)
	} else {
		form, fields := s.giftForm(c)
		_, err = s.Giving.Send(ctx, g.ID, form)
		if wrong, ok := errors.AsType[journey.GiftFaults](err); ok {
			fields.Errors = wrong
			return s.showGift(c, http.StatusUnprocessableEntity, g, fields, &views.Notice{Kind: views.Bad, Text: fault.SentenceOf(err)})
		}
	}
	if fault.Is(err, fault.Conflict) {
		if g, err = s.Billing.Gift(ctx, g.ID); err != nil { // it is not what it was: shown as it is
			return err
		}
		return s.showGift(c, http.StatusConflict, g, views.GiftFields{}, nil)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.GiftPath(c.Param("token")))
}

// giftCard shows the card, to be printed.
func (s *Site) giftCard(c echo.Context) error {
	g, err := s.giftOfToken(c)
	if err != nil {
		return err
	}
	if g.State != billing.GiftPaid {
		return c.Redirect(http.StatusSeeOther, views.GiftPath(c.Param("token")))
	}
	f, err := s.giftFrame(c, "A gift")
	if err != nil {
		return err
	}
	page := views.GiftCardPage{Frame: f, Token: c.Param("token"), Gift: g, Home: s.Config.BaseURL.Host}
	page.Plan, _ = s.furniture.now().catalogue.Plan(g.Plan)
	if page.Code, err = s.Billing.GiftCode(c.Request().Context(), g); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.GiftCard(page))
}

// redeemForm asks for a code, and shows what it opens.
func (s *Site) redeemForm(c echo.Context) error {
	s.keepAddress(c)
	code := c.QueryParam("code")
	if code == "" {
		return s.showRedeem(c, http.StatusOK, views.RedeemPage{})
	}
	if _, err := billing.ParseGiftCode(code); err != nil {
		return s.showRedeem(c, http.StatusUnprocessableEntity, views.RedeemPage{Code: code, Error: fault.SentenceOf(err)})
	}
	try, err := s.giftTry(c, code)
	if err != nil {
		return err
	}
	offer, err := s.Giving.Look(c.Request().Context(), try)
	if err != nil {
		return s.notRedeemed(c, code, err)
	}
	page := views.RedeemPage{Code: code, Offer: &offer}
	if kept := s.takeKept(c, views.RedeemPath); kept != nil && offer.Plan.Has(billing.Print) {
		page.Ship = shipOf(kept.Get)
	}
	return s.showRedeem(c, http.StatusOK, page)
}

// giftTry is who tries a code. They are signed in with an address that they
// proved: what is given to an account must be its owner's.
func (s *Site) giftTry(c echo.Context, code string) (journey.GiftTry, error) {
	who, err := s.session(c)
	if err != nil {
		return journey.GiftTry{}, err
	}
	try := journey.GiftTry{Code: code, Network: s.network(c), Wall: s.wall()}
	if who == nil || who.Unverified {
		return try, fault.New(fault.SignIn, "Sign in to redeem the gift.", nil)
	}
	try.Who = billing.GiftTaker{ReaderID: who.Reader.ID, Zone: s.furniture.now().zone}
	return try, nil
}

func (s *Site) showRedeem(c echo.Context, status int, page views.RedeemPage) error {
	f, err := s.giftFrame(c, "Redeem a gift")
	if err != nil {
		return err
	}
	page.Frame, page.ShipTo, page.Country = f, s.furniture.now().catalogue.ShipsTo, countryName
	page.Path = views.RedeemPath
	return s.render(c, status, views.Redeem(page))
}

// notRedeemed shows the form again with what is wrong with the code.
func (s *Site) notRedeemed(c echo.Context, code string, err error) error {
	status, ok := map[fault.Kind]int{
		fault.Invalid: http.StatusUnprocessableEntity, fault.Missing: http.StatusUnprocessableEntity, fault.Conflict: http.StatusConflict,
	}[fault.KindOf(err)]
	if !ok {
		return err
	}
	return s.showRedeem(c, status, views.RedeemPage{Code: code, Error: fault.SentenceOf(err)})
}

// redeem gives the gift to who has its code. Who is not signed in comes back
// here with it.
func (s *Site) redeem(c echo.Context) error {
	s.keepAddress(c)
	ctx, code := c.Request().Context(), c.FormValue("code")
	try, err := s.giftTry(c, code)
	if fault.Is(err, fault.SignIn) {
		s.keep(c, views.RedeemPath, shipFields)
		back := views.RedeemPath + "?" + url.Values{"code": {code}}.Encode()
		return c.Redirect(http.StatusSeeOther, views.SignInPath+"?"+url.Values{views.ReturnParameter: {localPath(back)}}.Encode())
	}
	if err != nil {
		return err
	}
	try.Who.Ship = shipOf(c.FormValue)
	offer, err := s.Giving.Look(ctx, try)
	if err != nil {
		return s.notRedeemed(c, code, err)
	}
	if offer.Plan.Has(billing.Print) {
		if sentence := s.noDoor(try.Who.Ship); sentence != "" {
			return s.showRedeem(c, http.StatusUnprocessableEntity, views.RedeemPage{Code: code, Offer: &offer, Ship: try.Who.Ship, ShipErr: sentence})
		}
	}
	r, err := s.Giving.Redeem(ctx, try)
	if err != nil {
		return s.notRedeemed(c, code, err)
	}
	s.Holdings.Forget(r.ReaderID)
	f, err := s.giftFrame(c, "Your gift")
	if err != nil {
		return err
	}
	f.Path = views.AccountPath
	page := views.RedeemedPage{Frame: f, Plan: offer.Plan, Begins: r.From, Ends: r.To}
	if offer.Moves != nil {
		page.Next = offer.Next
	}
	return s.render(c, http.StatusOK, views.Redeemed(page))
}

// maxShipLine is how long a line of an address may be.
const maxShipLine = 120

// shipFields are the fields that a door is asked for in.
var shipFields = []string{"ship_name", "line1", "line2", "postal", "city", "country"}

func shipOf(value func(field string) string) billing.Postal {
	field := func(name string) string {
		v := []rune(strings.Join(strings.Fields(value(name)), " "))
		return string(v[:min(len(v), maxShipLine)])
	}
	return billing.Postal{
		Name: field("ship_name"), Line1: field("line1"), Line2: field("line2"), PostalCode: field("postal"), City: field("city"), Country: field("country"),
	}
}

// noDoor says what an address lacks; "" if the magazine can go there.
func (s *Site) noDoor(to billing.Postal) string {
	if to.Name == "" || to.Line1 == "" || to.City == "" {
		return "The magazine needs a name, a street and a town."
	}
	for _, country := range s.furniture.now().catalogue.ShipsTo {
		if country == to.Country {
			return ""
		}
	}
	return "The magazine does not go to that country. The code stays good; write to us, and we find a way."
}

// accountGifts fills in what the reader was given and gave.
func (s *Site) accountGifts(ctx context.Context, page *views.AccountPage) error {
	now := s.now()
	page.Gifts.Sells = page.Catalogue.SellsGifts()
	had, err := s.Billing.Store.RedemptionsOf(ctx, page.Reader.ID)
	if err != nil {
		return err
	}
	mine := map[string]bool{}
	for _, r := range had {
		mine[r.Gift] = true
		if sub := page.Subscription; sub != nil && sub.Status == billing.Trialing && r.Push.Subscription == sub.ID && r.Push.Set.Equal(sub.TrialEnd) {
			page.Gifts.Moved = true
		}
	}
	if len(mine) > 0 {
		grants, err := s.Billing.Store.GrantsOf(ctx, page.Reader.ID)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if mine[g.ID] && g.To.After(now) {
				plan, _ := page.Catalogue.Plan(g.Plan)
				page.Gifts.Held = append(page.Gifts.Held, views.HeldGift{Plan: plan.Name, Why: g.Why, Begins: g.From, Ends: g.To, Waits: g.From.After(now)})
			}
		}
	}
	gave, err := s.Billing.Store.GiftsBoughtBy(ctx, page.Reader.ID)
	if err != nil {
		return err
	}
	for _, g := range gave {
		plan, _ := page.Catalogue.Plan(g.Plan)
		page.Gifts.Given = append(page.Gifts.Given, views.GivenGift{
			What: views.Sentence(views.GiftWords(plan.Name, g.Months)), State: views.GivenState(g, s.furniture.now().zone), Token: s.GiftLinks.Seal(g.ID),
		})
	}
	return nil
}
