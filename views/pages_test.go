package views

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/reader"
)

func TestSection(t *testing.T) {
	t.Parallel()
	doc := draw(t, Section(SectionPage{
		Frame: rich(), Section: news.Section{Slug: "world", Name: "World", Description: "Beyond the border."},
		Teasers: teasers(9), Next: "/sections/world?before=x",
	}))
	want(t, doc, "h1", "World")
	many(t, doc, ".section-top .tease", 6)
	many(t, doc, ".listing .tease", 3)
	many(t, doc, ".sections a[aria-current]", 1)
	many(t, doc, "a[rel=next][href='/sections/world?before=x']", 1)
	doc = draw(t, Section(SectionPage{Section: news.Section{Name: "World"}}))
	holds(t, doc, ".empty", "No stories here yet")
	many(t, doc, "a[rel=next]", 0)
}

func TestAuthor(t *testing.T) {
	t.Parallel()
	doc := draw(t, Author(AuthorPage{Frame: rich(), Author: news.Author{Name: "Tomás Egri-Noll", Role: "Writes", Bio: "He writes."}, Teasers: teasers(2)}))
	want(t, doc, "h1", "Tomás Egri-Noll")
	want(t, doc, ".seal text", "TN")
	many(t, doc, ".listing .tease", 2)
	draw(t, Author(AuthorPage{}))
}

func TestSearch(t *testing.T) {
	t.Parallel()
	doc := draw(t, Search(SearchPage{Frame: rich(), Query: `tide "guages"`, Results: teasers(2)}))
	many(t, doc, ".listing .tease", 2)
	if got := doc.Find("input[name=q]").AttrOr("value", ""); got != `tide "guages"` {
		t.Errorf("the field holds %q", got)
	}
	holds(t, draw(t, Search(SearchPage{Frame: rich(), Query: "guages"})), ".empty", "Nothing for “guages”")
	many(t, draw(t, Search(SearchPage{})), ".empty, .listing", 0)
}

func TestText(t *testing.T) {
	t.Parallel()
	doc := draw(t, Text(TextPage{Frame: rich(), Page: news.Page{
		Title: "Privacy", Standfirst: "One cookie.", Body: news.Body{{Kind: news.Heading, HTML: "<h2>Cookies</h2>"}},
	}}))
	want(t, doc, "h1", "Privacy")
	want(t, doc, ".story-body h2", "Cookies")
	many(t, doc, "[data-gate], article", 0)
	draw(t, Text(TextPage{}))
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	p := SubscribePage{Frame: rich(), Catalogue: catalogue(), Return: "/stories/a", Registered: 5, WindowDays: 30, Email: "maud@", EmailError: "An address needs a part after the @.", Selected: "digital_yearly"}
	doc := draw(t, Subscribe(p))
	want(t, doc, "h1", "Two plans. One has paper in it.")
	holds(t, doc, ".every", "two months free")
	many(t, doc, "input[value=yearly][checked]", 1)
	many(t, doc, "form.plans[method=post][action='/checkout'] button[name=price]", 4)
	many(t, doc, "input[name=email][value='maud@'][aria-invalid=true]", 1)
	want(t, doc, ".error", "An address needs a part after the @.")
	many(t, doc, ".benefits tbody tr", 8)
	holds(t, doc, ".benefits", "5 in 30 days", "€140.00", "Voices our audio opinions", "The magazine delivered to your door")
	want(t, doc, "section[aria-labelledby=plan-print-page] li", "The magazine delivered to your door")
	many(t, doc, "#plan-digital-page", 1)
	holds(t, doc, "section[aria-labelledby=plan-digital-page] .not", "Not included: The magazine")

	p.SignedIn, p.HasSubscription = true, true
	doc = draw(t, Subscribe(p))
	many(t, doc, "form.plans", 0)
	holds(t, doc, ".empty", "You already have a plan")
	many(t, draw(t, Subscribe(SubscribePage{})), "form.plans, .benefits", 0)
}

