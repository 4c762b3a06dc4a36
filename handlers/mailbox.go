package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/internal/mail"
	"broadsheet/views"
)

// The mailbox is where mails go in development. It holds sign-in codes, so its
// routes exist nowhere else.
const mailboxPath = "/_mail"

// mailRoutes mounts the mailbox, in development only.
func (s *Site) mailRoutes(get func(path string, h echo.HandlerFunc)) {
	if !s.Config.Development || s.Box == nil {
		return
	}
	get(mailboxPath, s.mailbox)
	get(mailboxPath+"/latest", s.latestMail)
	get(mailboxPath+"/:id", s.mail)
}

// mailbox lists what was sent, newest first.
func (s *Site) mailbox(c echo.Context) error {
	all, err := s.Box.List()
	if err != nil {
		return err
	}
	f, err := s.signInFrame(c, "Mailbox")
	if err != nil {
		return err
	}
	f.Path = mailboxPath
	page := views.MailboxPage{Frame: f, To: c.QueryParam("to")}
	for _, m := range all {
		if page.To != "" && !m.IsTo(page.To) {
			continue
		}
		page.Messages = append(page.Messages, views.MailboxRow{
			To: m.To, Subject: m.Subject, At: m.At.In(f.Day.Location()), Text: m.Text, Link: mailboxPath + "/" + m.ID,
		})
	}
	return s.render(c, http.StatusOK, views.Mailbox(page))
}

// latestMail is the newest message to an address, as text.
func (s *Site) latestMail(c echo.Context) error {
	m, ok, err := s.Box.Latest(c.QueryParam("to"))
	if err != nil {
		return err
	}
	if !ok {
		return noMail()
	}
	return sendText(c, m)
}

// mail is one message as it looks.
func (s *Site) mail(c echo.Context) error {
	m, ok, err := s.Box.Get(c.Param("id"))
	if err != nil {
		return err
	}
	if !ok {
		return noMail()
	}
	if m.HTML == "" {
		return sendText(c, m)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-store")
	// A mail brings its own styles and nothing else.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return c.HTML(http.StatusOK, m.HTML)
}

func noMail() error {
	return fault.New(fault.Missing, "There is no such mail. Codes arrive a moment after they are asked for.", nil)
}

// sendText gives a message as text: its subject, then what it says.
func sendText(c echo.Context, m mail.Boxed) error {
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return c.String(http.StatusOK, "Subject: "+m.Subject+"\n\n"+m.Text)
}
