package handlers

import (
	"github.com/labstack/echo/v4"

	"broadsheet/static"
	"broadsheet/views"
)

// routes lists every address of the paper, one line each.
func (s *Site) routes(e *echo.Echo) error {
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
	get(views.PreviewLinkPath(":token"), s.preview)
	get("/meter", s.meter)
	// Ways of being found
	get(views.SearchPath, s.search)
	get(views.FeedPath, s.feed)
	get("/sitemap.xml", s.sitemap)
	get("/robots.txt", s.robots)
	// Reading rooms' own files
	get("/media/:file", s.picture)
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
	get(views.SubscribePath, s.subscribe)
	e.POST(views.CheckoutPath, s.checkout)
	get("/checkout/done", s.checkoutDone)
	get("/checkout/back", s.checkoutBack)
	get(views.AccountPath, s.account)
	get("/account/back", s.accountBack)
	get(views.CancelPath, s.cancelForm)
	e.POST(views.CancelPath, s.cancelPlan)
	e.POST(views.ResumePath, s.resumePlan)
	get(views.ChangePath, s.changeForm)
	e.POST(views.ChangePath, s.changeDo)
	get(views.PreviewPath, s.changePreview)
	get(views.ChangeDonePath, s.changeDone)
	e.POST(views.TakeBackPath, s.changeUndo)
	get(views.PausePath, s.pauseForm)
	e.POST(views.PausePath, s.pausePlan)
	e.POST(views.PauseEndPath, s.pauseEnd)
	e.POST(views.PortalPath, s.portal)
	get(views.InvoicePath("")+":id", s.invoice)
	get(views.CardPrefix+":token", s.cardForm)
	e.POST(views.CardPrefix+":token", s.cardChange)
	get(views.CardPrefix+":token/done", s.cardDone)
	get(views.GiftsPath, s.gifts)
	e.POST(views.GiftsPath, s.giveGift)
	get(views.GiftDonePath, s.giftDone)
	get(views.RedeemPath, s.redeemForm)
	e.POST(views.RedeemPath, s.redeem)
	get(views.GiftPrefix+":token", s.giftOf)
	e.POST(views.GiftPrefix+":token", s.changeGift)
	get(views.GiftPrefix+":token/card", s.giftCard)
	e.POST("/webhooks/stripe", s.stripeWebhook)
	// The machine room
	get("/healthz", s.healthz)
	get("/readyz", s.readyz)
	s.paceRoutes(get, func(path string, h echo.HandlerFunc) { e.POST(path, h) })
	return s.mountNewsroom(e)
}
