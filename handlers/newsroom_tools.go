package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/journey"
	"broadsheet/reader"
	"broadsheet/views"
)

// help is one act for a reader: what is asked, and of whom.
type help struct {
	c   echo.Context
	m   desk.Member
	who reader.Reader
}

func (h help) ctx() context.Context      { return h.c.Request().Context() }
func (h help) typed(field string) string { return h.c.FormValue(field) }
func (h help) path(end string) string    { return views.DeskReaderPath(h.who.ID) + end }

// helped is what an act came to.
type helped struct {
	ended  []string // hashes of the tokens of sessions that it ended
	forget []string // readers of whom memory knows what is past
	next   string   // where to see it; "" for the reader's page
	did    string
}

// readerTool is an act with a form of its own.
type readerTool struct {
	end   string // of the address
	may   desk.Permission
	label string // in the list of what can be done
	text  string
	verb  string
	form  func(s *Site, h help, p *views.ToolPage) error
	// sure says what is about to happen, for what cannot be taken back; nil for none.
	sure func(s *Site, h help) ([]string, error)
	do   func(s *Site, h help) (helped, error)
}

// toolsForReaders is what support can do, in the order in which a page lists it.
func toolsForReaders() []readerTool {
	return []readerTool{
		{"/name", desk.ReaderHelp, "Name", "As letters greet the reader", "Rename", (*Site).nameForm, nil, (*Site).nameDo},
		{"/email", desk.ReaderHelp, "E-mail address", "Another one; both are told, and every device is signed out", "Change", (*Site).emailForm, nil, (*Site).emailDo},
		{"/grant", desk.ReaderHelp, "Days on the house", "A plan for some days, as amends", "Give", (*Site).grantForm, nil, (*Site).grantDo},
		{"/refund", desk.MoneyRefund, "", "", "Give back", (*Site).refundForm, (*Site).refundSure, (*Site).refundDo},
		{"/cancel", desk.MoneyRefund, "End the plan now", "What was paid for the time that is left goes back", "End it", (*Site).planEndForm, nil, (*Site).cancelDo},
		{"/merge", desk.ReaderErase, "Merge into another account", "For somebody who has two", "Merge", (*Site).mergeForm, (*Site).mergeSure, (*Site).mergeDo},
		{"/erase", desk.ReaderErase, "Erase", "What names the reader, here and at Stripe", "Erase", (*Site).eraseForm, nil, (*Site).eraseDo},
	}
}

func (s *Site) readerToolRoutes() []deskRoute {
	one := views.DeskReaderPath(":id")
	routes := []deskRoute{
		post(one+"/signout", desk.ReaderHelp, s.atOnce((*Site).signOutDo)),
		post(one+"/resend", desk.ReaderHelp, s.atOnce((*Site).resendDo)),
		post(one+"/grant/end", desk.ReaderHelp, s.atOnce((*Site).grantEndDo)),
		post(one+"/export", desk.ReaderExport, s.readerExport),
	}
	for _, t := range toolsForReaders() {
		routes = append(routes, get(one+t.end, t.may, s.toolForm(t)), post(one+t.end, t.may, s.toolDo(t)))
	}
	return routes
}

// readerTools lists what this member can do for a reader.
func (s *Site) readerTools(m desk.Member, p views.ReaderPage) []views.Tool {
	var all []views.Tool
	at := views.DeskReaderPath(p.Who.ID)
	if m.May(desk.ReaderView) {
		all = append(all, views.Tool{Label: "The paper as they see it", Text: "Nothing is counted, and nothing can be done in their name", Href: at + "/view", Do: "Look"})
	}
	for _, t := range toolsForReaders() {
		if t.end == "/cancel" && billing.LiveOf(p.Subscriptions()) == nil {
			continue // there is nothing to end
		}
		if t.label != "" && m.May(t.may) {
			all = append(all, views.Tool{Label: t.label, Text: t.text, Href: at + t.end, Do: t.verb})
		}
	}
	if m.May(desk.ReaderHelp) && len(p.Sessions) > 0 {
		all = append(all, views.Tool{Label: "Sign out everywhere", Text: "On every device, at once", Href: at + "/signout", Do: "Sign out", Post: true})
	}
	if m.May(desk.ReaderExport) {
		all = append(all, views.Tool{Label: "Export", Text: "Everything that the paper keeps of them, as a file", Href: at + "/export", Do: "Download", Post: true})
	}
	return all
}

// helpOf is the act that a request asks for.
func (s *Site) helpOf(c echo.Context, m desk.Member) (help, error) {
	who, err := s.Newsroom.Readers.Reader(c.Request().Context(), c.Param("id"))
	return help{c, m, who}, err
}

