package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What a reader's account can be in, and the pages that each state shows: axe
// finds nothing on them, and nothing scrolls sideways.

// seen is a reader with a tab of their own beside the browser without script.
func seen(t *testing.T, p *Paper) (*Browser, *tab, string) {
	t.Helper()
	plain, email := p.Browser(t), newEmail()
	plain.SignIn(email)
	b := newTab(t, p)
	must(t, b.enterAs(plain))
	return plain, b, email
}

// audits looks at pages of the paper, one after the other.
func (b *tab) audits(state string, paths ...string) {
	b.t.Helper()
	for _, path := range paths {
		if _, err := b.Go(b.paper.URL + path); err != nil {
			b.t.Fatal(err)
		}
		b.audit(state + " at " + path)
	}
}

func TestPagesOfAPlan(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Start(t, Options{})
	plain, b, _ := seen(t, p)
	plain.Subscribe(digitalMonthly, "")
	b.audits("active", "/account/change", "/account/change/preview?price=print_monthly", "/account/pause", "/account/cancel")
	plain.Get("/account/pause").Submit(`form[action="/account/pause"] button`, "months", "1")
	b.audits("before a pause", "/account", "/account/pause")
	p.Advance(t, month+24*time.Hour)
	b.audits("paused", "/", "/account", "/account/pause", "/subscribe")
	b.says("already have a plan")
	if page := plain.Get("/").One(".notices").Text(); !strings.Contains(page, "Your plan is paused.") || !strings.Contains(page, "It returns on") {
		t.Errorf("the front page does not say why everything is closed:\n%.300s", page)
	}

	yearly, b, _ := seen(t, p)
	yearly.Get("/subscribe").Buy("print_yearly", "").Pay(goodCard)
	yearly.Get("/account/change/preview?price=digital_monthly").Submit(`form[action="/account/change"] button`)
	b.audits("before a change", "/account", "/account/change", "/account/cancel")

	leaver, b, _ := seen(t, p)
	leaver.Subscribe(digitalMonthly, "")
	leaver.Get("/account/cancel").Submit(`form[action="/account/cancel"] button`)
	b.audits("cancelled", "/account", "/account/change")
}

func TestPagesOfTrouble(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Start(t, Options{})
	plain, b, email := seen(t, p)
	plain.Subscribe(digitalMonthly, "")
	changeCard(plain, laterCard)
	disputed, d, _ := seen(t, p)
	disputed.Get("/subscribe").Buy("digital_yearly", "").Pay(takenBackCard)
	p.Advance(t, time.Minute)
	d.audits("disputed", "/account", disputed.Get("/account").One(`#invoices tbody a`).AttrOr("href", ""))
	p.Advance(t, month+3*time.Hour)
	b.audits("in grace", "/", "/account", "/account/change")
	link := regexp.MustCompile(`/account/card/\S+`).FindString(p.Mail(t, email))
	stranger := newTab(t, p)
	stranger.audits("signed out", link)
	p.Advance(t, month)
	b.audits("lapsed", "/account")
	stranger.audits("signed out, late", link)
}

func TestPagesOfATrial(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Start(t, Options{})
	p.revised(t, "lookup_key: digital_monthly,", "lookup_key: digital_monthly, trial_days: 14,")
	p.Do(t, "plans", "code", "SPRING", "--percent", "50", "--duration", "once")
	plain, b, _ := seen(t, p)
	eventually(t, "the free days are offered", func() bool { return strings.Contains(plain.Get("/subscribe").Main(), "14 days free") })
	b.audits("with a code", "/subscribe?code=spring", "/subscribe?code=nobodyhasthis")
	plain.Get("/subscribe").Buy(digitalMonthly, "").Pay(goodCard)
	b.audits("on trial", "/account", "/account/change", "/account/change/preview?price=print_monthly", "/account/cancel")
}

func TestPagesOfGifts(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Shared(t)
	plain, b, _ := seen(t, p)
	plain.give("gift_print_6", "to_name", "Bo", "to_email", newEmail(), "day", time.Now().AddDate(0, 0, 20).Format(time.DateOnly), "message", "One line.\nAnd another.")
	link := plain.Get("/account").One(`#gifts a[href^="/gifts/of/"]`).AttrOr("href", "")
	b.audits("a gift to come", "/gifts", "/account", link, link+"?ask=back", link+"/card")
	code := giftCode.FindString(plain.Get(link).Main())
	offer := plain.Get("/gifts/redeem?code=" + code).Is(http.StatusOK)
	if offer.Find("blockquote").Length() != 1 || offer.Find("blockquote p").Length() != 2 {
		t.Error("a message of two lines is not one quotation")
	}
	if name := offer.One(`[name="country"] option[value="NL"]`).Text(); name != "Netherlands" {
		t.Errorf("a country is called %q", name)
	}
	b.audits("a gift to oneself", "/gifts/redeem?code="+code, "/gifts/redeem?code=ABC")
}

// Codes that might be right are tried twenty times in a quarter of an hour, then
// not even the right one opens. What cannot be a code is not counted.
func TestGiftCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	right := giftCode.FindString(p.Browser(t).Get(giftPath(t, p)).Main())
	b := p.Browser(t)
	b.SignIn(newEmail())
	for range 25 {
		b.Get("/gifts/redeem?code=3333-3333-3333-3333-3334").Is(http.StatusUnprocessableEntity).Says(`There is a slip`)
	}
	for i := range 20 {
		if i%2 == 0 {
			b.Get("/gifts/redeem?code=3333-3333-3333-3333-3333").Is(http.StatusUnprocessableEntity).Says(`No gift has this code`)
		} else {
			b.Post("/gifts/redeem", "code", "3333-3333-3333-3333-3333").Is(http.StatusUnprocessableEntity)
		}
	}
	b.Get("/gifts/redeem?code=" + right).Is(http.StatusTooManyRequests).Says(`Many codes were tried\. A code that you have in hand stays good`)
	b.Post("/gifts/redeem", "code", right).Is(http.StatusTooManyRequests)
	other := p.Browser(t)
	other.SignIn(newEmail())
	lower := strings.ToLower(strings.ReplaceAll(right, "-", "+"))
	other.Get("/gifts/redeem?code=" + lower).Is(http.StatusOK).Submit(`form[action="/gifts/redeem"] button`).Is(http.StatusOK).Says(`is yours`)
}

// A code can be typed where one pays, too; one that is none is told there.
func TestACodeTypedWhereOnePays(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	p.Do(t, "plans", "code", "SPRING", "--percent", "50", "--duration", "repeating", "--months", "2")
	b := p.Browser(t)
	b.SignIn(newEmail())
	hosted := b.Get("/subscribe").Buy(digitalMonthly, "")
	hosted = hosted.Submit(`button[value="apply"]`, "promotion_code", "AUTUMN").Says(`7\.00`)
	hosted.One(`[name="promotion_code"][aria-invalid="true"]`)
	if hosted.One(`[name="promotion_code"]`).AttrOr("value", "") != "AUTUMN" {
		t.Error("the code that was typed is lost")
	}
	hosted.Submit(`button[value="apply"]`, "promotion_code", "SPRING").Says(`3\.50`).Pay(goodCard).Is(http.StatusOK).Says(`the next payment is €3\.50 on`)
	b.Get("/account").Says(`With the code SPRING`)
}
