package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

// invoicesShown is how many the account lists; the portal has them all.
const invoicesShown = 24

// signedIn is who is signed in, or a SignIn fault.
func (s *Site) signedIn(c echo.Context) (*reader.Principal, error) {
	who, err := s.session(c)
	if err == nil && who == nil {
		err = fault.New(fault.SignIn, "Sign in to see your account.", nil)
	}
	return who, err
}

// account shows a reader everything that is theirs.
func (s *Site) account(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	set := s.furniture.now()
	page := views.AccountPage{
		Frame: s.frame(v, "Your account", views.AccountPath), Reader: who.Reader, Catalogue: set.catalogue,
		Free: views.MeterPanel{
			Allowance: d.Allowance, Left: d.Left, Window: set.rules.Window, Resets: d.Resets,
		},
	}
	page.NoIndex, page.Notice = true, nil // the panel of the plan says the same in full
	ctx := c.Request().Context()
	has, err := s.Holdings.of(ctx, who.Reader.ID)
	if err != nil {
		return err
	}
	page.Free.Unlimited = has.why(v, s.now())
	if err := s.accountMoney(ctx, &page); err != nil {
		return err
	}
	if page.Sessions, err = s.sessionRows(ctx, who); err != nil {
		return err
	}
	if who.Reader.Bought && who.Reader.IsVerified() && !who.Unverified {
		if page.Bought, err = s.boughtLines(ctx, who.Reader.ID); err != nil {
			return err
		}
	}
	if err := s.render(c, http.StatusOK, views.Account(page)); err != nil || len(page.Bought) == 0 {
		return err
	}
	if err := s.Readers.SeenBought(ctx, who.Reader.ID); err != nil {
		return err
	}
	s.Sessions.Forget(tokenHash(s.Sessions.token(c))) // or memory would say it again
	return nil
}

// accountMoney fills in plan, benefits and invoices.
func (s *Site) accountMoney(ctx context.Context, page *views.AccountPage) error {
	now, id := s.now(), page.Reader.ID
	sub, err := s.Billing.SubscriptionOf(ctx, id, now)
	if err != nil {
		return err
	}
	if page.Subscription = sub; sub != nil {
		page.Plan, _ = page.Catalogue.Plan(sub.Plan)
		page.Cheaper, page.CheaperPrice, _ = billing.Cheaper(sub, page.Catalogue, now)
		st := billing.Access(*sub, now)
		page.Grants, page.GraceUntil = st.Grants, st.GraceUntil
		sub.IsPaused = sub.InPause(now) // its last day may have come before the news of it
	}
	held, err := s.Billing.HoldingsOf(ctx, id, now)
	if err != nil {
		return err
	}
	if err := s.accountGifts(ctx, page); err != nil {
		return err
	}
	page.Benefits = s.benefitRows(page, held)
	customers, err := s.Billing.Store.CustomersOf(ctx, id)
	if err != nil {
		return err
	}
	page.Portal = len(customers) > 0
	for _, c := range customers {
		if sub != nil && c.ID == sub.Customer {
			page.Card = c.Card.String()
		}
	}
	page.Invoices, err = s.invoiceRows(ctx, page)
	return err
}

// benefitRows says of each benefit why the reader has it, or what brings it.
func (s *Site) benefitRows(page *views.AccountPage, held []billing.Holding) []views.BenefitRow {
	has := map[billing.Benefit]billing.Holding{}
	for _, h := range held {
		has[h.Benefit] = h
	}
	var rows []views.BenefitRow
	for _, b := range page.Catalogue.Benefits {
		row := views.BenefitRow{Name: b.Name}
		if h, ok := has[b.Key]; ok {
			row.Has, row.Why = true, s.whyHas(page, h)
		} else {
			row.Why = s.whyNot(page, b.Key)
		}
		rows = append(rows, row)
	}
	return rows
}

// date is how these lines say a day, in the paper's zone.
func (s *Site) date(t time.Time) string { return t.In(s.furniture.now().zone).Format("2 January 2006") }