// mayHelp refuses what is an owner's.
func (s *Site) mayHelp(h help) error {
	_, err := s.Newsroom.Support.Whose(h.ctx(), h.m, h.who.ID)
	return err
}

func (s *Site) toolForm(t readerTool) deskHandler {
	return func(c echo.Context, m desk.Member) error {
		h, err := s.helpOf(c, m)
		if err == nil {
			err = s.mayHelp(h)
		}
		if err != nil {
			return err
		}
		return s.showTool(t, h, http.StatusOK, "")
	}
}

// showTool draws a tool's form with what was typed.
func (s *Site) showTool(t readerTool, h help, status int, wrong string) error {
	p := views.ToolPage{Action: h.path(t.end), Yes: t.verb, Back: h.path(""), Error: wrong}
	if err := t.form(s, h, &p); err != nil {
		return err
	}
	p.DeskFrame = s.deskFrame(h.c, h.m, p.Heading, readerTrail(views.DeskLink{Label: readerCalled(h.who), Href: h.path("")})...)
	return s.render(h.c, status, views.ReaderTool(p))
}

func (s *Site) toolDo(t readerTool) deskHandler {
	return func(c echo.Context, m desk.Member) error {
		h, err := s.helpOf(c, m)
		if err == nil {
			err = s.mayHelp(h)
		}
		if err != nil {
			return err
		}
		if t.sure != nil && h.typed("sure") == "" {
			says, err := t.sure(s, h)
			if err != nil {
				return s.toolWrong(t, h, err)
			}
			return s.askSure(t, h, says)
		}
		done, err := t.do(s, h)
		if err != nil {
			return s.toolWrong(t, h, err)
		}
		return s.helpDone(h, done)
	}
}

func (s *Site) toolWrong(t readerTool, h help, err error) error {
	switch {
	case fault.Is(err, fault.Invalid):
		return s.showTool(t, h, http.StatusUnprocessableEntity, fault.SentenceOf(err))
	case fault.Is(err, fault.Conflict):
		return s.showTool(t, h, http.StatusConflict, fault.SentenceOf(err))
	}
	return err
}

// askSure carries what was typed through the question whether it is meant.
func (s *Site) askSure(t readerTool, h help, says []string) error {
	form, err := h.c.FormParams()
	if err != nil {
		return err
	}
	fields := []views.Hidden{{Name: "sure", Value: "1"}}
	for name := range form {
		fields = append(fields, views.Hidden{Name: name, Value: form.Get(name)})
	}
	heading := t.verb + ": " + readerCalled(h.who) + "?"
	return s.render(h.c, http.StatusOK, views.DeskConfirm(views.ConfirmPage{
		DeskFrame: s.deskFrame(h.c, h.m, heading, readerTrail(views.DeskLink{Label: readerCalled(h.who), Href: h.path("")})...),
		Heading:   heading, Says: says, Action: h.path(t.end), Fields: fields, Yes: t.verb, Back: h.path(""), Bad: true,
	}))
}

// atOnce is an act without a form, since it can be done again.
func (s *Site) atOnce(do func(s *Site, h help) (helped, error)) deskHandler {
	return func(c echo.Context, m desk.Member) error {
		h, err := s.helpOf(c, m)
		if err == nil {
			err = s.mayHelp(h)
		}
		if err != nil {
			return err
		}
		done, err := do(s, h)
		switch {
		case fault.Is(err, fault.Invalid):
			return s.showReader(c, m, http.StatusUnprocessableEntity, &views.Notice{Kind: views.Bad, Text: fault.SentenceOf(err)})
		case fault.Is(err, fault.Conflict):
			return s.showReader(c, m, http.StatusConflict, &views.Notice{Kind: views.Bad, Text: fault.SentenceOf(err)})
		case err != nil:
			return err
		}
		return s.helpDone(h, done)
	}
}

// helpDone lets memory forget, and shows what was done.
func (s *Site) helpDone(h help, done helped) error {
	s.Sessions.Forget(done.ended...)
	for _, id := range append(done.forget, h.who.ID) {
		s.Holdings.Forget(id)
		s.Meter.Forget(id)
	}
	if done.next == "" {
		done.next = h.path("")
	}
	return s.done(h.c, done.next, done.did)
}

func (s *Site) nameForm(h help, p *views.ToolPage) error {
	p.Heading = "The name of " + h.who.Email
	p.Fields = []views.Field{{ID: "name", Label: "Name", Value: firstTyped(h, "name", h.who.Name), Hint: "Empty takes it away."}}
	return nil
}

// firstTyped is what was typed into a field, or what stood in it.
func firstTyped(h help, field, stood string) string {
	if h.c.Request().Method == http.MethodPost {
		return h.typed(field)
	}
	return stood
}

