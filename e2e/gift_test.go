package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/news"
	"broadsheet/paywall"
)

// Gifts: bought, sent, printed, redeemed, taken back.

var giftCode = regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){4}`)

// give fills in the gift's form and pays; more are further fields.
func (b *Browser) give(price string, more ...string) *Page {
	b.t.Helper()
	hosted := b.Get("/gifts").Is(http.StatusOK).Submit(`form[action="/gifts"] button`, append([]string{"price", price}, more...)...)
	return hosted.Hosted().Pay(goodCard).At("/gifts/done").Is(http.StatusOK)
}

// giftPath is the buyer's page of a gift that was just bought.
func giftPath(t testing.TB, p *Paper) string {
	t.Helper()
	done := p.Browser(t).give("gift_digital_3", "email", newEmail(), "way", "hand")
	return done.One(`main a.btn[href^="/gifts/of/"]`).AttrOr("href", "")
}

func TestGift(t *testing.T) {
	t.Parallel()
	walkOfAGift(t, Start(t, Options{}))
}

func TestGiftPostgreSQL(t *testing.T) {
	t.Parallel()
	walkOfAGift(t, Start(t, Options{Database: pgtest.Copy(t)}))
}

// walkOfAGift is a gift's whole way without JavaScript and without an account
// for its buyer.
func walkOfAGift(t *testing.T, p *Paper) {
	t.Helper()
	closed := slugs(t, news.Subscribers)[0]
	buyer, email, to := p.Browser(t), newEmail(), newEmail()
	day := time.Now().AddDate(0, 0, 20)
	done := buyer.give("gift_print_6", "email", email, "from", "Ada Wells", "to_name", "Bo", "to_email", to, "day", day.Format(time.DateOnly), "message", "Many happy returns.\nUntil Friday.")
	done.Says(`The gift is ready`).Says(`Six months of Print \+ Digital, €78`)
	if buyer.Get("/").SignedIn() {
		t.Error("buying a gift made an account")
	}
	p.mailed(t, email, `Thank\s+you\.\s+Six\s+months`)
	link := regexp.MustCompile(`/gifts/of/\S+`).FindString(p.Mail(t, email))
	page := p.Browser(t).Get(link).Is(http.StatusOK).Says(`It goes to ` + regexp.QuoteMeta(to) + ` on`)
	code := giftCode.FindString(page.Main())
	card := page.Click(`main a[href$="/card"]`).Is(http.StatusOK).Says(`For Bo:`).Says(`Many happy returns\.\s*Until Friday\.\s*Ada Wells`).Says(regexp.QuoteMeta(code))
	if card.Header.Get("Cache-Control") != "private, no-store" || !strings.Contains(string(card.Raw), "noindex") {
		t.Error("the card may be kept or found")
	}
	if p.Mail(t, to) != "" {
		t.Fatal("the gift was sent before its day")
	}
	p.Advance(t, 21*24*time.Hour)
	p.mailed(t, to, `Ada\s+Wells\s+gives\s+you\s+six\s+months`)
	letter := p.Mail(t, to)
	if giftCode.FindString(letter) != code || !strings.Contains(letter, "Until Friday.") {
		t.Fatalf("the letter brings another code or message:\n%s", letter)
	}

	// The recipient signs in with an address of their own, and comes back.
	taker, own := p.Browser(t), newEmail()
	address := regexp.MustCompile(`/gifts/redeem\?code=\S+`).FindString(letter)
	asked := taker.Get(address).At("/signin")
	signIn := func(at *Page, email string) *Page {
		return at.Submit(`form[action="/signin"]`, "email", email).Submit(`form[action="/signin/code"]`, "code", p.Code(t, email)).At("/gifts/redeem")
	}
	offer := signIn(asked, newEmail()).Is(http.StatusOK).Says(`Six months of Print \+ Digital`).Says(`From Ada Wells`).Says(`Many happy returns`)
	ship := []string{"ship_name", "Bo Berg", "line1", "1 Quay", "postal", "1011 AB", "city", "Haverdam"}
	// The session ends while they type: they sign in again, and find what they typed.
	taker.Post("/signout")
	offer = signIn(offer.Submit(`form[action="/gifts/redeem"] button`, ship...).At("/signin"), own)
	for field, want := range map[string]string{"ship_name": "Bo Berg", "line1": "1 Quay", "postal": "1011 AB", "city": "Haverdam", "code": code} {
		if got := offer.One(`form[action="/gifts/redeem"] [name="`+field+`"]`).AttrOr("value", ""); got != want {
			t.Errorf("after signing in again %s is %q, want %q", field, got, want)
		}
	}
	taker.Post("/gifts/redeem", "code", code).Is(http.StatusUnprocessableEntity).Says(`needs a name, a street and a town`)
	offer.Submit(`form[action="/gifts/redeem"] button`, ship...).Is(http.StatusOK).Says(`Print \+ Digital is yours`).Says(`nothing is charged when it ends`)
	taker.Read(closed).Gate(paywall.Open, paywall.Benefit)
	taker.Get("/account").Says(`A gift from Ada Wells until`).Says(`Print \+ Digital`)
	p.mailed(t, own, `is\s+yours\s+until`)

	again := p.Browser(t)
	again.SignIn(newEmail())
	again.Get("/gifts/redeem?code=" + code).Is(http.StatusConflict).Says(`redeemed already`)
	buyer.Get(link).Is(http.StatusOK).Says(`Redeemed on`)
	buyer.Post(link, "do", "back").Is(http.StatusConflict).Says(`Redeemed on`)

	p.Advance(t, 5*month+7*24*time.Hour)
	p.mailed(t, own, `ends\s+on`)
	taker.Read(closed).Gate(paywall.Open, paywall.Benefit)
	p.Advance(t, month)
	p.mailed(t, own, `has\s+ended`)
	taker.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
}

// A gift that is taken back is refunded, and its code is dead.
func TestGiftTakenBack(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.give("gift_digital_3", "way", "hand")
	account := b.Get("/account").Says(`Three months of Digital`).Says(`Not redeemed yet`)
	page := account.Click(`#gifts a[href^="/gifts/of/"]`).Is(http.StatusOK)
	code := giftCode.FindString(page.Main())
	asks := page.Click(`main a[href*="ask=back"]`).Is(http.StatusOK)
	b.Get("/account").Says(`Not redeemed yet`) // asking changed nothing
	asks.Press(`Take it back and refund`).Is(http.StatusOK).Says(`€21.00 went back to the card`)
	b.Get("/gifts/redeem?code=" + code).Is(http.StatusConflict).Says(`took it back`)
	p.mailed(t, email, `took\s+your\s+gift\s+back`)
	b.Get("/account").Says(`Taken back on`)
}