// whyHas answers "why can I read this?" in one line.
func (s *Site) whyHas(page *views.AccountPage, h billing.Holding) string {
	plan, _ := page.Catalogue.Plan(h.Plan)
	with := "With " + plan.Name
	switch {
	case h.State == "" && h.Until.IsZero():
		return h.Why
	case h.State == "":
		return h.Why + ", until " + s.date(h.Until)
	case h.State == billing.StandsGrace:
		return with + ". The last payment failed; it stays until " + s.date(h.Until) + " all the same"
	case h.State == billing.StandsEnding:
		return with + ", which you cancelled, until " + s.date(h.Until)
	case h.State == billing.StandsPausing:
		return with + ", until its pause begins on " + s.date(h.Until)
	case h.State == billing.StandsTrial && !page.Gifts.Moved:
		return with + ", free until " + s.date(page.Subscription.TrialEnd)
	}
	return with + ", for as long as you keep it"
}

// whyNot says what stands between the reader and a benefit.
func (s *Site) whyNot(page *views.AccountPage, b billing.Benefit) string {
	if sub := page.Subscription; sub != nil && page.Plan.Has(b) {
		switch st := billing.Access(*sub, s.now()); st.State {
		case billing.StandsLapsed:
			return "Stopped, because the payment failed. A payment brings it back"
		case billing.StandsPaused:
			if !sub.PausedUntil.IsZero() {
				return "Paused until " + s.date(sub.NextPayment())
			}
			return "Paused with your plan"
		case billing.StandsHeld:
			return "Stopped while your bank decides about a payment"
		case billing.StandsWaiting:
			return "Opens with the first payment"
		case billing.StandsEnded:
			if !st.EndsAt.IsZero() {
				return page.Plan.Name + " ended on " + s.date(st.EndsAt)
			}
			return page.Plan.Name + " has ended"
		}
	}
	brings := ""
	for _, p := range page.Catalogue.Plans {
		if p.Has(b) {
			if brings != "" {
				brings += " or "
			}
			brings += p.Name
		}
	}
	if brings == "" {
		return "Not part of any plan at present"
	}
	return "Comes with " + brings
}

func (s *Site) invoiceRows(ctx context.Context, page *views.AccountPage) ([]views.InvoiceRow, error) {
	invoices, err := s.Billing.Store.InvoicesOf(ctx, page.Reader.ID, "", invoicesShown)
	if err != nil {
		return nil, err
	}
	subs, err := s.Billing.Store.SubscriptionsOf(ctx, page.Reader.ID)
	if err != nil {
		return nil, err
	}
	planOf := map[string]string{}
	for _, sub := range subs {
		plan, _ := page.Catalogue.Plan(sub.Plan)
		planOf[sub.ID] = plan.Name
	}
	rows := make([]views.InvoiceRow, len(invoices))
	for i, inv := range invoices {
		rows[i] = views.InvoiceRow{Number: inv.Number, Date: inv.Created, Money: inv.Money, Status: inv.Status, URL: views.InvoicePath(inv.ID)}
		if name := planOf[inv.Subscription]; name != "" {
			if rows[i].For = page.Catalogue.Named(inv); rows[i].For == "" {
				rows[i].For = name
			}
			if from, to := inv.Covers(); to.After(from) {
				rows[i].For += ", " + s.date(from) + " to " + s.date(to)
			}
		}
		if sub := page.Subscription; sub != nil && sub.ID == inv.Subscription && inv.Status == billing.InvoiceOpen && !billing.Access(*sub, s.now()).Live {
			rows[i].State = "Not paid, and not asked for again"
		}
	}
	return s.withMoves(ctx, page.Reader.ID, invoices, rows)
}