func TestSignedInReaderIsNotAskedForAnAddress(t *testing.T) {
	t.Parallel()
	p := SubscribePage{Frame: rich(), Catalogue: catalogue()}
	p.SignedIn = true
	many(t, draw(t, Subscribe(p)), "input[name=email]", 0)
}

func TestCheckoutPages(t *testing.T) {
	t.Parallel()
	plan := catalogue().Plans[1]
	doc := draw(t, CheckoutEmail(CheckoutEmailPage{Frame: rich(), Plan: plan, Price: plan.Prices[0], Return: "/stories/a", Error: "No."}))
	many(t, doc, "form[action='/checkout'] input[name=price][value=digital_monthly]", 1)
	holds(t, doc, "main", "Digital, €7 a month.")

	done := CheckoutDonePage{Frame: rich(), Plan: plan, Price: plan.Prices[0], Return: "/stories/a", ReturnText: "The tides", State: CheckoutActive, Email: "maud@example.org", Unverified: true}
	doc = draw(t, CheckoutDone(done))
	holds(t, doc, "main", "Everything is open.", "Digital is yours from now, for €7 a month.", "maud@example.org", "Read on: The tides", "this browser alone")
	many(t, doc, "a.btn[href='/stories/a']", 1)

	done.State = CheckoutWaiting
	holds(t, draw(t, CheckoutDone(done)), "main", "has not answered yet", "You need not pay again.")

	done.State, done.Why = CheckoutDeclined, "Your card has insufficient funds."
	doc = draw(t, CheckoutDone(done))
	holds(t, doc, "main", "Your card has insufficient funds.", "Nothing was charged.", "Try another card")
	many(t, doc, "form input[name=price][value=digital_monthly]", 1)
	holds(t, draw(t, CheckoutDone(CheckoutDonePage{})), "main", "did not go through")
}

func TestSignInPages(t *testing.T) {
	t.Parallel()
	doc := draw(t, SignIn(SignInPage{Frame: rich(), Email: "maud@", Error: "An address needs a part after the @.", Return: "/stories/a", Why: "This address has an account."}))
	many(t, doc, "form[action='/signin'] input[name=return][value='/stories/a']", 1)
	many(t, doc, "input[name=email][value='maud@'][aria-invalid=true][aria-describedby='email-err email-hint']", 1)
	holds(t, doc, ".note", "This address has an account.")
	many(t, doc, "main a[href='/pages/privacy']", 1)
	many(t, draw(t, SignIn(SignInPage{})), "[aria-invalid], .error, main .note", 0)

	doc = draw(t, Code(CodePage{Frame: rich(), Email: "maud@example.org", Code: "40718", Error: "That is five digits. The code has six.", Return: "/", Token: "row"}))
	many(t, doc, "form[action='/signin/code'] input[name=code][value='40718'][autocomplete=one-time-code][inputmode=numeric]", 1)
	many(t, doc, "input[type=hidden][name=token][value=row]", 1)
	want(t, doc, ".error", "That is five digits. The code has six.")
	draw(t, Code(CodePage{}))

	doc = draw(t, Link(LinkPage{Frame: rich(), Token: "a/b", Email: "maud@example.org"}))
	many(t, doc, "form[method=post][action='/signin/link/a%2Fb'] button", 1)
	draw(t, Link(LinkPage{}))
}

