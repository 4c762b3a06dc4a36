package views

import (
	"net/url"
	"strings"
)

// The addresses that pages link to or send forms to. The router and the pages use the same names, so that neither can
// move one alone.
const (
	FrontPath       = "/"
	SearchPath      = "/search" // q
	FeedPath        = "/feed.xml"
	MeterPath       = "/meter"
	SubscribePath   = "/subscribe"
	GiftsPath       = "/gifts"        // GET asks, POST leads to the payment page
	RedeemPath      = "/gifts/redeem" // code: GET looks, POST redeems
	GiftDonePath    = "/gifts/done"
	GiftPrefix      = "/gifts/of/"   // and a token: the buyer's page of a gift
	CheckoutPath    = "/checkout"    // POST: price, return, email when signed out
	SignInPath      = "/signin"      // POST: email, return
	SignInCodePath  = "/signin/code" // POST: code, return
	SignOutPath     = "/signout"     // POST
	AccountPath     = "/account"
	PortalPath      = "/account/portal" // POST
	CancelPath      = "/account/cancel" // GET asks, POST does
	invoicePrefix   = "/account/invoices/"
	CardPrefix      = "/account/card/"     // and a token: GET asks, POST leads to Stripe's page for another card
	ResumePath      = "/account/resume"    // POST: takes a cancellation back
	PausePath       = "/account/pause"     // GET asks, POST does: months
	PauseEndPath    = "/account/pause/end" // POST
	SessionsPath    = "/account/sessions"  // POST: session, the public id of one to end, or "all"
	MediaPrefix     = "/media/"
	storyPrefix     = "/stories/"
	sectionPrefix   = "/sections/"
	authorPrefix    = "/authors/"
	pagePrefix      = "/pages/"
	linkPrefix      = "/signin/link/"
	AllSessions     = "all"
	PDFSuffix       = ".pdf"
	IconPath        = "icons/icon.svg" // the neutral one, as static names it
	ReturnParameter = "return"
)

// StoryPath returns the address of a story's page.
func StoryPath(slug string) string { return storyPrefix + url.PathEscape(slug) }

// SectionPath returns the address of a section's page.
func SectionPath(slug string) string { return sectionPrefix + url.PathEscape(slug) }

// AuthorPath returns the address of an author's page.
func AuthorPath(slug string) string { return authorPrefix + url.PathEscape(slug) }

// PagePath returns the address of a page about the paper.
func PagePath(slug string) string { return pagePrefix + url.PathEscape(slug) }

// SignInLinkPath returns the address that a mail's link opens: GET asks, POST signs in.
func SignInLinkPath(token string) string { return linkPrefix + url.PathEscape(token) }

// InvoicePath returns the address of an invoice's page.
func InvoicePath(id string) string { return invoicePrefix + url.PathEscape(id) }

// InvoicePDFPath returns the address of the same as a PDF.
func InvoicePDFPath(id string) string { return InvoicePath(id) + PDFSuffix }

// CardPath returns the address that the link in a letter about a failed payment opens.
func CardPath(token string) string { return CardPrefix + url.PathEscape(token) }

// CardDonePath returns where the page for another card leads back to.
func CardDonePath(token string) string { return CardPath(token) + "/done" }

// mediaPath returns the address of a picture, whether it's kept with the prefix or without.
func mediaPath(src string) string {
	if src == "" || strings.HasPrefix(src, "/") {
		return src
	}
	return MediaPrefix + src
}

// withReturn adds where to come back to, unless that is the front page, which is where everybody goes anyway.
func withReturn(path, back string) string {
	if back == "" || back == FrontPath {
		return path
	}
	return path + "?" + url.Values{ReturnParameter: {back}}.Encode()
}
