package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/paywall"
	"broadsheet/views"
)

// gateEras is how many of the rules that held are shown.
const gateEras = 20

// gateDesk is what the page about the gate reads and keeps.
type gateDesk interface {
	GateRules(ctx context.Context, at time.Time) (paywall.Rules, error)
	GateHistory(ctx context.Context, n int) ([]paywall.Era, error)
	SetGateRules(ctx context.Context, rules paywall.Rules, at time.Time) error
}

func (s *Site) gateRoutes() []deskRoute {
	return []deskRoute{
		get(views.DeskGatePath, desk.GateEdit, s.gateDesk),
		post(views.DeskGatePath, desk.GateEdit, s.gateSet),
	}
}

func (s *Site) gateDesk(c echo.Context, m desk.Member) error {
	return s.showGate(c, m, http.StatusOK, nil, "")
}

// showGate draws the rules in force, and the form as it was typed; nil fills it
// with what is in force.
func (s *Site) showGate(c echo.Context, m desk.Member, status int, typed *views.GateForm, wrong string) error {
	ctx := c.Request().Context()
	rules, err := s.Newsroom.Gate.GateRules(ctx, s.now())
	if err != nil {
		return err
	}
	eras, err := s.Newsroom.Gate.GateHistory(ctx, gateEras)
	if err != nil {
		return err
	}
	page := views.GatePage{Rules: rules, Form: s.gateForm(rules), Error: wrong}
	if page.History, err = s.gateEras(ctx, eras); err != nil {
		return err
	}
	if len(eras) > 0 {
		page.Form.Since = desk.GateID(eras[0].From)
	}
	if typed != nil {
		page.Form = *typed
	}
	page.DeskFrame = s.deskFrame(c, m, "Gate")
	return s.render(c, status, views.Gate(page))
}

// gateEras gives rules the names of who set them.
func (s *Site) gateEras(ctx context.Context, eras []paywall.Era) ([]views.GateEra, error) {
	entries, err := s.Newsroom.Desk.Entries(ctx, desk.Search{Kind: "gate.edit", Subject: "gate", Limit: 2 * gateEras})
	if err != nil {
		return nil, err
	}
	by := map[string]desk.Entry{}
	for _, e := range slices.Backward(entries) {
		by[e.ID] = e
	}
	rows, err := s.recordRows(ctx, entries)
	if err != nil {
		return nil, err
	}
	called := map[string]string{}
	for _, r := range rows {
		called[r.Staff] = r.Who
	}
	out := make([]views.GateEra, len(eras))
	for i, e := range eras {
		out[i] = views.GateEra{Era: e, Who: "somebody before the record began"}
		if entry, ok := by[desk.GateID(e.From)]; ok {
			out[i].Who = called[entry.Staff]
		}
	}
	return out, nil
}

// gateForm is the form filled with rules.
func (s *Site) gateForm(r paywall.Rules) views.GateForm {
	f := views.GateForm{
		Anonymous: strconv.Itoa(r.Anonymous), Registered: strconv.Itoa(r.Registered), Network: strconv.Itoa(r.Network),
		Window: windowTyped(r.Window), Asking: string(r.Asking),
	}
	for _, sec := range s.furniture.now().sections {
		one := views.GateSection{Slug: sec.Slug, Name: sec.Name, Mode: views.GateSame}
		for _, own := range r.Sections {
			switch {
			case own.Section != sec.Slug:
			case own.Free:
				one.Mode = views.GateFree
			default:
				one.Mode, one.Anonymous, one.Registered = views.GateOwn, strconv.Itoa(own.Anonymous), strconv.Itoa(own.Registered)
			}
		}
		f.Sections = append(f.Sections, one)
	}
	for _, agent := range paywall.Engines() {
		f.Crawlers = append(f.Crawlers, views.GateCrawler{Agent: agent, In: !slices.Contains(r.ShutOut, agent)})
	}
	return f
}