func accountPage(s *billing.Subscription) AccountPage {
	f := rich()
	f.SignedIn = true
	return AccountPage{
		Frame: f, Reader: reader.Reader{Name: "Maud Ferreira", Email: "maud@example.org"}, Subscription: s, Plan: catalogue().Plans[0],
		Grants: true, Card: "Card ending 4242", Portal: true, Catalogue: catalogue(),
		Benefits: []BenefitRow{{Name: "Every story", Why: "Until 3 May, and on from there", Has: true}, {Name: "Voices", Why: "Not in your plan"}},
		Free:     MeterPanel{Allowance: 5, Left: 3, Window: 30 * 24 * time.Hour, Resets: noon.AddDate(0, 1, 0)},
		Sessions: []SessionRow{{ID: "1", Device: "Firefox on Linux", This: true}, {ID: "2", Seen: noon.AddDate(0, 0, -1)}},
		Invoices: []InvoiceRow{{Number: "A-1", Date: noon, Money: eur(-215), Status: "paid", URL: "https://pay.example/r"}},
	}
}

func TestAccountInEveryStatus(t *testing.T) {
	t.Parallel()
	base := billing.Subscription{Money: eur(1400), Interval: billing.Monthly, Started: noon.AddDate(0, -6, 0), PeriodEnd: noon.AddDate(0, 0, 21)}
	of := func(change func(*billing.Subscription)) *billing.Subscription {
		s := base
		change(&s)
		return &s
	}
	for name, c := range map[string]struct {
		sub    *billing.Subscription
		pill   string
		says   string
		cancel int // forms or links that leave
		buy    int // links that sell
	}{
		"active":     {of(func(s *billing.Subscription) { s.Status = billing.Active }), "Active", "€14.00 on 3 May", 1, 0},
		"ending":     {of(func(s *billing.Subscription) { s.Status = billing.Active; s.CancelAt = s.PeriodEnd }), "Ends 3 May", "Everything stays open until 3 May 2024", 0, 0},
		"past due":   {of(func(s *billing.Subscription) { s.Status = billing.PastDue }), "Payment due", "Nothing changes until 17 May", 1, 0},
		"incomplete": {of(func(s *billing.Subscription) { s.Status = billing.Incomplete }), "Not paid yet", "Nothing was charged", 0, 1},
		"expired":    {of(func(s *billing.Subscription) { s.Status = billing.IncompleteExpired }), "Ended", "None", 0, 1},
		"canceled":   {of(func(s *billing.Subscription) { s.Status = billing.Canceled; s.EndedAt = noon }), "Ended", "Ended on 12 April 2024", 0, 1},
		"unpaid":     {of(func(s *billing.Subscription) { s.Status = billing.Unpaid }), "Unpaid", "Another card starts it again.", 1, 0},
		"paused":     {of(func(s *billing.Subscription) { s.Status = billing.Paused }), "Paused", "None while paused", 1, 0},
		"on hold":    {of(func(s *billing.Subscription) { s.Status = billing.Active; s.IsPaused = true }), "Paused", "None while paused", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accountPage(c.sub)
			p.GraceUntil = time.Date(2024, time.May, 17, 0, 0, 0, 0, noon.Location())
			doc := draw(t, Account(p))
			want(t, doc, ".panel .pill", c.pill)
			holds(t, doc, ".main-col > .panel:first-child", c.says, "Print + Digital", "€14.00 a month, since 12 October 2023")
			many(t, doc, "main a[href='/account/cancel']", c.cancel)
			many(t, doc, ".panel .do > a.btn[href='/subscribe']", c.buy)
		})
	}
}