func (s *Site) nameDo(h help) (helped, error) {
	if _, sent := h.c.Request().PostForm["name"]; !sent {
		return helped{}, fault.New(fault.Invalid, "The form came without a name. Nothing was changed.", nil)
	}
	err := s.change(h.c, h.m, func(ctx context.Context) (desk.Change, error) {
		return s.Newsroom.Support.Rename(ctx, h.who, h.typed("name"))
	})
	return helped{did: "The name is changed."}, err
}

func (s *Site) emailForm(h help, p *views.ToolPage) error {
	p.Heading = "Another address for " + readerCalled(h.who)
	p.Says = []string{
		"Now it is " + h.who.Email + ". Make sure that it is they who ask: whoever has the new address has the account.",
		"They are signed out everywhere, and sign in with a code that goes to the new address. Both addresses are told.",
	}
	p.Fields = []views.Field{{ID: "email", Label: "New address", Type: "email", Value: firstTyped(h, "email", ""), Required: true}}
	return nil
}

func (s *Site) emailDo(h help) (out helped, err error) {
	err = s.change(h.c, h.m, func(ctx context.Context) (change desk.Change, err error) {
		change, out.ended, err = s.Newsroom.Support.Readdress(ctx, h.who, h.typed("email"))
		return change, err
	})
	out.did = "The address is changed, and both were told. They are signed out everywhere."
	return out, err
}

func (s *Site) grantForm(h help, p *views.ToolPage) error {
	p.Heading = "Days on the house for " + readerCalled(h.who)
	p.Says = []string{"They begin now, and end by themselves. Nothing is charged, and a plan that they pay for goes on as it is."}
	choice := views.Select{ID: "plan", Label: "Plan", Value: h.typed("plan")}
	for _, plan := range s.furniture.now().catalogue.Plans {
		choice.Options = append(choice.Options, views.Option{Value: plan.Key, Label: plan.Name})
	}
	p.Choice = &choice
	p.Fields = []views.Field{
		{ID: "days", Label: "Days", Type: "number", Value: firstTyped(h, "days", "14"), Required: true},
		{ID: "why", Label: "Why", Value: firstTyped(h, "why", ""), Required: true, Hint: "The reader sees it in the account: “For the issue that got lost”."},
	}
	return nil
}

func (s *Site) grantDo(h help) (helped, error) {
	days, err := strconv.Atoi(h.typed("days"))
	if err != nil {
		return helped{}, fault.New(fault.Invalid, "Write the days as a number.", err)
	}
	now := s.now()
	err = s.change(h.c, h.m, func(ctx context.Context) (desk.Change, error) {
		return s.Newsroom.Support.Give(ctx, h.who, journey.Days{Plan: h.typed("plan"), Days: days, Why: h.typed("why")}, now)
	})
	return helped{did: fmt.Sprintf("Given until %s.", s.date(now.AddDate(0, 0, days)))}, err
}

func (s *Site) grantEndDo(h help) (helped, error) {
	err := s.change(h.c, h.m, func(ctx context.Context) (desk.Change, error) {
		return s.Newsroom.Support.TakeBack(ctx, h.who, h.typed("grant"), s.now())
	})
	return helped{did: "It has ended."}, err
}

func (s *Site) resendDo(h help) (helped, error) {
	err := s.change(h.c, h.m, func(ctx context.Context) (desk.Change, error) {
		return s.Newsroom.Support.Resend(ctx, h.who, h.typed("letter"), s.now())
	})
	return helped{did: "It is written anew, from how things stand now, and goes to " + h.who.Email + "; about a gift, to the address that the gift has. It is in the list of mails once it has left."}, err
}

func (s *Site) signOutDo(h help) (out helped, err error) {
	err = s.change(h.c, h.m, func(ctx context.Context) (change desk.Change, err error) {
		change, out.ended, err = s.Newsroom.Support.SignOut(ctx, h.who)
		return change, err
	})
	out.did = "They are signed out everywhere."
	return out, err
}

// readerExport gives everything that is kept of a reader, as a file.
func (s *Site) readerExport(c echo.Context, m desk.Member) error {
	h, err := s.helpOf(c, m)
	if err == nil {
		err = s.mayHelp(h)
	}
	if err != nil {
		return err
	}
	var all map[string]any
	err = s.change(c, m, func(ctx context.Context) (change desk.Change, err error) {
		all, err = s.Newsroom.Support.Everything.Export(ctx, h.who.ID)
		return desk.Change{Kind: "reader.export", Subject: "reader", ID: h.who.ID, After: map[string]bool{"exported": true}}, err
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="reader-`+h.who.ID+`.json"`)
	return c.JSONPretty(http.StatusOK, all, "  ")
}