// windowTyped is a window as the form takes it: days, or else a duration.
func windowTyped(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d / (24 * time.Hour)))
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// gateTyped reads the form as it was sent.
func (s *Site) gateTyped(form url.Values) views.GateForm {
	f := views.GateForm{
		Anonymous: strings.TrimSpace(form.Get("anonymous")), Registered: strings.TrimSpace(form.Get("registered")),
		Window: strings.TrimSpace(form.Get("window")), Network: strings.TrimSpace(form.Get("network")),
		Asking: form.Get("asking"), Since: form.Get("since"),
	}
	for _, sec := range s.furniture.now().sections {
		mode := form.Get("mode-" + sec.Slug)
		if mode == "" {
			mode = views.GateSame
		}
		f.Sections = append(f.Sections, views.GateSection{
			Slug: sec.Slug, Name: sec.Name, Mode: mode,
			Anonymous: strings.TrimSpace(form.Get("anonymous-" + sec.Slug)), Registered: strings.TrimSpace(form.Get("registered-" + sec.Slug)),
		})
	}
	for _, agent := range paywall.Engines() {
		f.Crawlers = append(f.Crawlers, views.GateCrawler{Agent: agent, In: slices.Contains(form["crawler"], agent)})
	}
	return f
}

// gateRules turns what was typed into rules, or says what is wrong with it.
func gateRules(f views.GateForm) (paywall.Rules, []string) {
	var wrong []string
	number := func(what, typed string) int {
		n, err := strconv.Atoi(typed)
		if err != nil {
			wrong = append(wrong, what+" must be a whole number.")
		}
		return n
	}
	r := paywall.Rules{
		Anonymous: number("Stories without an account", f.Anonymous), Registered: number("Stories with an account", f.Registered),
		Network: number("The ceiling for a network", f.Network), Asking: paywall.Asking(f.Asking),
	}
	if days, err := strconv.Atoi(f.Window); err == nil && days >= 0 && days <= 366 {
		r.Window = time.Duration(days) * 24 * time.Hour
	} else if r.Window, err = time.ParseDuration(f.Window); err != nil {
		wrong = append(wrong, "The window must be a number of days up to 366, or hours written as 36h.")
	}
	for _, sec := range f.Sections {
		switch sec.Mode {
		case views.GateSame:
		case views.GateFree:
			r.Sections = append(r.Sections, paywall.SectionRule{Section: sec.Slug, Free: true})
		case views.GateOwn:
			r.Sections = append(r.Sections, paywall.SectionRule{
				Section:   sec.Slug,
				Anonymous: number(sec.Name+": stories without an account", sec.Anonymous), Registered: number(sec.Name+": stories with an account", sec.Registered),
			})
		default:
			wrong = append(wrong, "Choose what holds in "+sec.Name+".")
		}
	}
	for _, crawler := range f.Crawlers {
		if !crawler.In {
			r.ShutOut = append(r.ShutOut, crawler.Agent)
		}
	}
	if len(wrong) > 0 {
		return r, wrong
	}
	return r, r.Validate()
}

// errGateMoved says that the rules are not those that the form was made from.
var errGateMoved = fault.New(fault.Conflict, "Somebody else changed the rules while you were at it. Theirs are above, yours are still in the form: look at both, and set them again if you still want to. Nothing was changed by you.", nil)

// gateSet begins new rules.
func (s *Site) gateSet(c echo.Context, m desk.Member) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	typed := s.gateTyped(form)
	rules, wrong := gateRules(typed)
	if len(wrong) > 0 {
		return s.showGate(c, m, http.StatusUnprocessableEntity, &typed, "Nothing was changed. "+strings.Join(wrong, " "))
	}
	changed := false
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		now := s.now()
		was, err := s.Newsroom.Gate.GateRules(ctx, now)
		if err != nil || was.Equal(rules) {
			return desk.Change{}, err
		}
		last, err := s.Newsroom.Gate.GateHistory(ctx, 1)
		if err != nil {
			return desk.Change{}, err
		}
		since := ""
		if len(last) > 0 {
			since = desk.GateID(last[0].From)
		}
		if since != typed.Since {
			typed.Since = since
			return desk.Change{}, errGateMoved
		}
		changed = true
		return desk.GateChange(was, rules, now), s.Newsroom.Gate.SetGateRules(ctx, rules, now)
	})
	if fault.Is(err, fault.Conflict) {
		return s.showGate(c, m, http.StatusConflict, &typed, fault.SentenceOf(err))
	}
	if err != nil {
		return err
	}
	if !changed {
		return s.done(c, views.DeskGatePath, "Those rules were in force already.")
	}
	if err := s.Refresh(c.Request().Context()); err != nil {
		return err
	}
	return s.done(c, views.DeskGatePath, "The rules are set: "+views.GateSentence(rules)+" They hold everywhere within a second.")
}
