package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/views"
)

// deskStore is what the newsroom's own pages need of a storage.
type deskStore interface {
	MemberByToken(ctx context.Context, hash string, now time.Time) (*desk.Member, error)
	Entries(ctx context.Context, s desk.Search) ([]desk.Entry, error)
	EntriesAfter(ctx context.Context, seq int64, limit int) ([]desk.Entry, error)
	RecordHead(ctx context.Context) (seq int64, hash string, err error)
	Named(ctx context.Context, ids []string) (map[string]string, error)
	DeadJobs(ctx context.Context, limit int) ([]jobs.Letter, error)
	Oddities(ctx context.Context) ([]billing.Oddity, error)
}

// Newsroom is what the site needs for the desk.
type Newsroom struct {
	Desk    deskStore
	Readers deskReaders
	Support *journey.Support
	Staff   *desk.Staff
	Secrets *desk.Secrets
	Journal *desk.Journal
	Stories manuscriptStore
	Editing *news.Editing
	Gate    gateDesk
	House   houseDesk
	Plans   deskPlans
	Numbers numbersDesk
	Vitals  func(ctx context.Context) (desk.Vitals, error) // the state of the house, now
	Media   news.Media                                     // where uploaded pictures are kept
	// SecondCodes takes the mails that carry a second code in development; nil
	// elsewhere.
	SecondCodes interface {
		Post(ctx context.Context, m mail.Message) error
	}
}

// manuscriptStore is what the pages about stories read and keep.
type manuscriptStore interface {
	Manuscript(ctx context.Context, id string) (news.Manuscript, error)
	Manuscripts(ctx context.Context, f news.ManuscriptFilter, before news.Cursor, n int) ([]news.Manuscript, error)
	Revision(ctx context.Context, manuscript string, number int64) (news.Revision, error)
	Revisions(ctx context.Context, manuscript string, before int64, n int) ([]news.Revision, error)
	SeeManuscript(ctx context.Context, manuscript, readerID string, now, since time.Time) ([]string, error)
	StoredStory(ctx context.Context, id string) (news.Story, error)
	Authors(ctx context.Context) ([]news.Author, error)
	ReadsOf(ctx context.Context, stories []string) (map[string]int64, error)
	AddPreviewLink(ctx context.Context, l news.PreviewLink) error
	PreviewLink(ctx context.Context, hash string, now time.Time) (news.PreviewLink, error)
	PreviewLinks(ctx context.Context, manuscript string, now time.Time) ([]news.PreviewLink, error)
	EndPreviewLinks(ctx context.Context, manuscript string, now time.Time) error
	AddPicture(ctx context.Context, f news.Figure, by string, at time.Time) error
	SetFront(ctx context.Context, picks []news.FrontPick, now time.Time) error
}

// deskHandler answers for a member whom the table lets through.
type deskHandler func(c echo.Context, m desk.Member) error

// deskRoute is one line of the table: an address cannot be written down without
// saying what it takes.
type deskRoute struct {
	method string
	path   string
	may    desk.Permission
	strong strength
	do     deskHandler
}

// strength is what a session must have shown.
type strength int

const (
	// shown: the second factor holds. Everything but the way to it.
	shown strength = iota
	// atDoor: a role, and nothing shown yet. Only the pages that ask for it.
	atDoor
)

// newsroomRoutes is every address of the newsroom, room by room. It is the one
// place that says who may do what where: the tests walk it.
func (s *Site) newsroomRoutes() []deskRoute {
	return slices.Concat(
		s.doorRoutes(),
		s.deskFrontRoutes(),
		s.storyRoutes(),
		s.frontPageRoutes(),
		s.readersRoutes(),
		s.staffRoutes(),
		s.gateRoutes(),
		s.plansRoutes(),
		s.houseRoutes(),
		s.numbersRoutes(),
		s.recordRoutes(),
		s.youRoutes(),
	)
}

// get and post write a line of the table. They take everything that a line
// needs, so that none can be left out.
func get(path string, may desk.Permission, do deskHandler) deskRoute {
	return deskRoute{http.MethodGet, path, may, shown, do}
}

func post(path string, may desk.Permission, do deskHandler) deskRoute {
	return deskRoute{http.MethodPost, path, may, shown, do}
}

// door is a route that leads to the second factor.
func door(method, path string, do deskHandler) deskRoute {
	return deskRoute{method, path, desk.Enter, atDoor, do}
}

