package handlers

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/views"
)

// deskNav is the newsroom's one navigation, in its order. A role sees what it
// may open.
var deskNav = []struct {
	label string
	path  string
	may   desk.Permission
}{
	{"Desk", views.DeskPath, desk.Enter},
	{"Stories", views.DeskStoriesPath, desk.StoryWrite},
	{"Front page", views.DeskFrontPath, desk.FrontCurate},
	{"Gate", views.DeskGatePath, desk.GateEdit},
	{"Plans", views.DeskPlansPath, desk.PlanEdit},
	{"Readers", views.DeskReadersPath, desk.ReaderSee},
	{"Numbers", views.DeskNumbersPath, desk.NumbersSee},
	{"House", views.DeskHousePath, desk.HouseSee},
	{"Staff", views.DeskStaffPath, desk.StaffManage},
	{"Record", views.DeskRecordPath, desk.RecordSee},
}

// deskFrame is what a page of the newsroom wears, for this member. Whoever has
// not opened the desk sees no navigation.
func (s *Site) deskFrame(c echo.Context, m desk.Member, title string, trail ...views.DeskLink) views.DeskFrame {
	f := views.DeskFrame{Frame: s.frame(viewer{}, title, ""), Member: m, Trail: trail}
	f.SignedIn, f.Desk, f.NoIndex = true, true, true
	if !m.Mark.Holds(s.wall()) {
		return f
	}
	f.Notice = s.takeFlash(c)
	at := c.Request().URL.Path
	for _, n := range deskNav {
		if !m.May(n.may) {
			continue
		}
		f.Nav = append(f.Nav, views.DeskLink{
			Label: n.label, Href: n.path, Current: at == n.path || n.path != views.DeskPath && strings.HasPrefix(at, n.path+"/"),
		})
	}
	return f
}

// flashCookie carries one sentence from a form to the page after it.
const flashCookie = "flash"

const flashLife = time.Minute

type flash struct {
	Kind views.Kind `json:"k"`
	Text string     `json:"t"`
}

// flash says a sentence on the next page of the newsroom.
func (s *Site) flash(c echo.Context, kind views.Kind, text string) {
	raw, err := json.Marshal(flash{kind, text})
	if err != nil {
		return
	}
	s.setFlash(c, base64.RawURLEncoding.EncodeToString(raw), int(flashLife/time.Second))
}

func (s *Site) setFlash(c echo.Context, value string, age int) {
	c.SetCookie(&http.Cookie{
		Name: s.Config.cookieName(flashCookie), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.Config.Secure(), SameSite: http.SameSiteStrictMode,
	})
}

// takeFlash reads the sentence and forgets it.
func (s *Site) takeFlash(c echo.Context) *views.Notice {
	got, err := c.Cookie(s.Config.cookieName(flashCookie))
	if err != nil || got.Value == "" {
		return nil
	}
	s.setFlash(c, "", -1)
	raw, err := base64.RawURLEncoding.DecodeString(got.Value)
	var f flash
	if err != nil || json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return &views.Notice{Kind: f.Kind, Text: f.Text}
}

// done ends a form that did something: a sentence, and the page to see it on.
func (s *Site) done(c echo.Context, path, sentence string) error {
	s.flash(c, views.Good, sentence)
	return c.Redirect(http.StatusSeeOther, path)
}
