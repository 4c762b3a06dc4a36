package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

// deskReaders is what the desk's pages about readers need of a storage.
type deskReaders interface {
	FindReaders(ctx context.Context, l desk.Lookup) ([]desk.Found, error)
	Reader(ctx context.Context, id string) (reader.Reader, error)
	RoleAt(ctx context.Context, readerID string, at time.Time) (reader.Role, error)
	SubscriptionsOf(ctx context.Context, readerID string) ([]billing.Subscription, error)
	StatesOf(ctx context.Context, readerID string) ([]billing.Span, error)
	CustomersOf(ctx context.Context, readerID string) ([]billing.Customer, error)
	CustomerByID(ctx context.Context, id string) (billing.Customer, bool, error)
	InvoicesOf(ctx context.Context, readerID, before string, n int) ([]billing.Invoice, error)
	GrantsOf(ctx context.Context, readerID string) ([]billing.Grant, error)
	GiftsBoughtBy(ctx context.Context, readerID string) ([]billing.Gift, error)
	RedemptionsOf(ctx context.Context, readerID string) ([]billing.Redemption, error)
	InvoiceOf(ctx context.Context, readerID, id string) (billing.Invoice, bool, error)
	LettersOf(ctx context.Context, readerID, before string, n int) ([]desk.Letter, error)
	SessionsOf(ctx context.Context, readerID string, now time.Time) ([]reader.Session, error)
	deskPast
}

func (s *Site) readersRoutes() []deskRoute {
	one := views.DeskReaderPath(":id")
	return append([]deskRoute{
		get(views.DeskReadersPath, desk.ReaderSee, s.readersFind),
		get(one, desk.ReaderSee, s.readerPage),
		get(views.DeskWhyPath(":id"), desk.ReaderSee, s.readerWhy),
		get(one+"/view", desk.ReaderView, s.viewFront),
		get(one+"/view/:slug", desk.ReaderView, s.viewStory),
	}, s.readerToolRoutes()...)
}

// How many rows the desk's pages about readers show.
const (
	readersShown       = 50
	readerInvoices     = 50
	readerLettersShown = 50
)

// readersFind lists readers, or those who fit what was typed.
func (s *Site) readersFind(c echo.Context, m desk.Member) error {
	typed := strings.TrimSpace(idParam(c, "find"))
	look := desk.ParseLookup(typed)
	look.Limit = readersShown + 1
	look.After = placeIn(idParam(c, "after"))
	page := views.ReadersPage{Typed: typed, Now: s.now(), Catalogue: s.furniture.now().catalogue, Pager: views.Pager{What: "reader"}}
	var err error
	if page.Rows, page.Note, err = s.lookFor(c.Request().Context(), look); err != nil {
		return err
	}
	if look.IsZero() {
		page.Pager.Order = "newest first"
	}
	if len(page.Rows) > readersShown {
		page.Rows = page.Rows[:readersShown]
		page.Pager.Older = readersLink(typed, placeAfter(look, page.Rows[readersShown-1]))
	}
	if page.Pager.Shown = len(page.Rows); look.After.Reader != "" {
		page.Pager.Newer = readersLink(typed, "")
	}
	page.DeskFrame = s.deskFrame(c, m, "Readers")
	return s.render(c, http.StatusOK, views.Readers(page))
}

// byAddress marks a place among those who were found by their addresses.
const byAddress = "@"

func placeIn(after string) desk.Place {
	id, byEmail := strings.CutPrefix(after, byAddress)
	return desk.Place{Reader: id, ByEmail: byEmail}
}

// placeAfter is where the next page begins: who fits by the name was found by it.
func placeAfter(l desk.Lookup, last desk.Found) string {
	if !l.IsZero() && (l.Name == "" || !strings.HasPrefix(reader.NameForm(last.Name), l.Name)) {
		return byAddress + last.ID
	}
	return last.ID
}

func readersLink(typed, after string) string {
	q := url.Values{}
	if typed != "" {
		q.Set("find", typed)
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return views.DeskReadersPath
	}
	return views.DeskReadersPath + "?" + q.Encode()
}

// stripeKinds are what Stripe calls the objects whose ids begin so.
var stripeKinds = map[string]string{
	"ch": "charge", "py": "charge", "pi": "payment_intent", "re": "refund", "pyr": "refund", "du": "dispute", "dp": "dispute",
	"in": "invoice", "sub": "subscription", "cs": "checkout.session",
}

