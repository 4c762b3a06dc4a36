package handlers

import (
	"github.com/labstack/echo/v4"

	"broadsheet/static"
)

// routes lists every address of the paper, one line each.
func (s *Site) routes(e *echo.Echo) {
	get := func(path string, h echo.HandlerFunc) {
		e.GET(path, h)
		e.HEAD(path, h)
	}
	// The paper
	get("/", s.front)
	get("/stories/:slug", s.story)
	get("/sections/:slug", s.section)
	get("/authors/:slug", s.author)
	get("/pages/:slug", s.textPage)
	get("/meter", s.meter)
	// Ways of being found
	// Reading rooms' own files
	get("/static/*", echo.WrapHandler(static.Handler()))
	get("/accent.css", s.accent)
	// Accounts
	get("/signin", s.signInForm)
	e.POST("/signin", s.signInAsk)
	get("/signin/code", s.codeForm)
	e.POST("/signin/code", s.signInCode)
	get("/signin/link/:token", s.linkForm)
	e.POST("/signin/link/:token", s.signInLink)
	e.POST("/signout", s.signOut)
	e.POST("/account/sessions", s.endSessions)
	s.mailRoutes(get)
	// Money
	// The machine room
	get("/healthz", s.healthz)
	get("/readyz", s.readyz)
}