// A slip is told as a slip, what no gift has as that, and neither opens anything.
func TestGiftCodesThatOpenNothing(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b := p.Browser(t)
	b.Get("/gifts/redeem").Is(http.StatusOK).One(`form[action="/gifts/redeem"] input[name="code"]`)
	b.Get("/gifts/redeem?code=ABC").Is(http.StatusUnprocessableEntity).Says(`No code of ours holds "B"`)
	b.Get("/gifts/redeem?code=3333-3333-3333-3333-3334").Is(http.StatusUnprocessableEntity).Says(`There is a slip in this code`)
	b.SignIn(newEmail())
	b.Get("/gifts/redeem?code=3333-3333-3333-3333-3333").Is(http.StatusUnprocessableEntity).Says(`No gift has this code`)
}

// The form comes back with what was typed, and nothing was opened.
func TestGiftFormComesBack(t *testing.T) {
	t.Parallel()
	b := Shared(t).Browser(t)
	page := b.Post("/gifts", "price", "gift_digital_6", "email", "nobody", "way", "mail", "to_email", "bo@", "day", "2001-01-01", "from", "Ada", "message", strings.Repeat("x", 601)).Is(http.StatusUnprocessableEntity)
	if n := page.Find(".error").Length(); n != 4 {
		t.Errorf("%d sentences, want 4:\n%s", n, page.Main())
	}
	if page.One(`[name="from"]`).AttrOr("value", "") != "Ada" || page.Find(`[value="gift_digital_6"][checked]`).Length() != 1 {
		t.Error("what was typed is lost")
	}
	page.Says(`The message has 601 characters`).Says(`That day is past`)
}

// Somebody who pays for a plan is not charged while a gift runs.
func TestGiftMovesTheNextPayment(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	code := giftCode.FindString(p.Browser(t).Get(giftPath(t, p)).Main())
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	offer := b.Get("/gifts/redeem?code=" + code).Is(http.StatusOK).Says(`its next payment moves back from`)
	offer.Submit(`form[action="/gifts/redeem"] button`).Is(http.StatusOK).Says(`Your own plan goes on after it: its next payment is on`)
	b.Get("/account").Says(`A gift moved your next payment to`).Says(`Active`)
	p.Advance(t, 3*month)
	if n := invoicesOver(b, "€7.00"); n != 1 {
		t.Errorf("%d payments by the end of the gift, want the first one only", n)
	}
	b.Read(slugs(t, news.Subscribers)[0]).Gate(paywall.Open, paywall.Benefit)
	p.Advance(t, month+3*24*time.Hour)
	if n := invoicesOver(b, "€7.00"); n != 2 {
		t.Errorf("%d payments after it, want 2", n)
	}
}

// invoicesOver counts the account's invoices of a sum.
func invoicesOver(b *Browser, sum string) int {
	return strings.Count(b.Get("/account").Is(http.StatusOK).Find("#invoices tbody").Text(), sum)
}

func TestBrowserGift(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b := newTab(t, p)
	b.open("/gifts").fill(`[name="email"]`, newEmail()).fill(`[name="from"]`, "Ada").fill(`[name="to_name"]`, "Bo")
	must(t, b.Do(clickOn(`[name="way"][value="hand"]`)))
	b.press(`form[action="/gifts"] button`).pay(goodCard).at("/gifts/done").says("The gift is ready")
	b.audit("the page after buying a gift")
	b.press(`main a.btn[href^="/gifts/of/"]`)
	code := giftCode.FindString(b.text("main"))
	b.press(`main a[href$="/card"]`).says(code)

	taker := newTab(t, p)
	taker.open("/gifts/redeem").fill(`[name="code"]`, strings.ToLower(strings.ReplaceAll(code, "-", " "))).press(`form[action="/gifts/redeem"] button`)
	taker.at("/signin").register(newEmail()).at("/gifts/redeem").says("Three months of Digital")
	taker.press(`form[action="/gifts/redeem"] button`).says("Digital is yours")
	taker.audit("a gift that was redeemed")
	taker.open(storyPath(slugs(t, news.Subscribers)[0])).gate(paywall.Open, paywall.Benefit)
	taker.open("/account").says("A gift from Ada until")
	taker.audit("the account of somebody with a gift")
}