// mountNewsroom mounts the table. A line that asks for a permission which the
// desk doesn't know is refused: nobody would be let through, or everybody.
func (s *Site) mountNewsroom(e *echo.Echo) error {
	for _, r := range s.newsroomRoutes() {
		if _, known := desk.RuleOf(r.may); !known {
			return fmt.Errorf("%s %s asks for %q, which is no permission", r.method, r.path, r.may)
		}
		if r.path != views.DeskPath && !strings.HasPrefix(r.path, views.DeskPath+"/") {
			return fmt.Errorf("%s %s is not in the newsroom", r.method, r.path)
		}
		h := s.atDesk(r)
		e.Add(r.method, r.path, h)
		if r.method == http.MethodGet {
			e.HEAD(r.path, h)
		}
	}
	return nil
}

// atDesk lets through whom the table lets through: somebody with a role, whose
// session has shown the second factor not long ago, and whose role may. Whoever
// is not of the desk is told that there is nothing here.
func (s *Site) atDesk(r deskRoute) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "private, no-store")
		m, err := s.member(c)
		if err != nil {
			return err
		}
		if r.strong == shown && !m.Mark.Holds(s.wall()) {
			return s.toDoor(c)
		}
		if rule, _ := desk.RuleOf(r.may); !rule.May(m.Role) {
			page := views.DeskRefusedPage{DeskFrame: s.deskFrame(c, m, "Not yours to do"), Rule: rule}
			return s.render(c, http.StatusForbidden, views.DeskRefused(page))
		}
		return s.deskFault(c, m, r.do(c, m))
	}
}

// member is who of the desk stands behind the request, by the database. Faults:
// SignIn for nobody, Missing for a reader.
func (s *Site) member(c echo.Context) (desk.Member, error) {
	if s.Newsroom.Desk == nil {
		return desk.Member{}, fault.New(fault.Missing, noPage, nil)
	}
	token := s.Sessions.token(c)
	if token == "" {
		return desk.Member{}, fault.New(fault.SignIn, "Sign in to go to the newsroom.", nil)
	}
	m, err := s.Newsroom.Desk.MemberByToken(c.Request().Context(), tokenHash(token), s.wall())
	if err != nil {
		return desk.Member{}, err
	}
	if m != nil {
		m.Network = s.network(c)
		return *m, nil
	}
	who, err := s.session(c)
	if err == nil {
		if err = fault.New(fault.Missing, noPage, nil); who == nil {
			err = fault.New(fault.SignIn, "Sign in to go to the newsroom.", nil)
		}
	}
	return desk.Member{}, err
}

// lostParameter says at the door that a form had been sent.
const lostParameter = "lost"

// toDoor leads to the second factor, and back from there. A form cannot be sent
// on: whoever sent one goes back to its page and is told that nothing was kept.
func (s *Site) toDoor(c echo.Context) error {
	q := url.Values{}
	if back := localPath(c.Request().URL.RequestURI()); c.Request().Method == http.MethodGet && back != views.DeskPath {
		q.Set(views.ReturnParameter, back)
	}
	if m := c.Request().Method; m != http.MethodGet && m != http.MethodHead {
		q.Set(lostParameter, "1")
		if u, err := url.Parse(c.Request().Referer()); err == nil && strings.HasPrefix(u.Path, views.DeskPath+"/") {
			q.Set(views.ReturnParameter, localPath(u.RequestURI()))
		}
	}
	at := views.DeskDoorPath
	if len(q) > 0 {
		at += "?" + q.Encode()
	}
	return c.Redirect(http.StatusSeeOther, at)
}

// deskFault shows a fault in the newsroom's own frame. Faults of kinds that say
// who asks (SignIn) go on to the site.
func (s *Site) deskFault(c echo.Context, m desk.Member, err error) error {
	if err == nil || c.Response().Committed || errors.Is(err, context.Canceled) {
		return err
	}
	kind := fault.KindOf(asFault(err))
	if kind == fault.Internal || kind == fault.Unavailable || kind == fault.SignIn || kind == fault.TooMany {
		return err
	}
	page := views.DeskProblemPage{DeskFrame: s.deskFrame(c, m, "Not done")}
	page.Status, page.Sentence, page.RequestID = statuses[kind], fault.SentenceOf(asFault(err)), requestID(c)
	return s.render(c, page.Status, views.DeskProblem(page))
}

// deskNow is the request's moment in both times.
func (s *Site) deskNow() desk.Now { return desk.Now{Wall: s.wall(), Paper: s.now()} }

// change makes a change and its entry in the record, both or neither. Whatever
// a page of the newsroom changes in the database goes through here.
func (s *Site) change(c echo.Context, m desk.Member, do func(ctx context.Context) (desk.Change, error)) error {
	return s.Newsroom.Journal.Do(c.Request().Context(), m, s.deskNow(), do)
}

// noted records what was done elsewhere and cannot be in a transaction of ours,
// such as a refund at Stripe. Call it right after.
func (s *Site) noted(c echo.Context, m desk.Member, done desk.Change) error {
	return s.Newsroom.Journal.Note(c.Request().Context(), m, s.deskNow(), done)
}