func TestAccountParts(t *testing.T) {
	t.Parallel()
	sub := &billing.Subscription{Status: billing.Active, Money: eur(1400), Interval: billing.Monthly, CancelAt: noon, PeriodEnd: noon}
	p := accountPage(sub)
	p.Bought = []string{"Digital, €7.00 a month"}
	doc := draw(t, Account(p))
	many(t, doc, "form[action='/account/portal'] button", 1)
	many(t, doc, "form[action='/account/resume'] button", 1)
	holds(t, doc, ".account-note", "Digital, €7.00 a month", "every other device has been signed out")
	holds(t, doc, ".rows", "Every story", "Not in your plan", "Here", "Last seen on 11 April")
	holds(t, doc, ".sheet", "12 April 2024", "A-1", "Paid", "−€2.15", "Receipt of 12 April 2024")
	many(t, doc, "form[action='/account/sessions'] input[value=all]", 1)
	many(t, doc, "form[action='/account/sessions'] input[value='2']", 1)
	many(t, doc, "form[action='/signout'] button", 1)
	holds(t, doc, "#meter", "3 of 5 free stories left", "12 May")

	doc = draw(t, Account(AccountPage{Free: MeterPanel{Unlimited: UnlimitedPlan, Allowance: 5}}))
	holds(t, doc, "main", "No plan", "No invoices yet", "Not counted while you subscribe")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	doc := draw(t, Cancel(CancelPage{Frame: rich(), Plan: catalogue().Plans[1], Until: noon, Reasons: billing.PartingReasons}))
	many(t, doc, "form[method=post][action='/account/cancel'] button", 1)
	holds(t, doc, "main", "Cancel Digital?", "until 12 April 2024")
	many(t, doc, "input[name=reason]", len(billing.PartingReasons))
	many(t, doc, "input[name=reason][required], input[name=reason][checked], textarea[required]", 0) // asked, not demanded
	draw(t, Cancel(CancelPage{}))
}

func TestInvoice(t *testing.T) {
	t.Parallel()
	inv := billing.Invoice{
		Number: "A-1", Status: "paid", Money: eur(763), Paid: 763, Tax: 63, Created: noon, Due: noon, PaidAt: noon, PDF: "https://pay.example/a.pdf",
		Lines: []billing.InvoiceLine{{Text: "1 × Digital", Money: eur(900), From: noon, To: noon.AddDate(0, 1, 0)}, {Text: "Discount", Money: eur(-200)}},
	}
	p := InvoicePage{Frame: rich(), Invoice: inv, For: "Digital", To: []string{"Maud Ferreira", "", "18 Rua das Flores"}}
	doc := draw(t, Invoice(p))
	want(t, doc, "h1", "Receipt A-1")
	holds(t, doc, "main", "Paid on 12 April 2024.", "12 April 2024 to 12 May 2024", "−€2.00", "18 Rua das Flores", "The same as PDF")
	holds(t, doc, "table", "Tax €0.63", "Total €7.63", "Paid €7.63")
	p.Invoice.Money, p.Invoice.Paid, p.Invoice.Remaining, p.Invoice.Status = eur(700), 0, 700, "open"
	doc = draw(t, Invoice(p))
	want(t, doc, "h1", "Invoice A-1")
	holds(t, doc, "main", "€7.00 is open.", "Tax, which the total contains")
	p.Invoice.Lines, p.Invoice.Tax = nil, 0
	holds(t, draw(t, Invoice(p)), "tbody", "Digital €7.00")
	for status, says := range map[string]string{"void": "It was cancelled", "uncollectible": "not collected any more"} {
		p.Invoice.Status = status
		holds(t, draw(t, Invoice(p)), "main", says)
	}
	draw(t, Invoice(InvoicePage{}))
}

func TestCardPages(t *testing.T) {
	t.Parallel()
	p := CardPage{Frame: rich(), Token: "a.b", Plan: "Digital", Money: eur(700), Of: noon, State: billing.CardWanted}
	doc := draw(t, Card(p))
	many(t, doc, "form[method=post][action='/account/card/a.b'] button", 1)
	holds(t, doc, "main", "Another card for Digital", "The payment of 12 April, €7.00 for Digital, was declined.", "signs nobody in")
	for state, says := range map[billing.CardFixState]string{
		billing.CardPaid: "Paid. Nothing was lost.", billing.CardOver: "not collected any more", billing.CardSame: "nothing was charged",
		billing.CardDeclined: "The card has run out.",
	} {
		p.State, p.Why = state, "The card has run out."
		doc := draw(t, Card(p))
		holds(t, doc, "main", says)
		if asks := state == billing.CardSame || state == billing.CardDeclined; asks != (doc.Find("main form").Length() == 1) {
			t.Errorf("%s: the page asks for a card: %t", state, !asks)
		}
	}
	holds(t, draw(t, CardLinkOver(CardPage{})), "main", "This link has run out", "Nothing was charged")
}