// lookFor asks our own rows, and then Stripe whose an id is that stands in none.
func (s *Site) lookFor(ctx context.Context, l desk.Lookup) (found []desk.Found, note string, err error) {
	found, err = s.Newsroom.Readers.FindReaders(ctx, l)
	if err != nil || len(found) > 0 || l.Stripe == "" {
		return found, "", err
	}
	prefix, _, _ := strings.Cut(l.Stripe, "_")
	kind := stripeKinds[prefix]
	if kind == "" || s.Billing == nil {
		return nil, "", nil
	}
	customer, err := s.Billing.Gateway.CustomerOf(ctx, billing.Ref{Kind: kind, ID: l.Stripe})
	switch {
	case fault.Is(err, fault.Missing):
		return nil, "Stripe knows no such thing either.", nil
	case fault.Is(err, fault.Unavailable):
		return nil, "Stripe does not answer just now, and only Stripe knows whose that is. Try again in a moment.", nil
	case err != nil:
		return nil, "", err
	case customer == "":
		return nil, "Stripe knows it, and says that it is nobody’s.", nil
	}
	l.Stripe = customer
	if found, err = s.Newsroom.Readers.FindReaders(ctx, l); err == nil && len(found) == 0 {
		note = "At Stripe it belongs to the customer " + customer + ", who is no reader of this paper."
	}
	return found, note, err
}

// readerPage shows everything that the paper knows of a reader.
func (s *Site) readerPage(c echo.Context, m desk.Member) error {
	return s.showReader(c, m, http.StatusOK, nil)
}

func readerTrail(more ...views.DeskLink) []views.DeskLink {
	return append([]views.DeskLink{{Label: "Readers", Href: views.DeskReadersPath}}, more...)
}

// showReader draws a reader's page; trouble is what a form could not do.
func (s *Site) showReader(c echo.Context, m desk.Member, status int, trouble *views.Notice) error {
	ctx := c.Request().Context()
	who, err := s.Newsroom.Readers.Reader(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	page := views.ReaderPage{Who: who, Now: s.now(), Catalogue: s.furniture.now().catalogue, Trouble: trouble}
	for _, fill := range []func(context.Context, echo.Context, *views.ReaderPage) error{s.readerMoney, s.readerGiven, s.readerReading, s.readerContact} {
		if err := fill(ctx, c, &page); err != nil {
			return err
		}
	}
	page.DeskFrame = s.deskFrame(c, m, readerCalled(who), readerTrail()...)
	page.Tools = s.readerTools(m, page)
	return s.render(c, status, views.Reader(page))
}

func readerCalled(r reader.Reader) string { return desk.Member{Name: r.Name, Email: r.Email}.Called() }

// readerMoney fills in what the reader bought and paid.
func (s *Site) readerMoney(ctx context.Context, c echo.Context, p *views.ReaderPage) error {
	subs, err := s.Newsroom.Readers.SubscriptionsOf(ctx, p.Who.ID)
	if err != nil {
		return err
	}
	spans, err := s.Newsroom.Readers.StatesOf(ctx, p.Who.ID)
	if err != nil {
		return err
	}
	for i := len(subs) - 1; i >= 0; i-- {
		line := views.ReaderTimeline{Subscription: subs[i]}
		for _, span := range spans {
			if span.ID == subs[i].ID {
				line.Spans = append(line.Spans, span)
			}
		}
		p.Subs = append(p.Subs, line)
	}
	if p.Customers, err = s.Newsroom.Readers.CustomersOf(ctx, p.Who.ID); err != nil {
		return err
	}
	p.Invoices, err = s.Newsroom.Readers.InvoicesOf(ctx, p.Who.ID, idParam(c, "invoices"), readerInvoices+1)
	if len(p.Invoices) > readerInvoices {
		p.Invoices = p.Invoices[:readerInvoices]
		p.Older = views.DeskReaderPath(p.Who.ID) + "?invoices=" + url.QueryEscape(p.Invoices[readerInvoices-1].ID) + "#invoices"
	}
	return err
}

// readerGiven fills in what was given and got.
func (s *Site) readerGiven(ctx context.Context, _ echo.Context, p *views.ReaderPage) (err error) {
	if p.Grants, err = s.Newsroom.Readers.GrantsOf(ctx, p.Who.ID); err != nil {
		return err
	}
	if p.Gave, err = s.Newsroom.Readers.GiftsBoughtBy(ctx, p.Who.ID); err != nil {
		return err
	}
	p.Got, err = s.Newsroom.Readers.RedemptionsOf(ctx, p.Who.ID)
	return err
}

// readerReading fills in the meter.
func (s *Site) readerReading(ctx context.Context, c echo.Context, p *views.ReaderPage) (err error) {
	v, d, err := s.eyesOf(ctx, p.Who)
	if err != nil {
		return err
	}
	p.Role = v.role
	p.Meter = views.ReaderMeter{
		Allowance: d.Allowance, Left: d.Left, Resets: d.Resets, Window: s.furniture.now().rules.Window,
		Unlimited: v.unlimited || v.role != "",
	}
	p.Meter.Counts, _, err = s.countRows(c, v)
	return err
}

// readerContact fills in mails and devices.
func (s *Site) readerContact(ctx context.Context, _ echo.Context, p *views.ReaderPage) (err error) {
	if p.Letters, err = s.Newsroom.Readers.LettersOf(ctx, p.Who.ID, "", readerLettersShown); err != nil {
		return err
	}
	p.Sessions, err = s.Newsroom.Readers.SessionsOf(ctx, p.Who.ID, s.wall())
	return err
}