func (s *Site) sessionRows(ctx context.Context, who *reader.Principal) ([]views.SessionRow, error) {
	sessions, err := s.Sessions.list(ctx, who.Reader.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]views.SessionRow, len(sessions))
	for i, one := range sessions {
		rows[i] = views.SessionRow{ID: one.ID, Device: one.Device(), Seen: one.Seen, This: one.ID == who.SessionID}
	}
	return rows, nil
}

// boughtLines are what was bought with an address before its owner proved it.
func (s *Site) boughtLines(ctx context.Context, readerID string) ([]string, error) {
	subs, err := s.Billing.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, sub := range subs {
		if sub.Status == billing.Incomplete || sub.Status == billing.IncompleteExpired {
			continue
		}
		plan, _ := s.furniture.now().catalogue.Plan(sub.Plan)
		lines = append(lines, plan.Name+", "+views.Money(sub.Money)+" a "+string(sub.Interval)+", on "+s.date(sub.Started))
	}
	return lines, nil
}

// cancelForm asks once more.
func (s *Site) cancelForm(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	now := s.now()
	sub, err := s.Billing.SubscriptionOf(c.Request().Context(), who.Reader.ID, now)
	if err != nil {
		return err
	}
	if sub == nil || !sub.CancelAt.IsZero() || !billing.Access(*sub, now).Live {
		return c.Redirect(http.StatusSeeOther, views.AccountPath)
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	page := views.CancelPage{Frame: s.frame(v, "Cancel", views.CancelPath), Until: sub.PeriodEnd}
	page.NoIndex, page.Reasons = true, billing.PartingReasons
	page.Plan, _ = s.furniture.now().catalogue.Plan(sub.Plan)
	st := billing.Access(*sub, now)
	if !st.Grants {
		page.Until = time.Time{}
	}
	if sub.Status == billing.PastDue && st.Grants {
		inv, ok, err := s.Billing.Store.InvoiceByID(c.Request().Context(), sub.Latest)
		if err != nil {
			return err
		}
		if ok && inv.Status == billing.InvoiceOpen {
			page.Owed, page.Grace = billing.Money{Amount: inv.Remaining, Currency: inv.Money.Currency}, st.GraceUntil
		}
	}
	page.Cheaper, page.CheaperPrice, _ = billing.Cheaper(sub, s.furniture.now().catalogue, now)
	page.Waits = !sub.Coming.IsZero()
	if typed := s.takeKept(c, views.CancelPath); typed != nil {
		page.Reason, page.Comment, page.Notice = typed.Get("reason"), typed.Get("comment"), keptNotice()
	}
	return s.render(c, http.StatusOK, views.Cancel(page))
}

// cancelPlan ends the plan when its period does. Why is asked and not demanded.
func (s *Site) cancelPlan(c echo.Context) error {
	if _, err := s.signedInTo(c, views.CancelPath, "reason", "comment"); err != nil {
		return err
	}
	said := billing.Parting{Feedback: c.FormValue("reason"), Comment: c.FormValue("comment")}
	return s.changePlan(c, func(ctx context.Context, readerID string) error { return s.Billing.Cancel(ctx, readerID, said) })
}

// resumePlan takes a cancellation back.
func (s *Site) resumePlan(c echo.Context) error { return s.changePlan(c, s.Billing.Resume) }

// accountBack is where Stripe's portal returns to. Anything may have changed
// there, so Stripe is asked before the account is shown.
func (s *Site) accountBack(c echo.Context) error { return s.changePlan(c, s.Billing.SyncReader) }

// changePlan does something to the reader's plan and shows the account as it
// stands after it.
func (s *Site) changePlan(c echo.Context, do func(ctx context.Context, readerID string) error) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), who.Reader.ID); err != nil {
		return err
	}
	s.Holdings.Forget(who.Reader.ID)
	return c.Redirect(http.StatusSeeOther, views.AccountPath)
}

// portal leads to Stripe's own pages for card and invoices.
func (s *Site) portal(c echo.Context) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	address, err := s.Billing.Portal(c.Request().Context(), who.Reader.ID)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address)
}