func TestMeter(t *testing.T) {
	t.Parallel()
	p := MeterPage{Frame: rich(), Allowance: 2, Left: 1, Window: 30 * 24 * time.Hour, Resets: noon.AddDate(0, 1, 0), More: 3, Counts: []MeterCount{
		{Teaser: teasers(1)[0], At: noon, Leaves: noon.AddDate(0, 1, 0)}, {At: noon, Leaves: noon.AddDate(0, 1, 0)},
	}}
	doc := draw(t, Meter(p))
	holds(t, doc, ".page-head", "1 of 2 free stories left", "the next comes free on 12 May 2024, 12:00")
	many(t, doc, ".rows > li", 2)
	holds(t, doc, ".rows", "Story <0>", "Counts until 12 May", "taken back since")
	holds(t, doc, ".side-col", "once in 30 days", "An e-mail address opens three more.")
	holds(t, draw(t, Meter(MeterPage{Unlimited: UnlimitedPlan})), ".page-head", "Nothing is counted while you subscribe.")
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	titles := map[string]int{}
	for _, status := range []int{400, 403, 404, 405, 409, 413, 422, 429, 500, 503} {
		f := rich()
		doc := draw(t, Error(ErrorPage{Frame: f, Status: status, RequestID: "7F3K"}))
		h1 := text(doc.Find("h1"))
		if other, twice := titles[h1]; twice {
			t.Errorf("%d and %d say the same: %s", status, other, h1)
		}
		titles[h1] = status
		holds(t, doc, "main", itoa(status), "Reference 7F3K")
		many(t, doc, "link[rel=canonical], .meter, script[type]", 0)
		many(t, doc, "meta[name=robots][content=noindex]", 1)
	}
	doc := draw(t, Error(ErrorPage{Status: http.StatusTeapot, Headline: "Tea", Sentence: "Only tea.", Action: "Again", ActionLink: "/tea"}))
	holds(t, doc, "main", "Tea", "Only tea.", "418")
	many(t, doc, "main a[href='/tea']", 1)
	holds(t, draw(t, Error(ErrorPage{})), "main", "Something broke on our side")
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	doc := draw(t, Mailbox(MailboxPage{Frame: rich(), To: "maud@example.org", Messages: []MailboxRow{{To: "maud@example.org", Subject: "Your code", At: noon, Text: "<123456>", Link: "/_mail/1"}}}))
	want(t, doc, "pre", "<123456>")
	holds(t, draw(t, Mailbox(MailboxPage{})), ".empty", "Nothing was sent yet")
}

func TestEveryLinkLeadsToAPageOfThisIssue(t *testing.T) {
	t.Parallel()
	known := []string{"/", "/search", "/feed.xml", "/meter", "/subscribe", "/checkout", "/signin", "/signout", "/account", "/account/cancel", "/account/portal", "/account/resume", "/account/sessions"}
	prefixes := []string{"/stories/", "/sections/", "/authors/", "/pages/", "/signin/", "/static/", "/media/", "mailto:", "#"}
	p := frontPage(9)
	doc := draw(t, Front(p))
	for _, s := range []string{"href", "action", "src"} {
		for _, link := range doc.Find("a[" + s + "], form[" + s + "], img[" + s + "]").EachIter() {
			path, _, _ := strings.Cut(link.AttrOr(s, ""), "?")
			path, _, _ = strings.Cut(path, "#")
			ok := path == ""
			for _, k := range known {
				ok = ok || path == k
			}
			for _, prefix := range prefixes {
				ok = ok || strings.HasPrefix(path, prefix)
			}
			if !ok {
				t.Errorf("%q leads to a page that this paper doesn't have", path)
			}
		}
	}
}
