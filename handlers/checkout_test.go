package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/billing/standin"
	"broadsheet/billing/stripepay"
	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
)

const shopSheet = `
currency: eur
ships_to: [PT]
benefits: [{key: unlimited, name: Every story}, {key: print, name: The magazine}]
plans:
  - {key: print, name: Print + Digital, benefits: [unlimited, print], prices: [{lookup_key: print_monthly, interval: month, amount: 1400}]}
  - {key: digital, name: Digital, benefits: [unlimited], prices: [{lookup_key: digital_monthly, interval: month, amount: 700}]}
`

// counter is a site that sells, with the stand-in as its Stripe.
type counter struct {
	*entrance
	sells   *billing.Service
	standin *standin.Server
	stripe  string // its address
	cards   billing.CardLinks
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	books := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.standin.ServeHTTP(w, r) }))
	t.Cleanup(books.Close)
	c.stripe = books.URL
	c.entrance = newEntrance(t, func(d *handlers.Deps) {
		db := d.News.(*store.DB)
		paper, err := clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
		must(err)
		sold, err := billing.ParseSheet([]byte(shopSheet))
		must(err)
		must(db.SaveCatalogue(t.Context(), sold))
		base := d.Config.BaseURL.String()
		c.standin, err = standin.New(t.Context(), standin.Config{
			Books: filepath.Join(t.TempDir(), "books.db"), PublicURL: books.URL, Key: "sk_test_counter", Clock: paper,
			WebhookURL: base + "/webhooks/stripe", WebhookSecret: "whsec_counter",
		})
		must(err)
		t.Cleanup(func() { c.standin.Close() })
		pay, err := stripepay.New(stripepay.Config{Key: "sk_test_counter", APIBase: books.URL, WebhookSecrets: []string{"whsec_counter"}})
		must(err)
		must(billing.Push(t.Context(), pay, db, sold, billing.PushOptions{BaseURL: base}, func(string) {}))
		d.Paper, d.Plans, d.Holdings = paper, db, handlers.NewHoldings(db)
		c.sells = billing.New(billing.Parts{
			Store: db, Gateway: pay, Verifier: pay, Paper: paper, Wall: d.Wall, Changed: d.Holdings.Forget, BaseURL: base, Counting: countsOf(d).Checkout,
		})
		keys, err := reader.NewKeys("the secret of this bench")
		must(err)
		c.cards, err = billing.NewCardLinks("the secret of this bench")
		must(err)
		previews, err := billing.NewPreviews("the secret of this bench")
		must(err)
		d.Till = handlers.Till{Billing: c.sells, Cards: c.cards, Previews: previews, Readers: db, Buying: journey.NewCheckout(journey.CheckoutParts{Store: db, Billing: c.sells, Keys: keys, Counts: countsOf(d)})}
	})
	return c
}

// quiet delivers the webhooks that wait, and settles them.
func (c *counter) quiet() {
	c.t.Helper()
	if err := c.standin.Settle(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	if err := c.sells.Settle(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// faults orders trouble from the stand-in.
func (c *counter) faults(form url.Values) {
	c.t.Helper()
	res, err := http.PostForm(c.stripe+"/_faults", form)
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body.Close()
}

// choose posts to the checkout.
func (w *browser) choose(price, email string) answer {
	w.t.Helper()
	form := url.Values{"price": {price}, "return": {"/stories/closed"}}
	if email != "" {
		form.Set("email", email)
	}
	return w.send(http.MethodPost, "/checkout", form)
}

// pay fills in the hosted page and gives the way back, as a local path.
func (w *browser) pay(page, card string) string {
	w.t.Helper()
	res, err := w.client.PostForm(page, url.Values{
		"action": {"pay"}, "number": {card}, "exp": {"12/40"}, "cvc": {"123"}, "name": {"Ada"}, "email": {"ada@example.org"},
		"line1": {"1 Rua"}, "city": {"Porto"}, "postal": {"4050"}, "country": {"PT"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	return strings.TrimPrefix(res.Header.Get("Location"), w.base)
}

func location(t *testing.T, a answer, want string) string {
	t.Helper()
	got := a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.Contains(got, want) {
		t.Fatalf("%d to %q, want a redirect to %s\n%.300s", a.StatusCode, got, want, a.body)
	}
	return got
}

func TestNewAddressGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.story("closed", news.Subscribers)
	w := c.browser()
	if a := w.choose("digital_monthly", ""); a.StatusCode != http.StatusOK || a.page(t).Find(`input[name="email"]`).Length() == 0 || a.page(t).Find(`.error`).Length() != 0 {
		t.Errorf("a price without an address: %d", a.StatusCode)
	}
	if a := w.choose("digital_monthly", "ada@"); a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find(`input[name="email"]`).AttrOr("value", "") != "ada@" {
		t.Errorf("half an address: %d", a.StatusCode)
	}
	c.faults(url.Values{"mute": {"1"}})
	page := location(t, w.choose("digital_monthly", "ada@example.org"), c.stripe+"/c/pay/")
	if !w.signedIn() {
		t.Error("the browser of the purchase is not signed in")
	}
	if a := w.get("/stories/closed"); !strings.Contains(a.body, `data-gate="subscribe"`) {
		t.Error("open before anything was paid")
	}
	back := w.pay(page, "4242424242424242")
	done := w.get(back).page(t)
	if done.Find(`main a[href="/stories/closed"]`).Length() == 0 || !strings.Contains(done.Text(), "On closed") || !strings.Contains(done.Text(), "next payment") {
		t.Errorf("the page after paying: %s", done.Find("main").Text())
	}
	if a := w.get("/stories/closed"); !strings.Contains(a.body, `data-gate="open"`) {
		t.Error("paid, and shut while the webhooks are muted")
	}
	stranger := c.browser()
	location(t, stranger.get(back), "/signin?return=")
	c.signInAs(stranger, "eve@example.org")
	if a := stranger.get(back); a.StatusCode != http.StatusNotFound {
		t.Errorf("another reader's return: %d", a.StatusCode)
	}
	// The owner proves the address elsewhere: told once, and the buyer's session ends.
	owner := c.browser()
	c.signInAs(owner, "ada@example.org")
	if a := owner.get("/account"); !strings.Contains(a.body, "this was bought with it") {
		t.Error("the owner is not shown what was bought")
	}
	if a := owner.get("/account"); strings.Contains(a.body, "this was bought with it") {
		t.Error("shown again")
	}
	if w.signedIn() {
		t.Error("the unproven session is still open")
	}
}

func TestKnownAddressMustSignIn(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	location(t, c.browser().choose("digital_monthly", "ada@example.org"), c.stripe)
	w := c.browser()
	to := location(t, w.choose("digital_monthly", "Ada@Example.org"), "/signin?")
	if w.signedIn() {
		t.Error("a known address signed in by being typed")
	}
	form := w.get(to).page(t)
	if form.Find(`input[name="email"]`).AttrOr("value", "") != "Ada@Example.org" || !strings.Contains(form.Text(), "Sign in first") {
		t.Error("the form does not say why, or forgot the address")
	}
	back := form.Find(`input[name="return"]`).AttrOr("value", "")
	if u, err := url.Parse(back); err != nil || u.Path != "/subscribe" || u.Query().Get("price") != "digital_monthly" || u.Query().Get("return") != "/stories/closed" {
		t.Errorf("the way back is %q", back)
	}
}

func TestSecondClickGoesOnToo(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.story("m", news.Metered)
	w := c.browser()
	w.get("/stories/m") // the device has its id
	var clicks sync.WaitGroup
	to := make([]string, 3)
	for i := range to {
		clicks.Go(func() { to[i] = w.choose("digital_monthly", "ada@example.org").Header.Get("Location") })
	}
	clicks.Wait()
	if to[0] != to[1] || to[1] != to[2] || !strings.HasPrefix(to[0], c.stripe) {
		t.Errorf("the clicks led to %v", to)
	}
}

func TestStripeDownIsToldAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	c.faults(url.Values{"fail_before": {"2"}, "fail_path": {"POST /v1/checkout/sessions"}})
	a := w.choose("digital_monthly", "ada@example.org")
	if a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(a.body, "Nothing was charged") {
		t.Errorf("Stripe is down: %d", a.StatusCode)
	}
	location(t, w.choose("digital_monthly", "ada@example.org"), c.stripe+"/c/pay/")
}

func TestDeclineAndBack(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.story("closed", news.Subscribers)
	w := c.browser()
	page := location(t, w.choose("digital_monthly", "ada@example.org"), c.stripe)
	if to := w.pay(page, "4000000000009995"); to != "" {
		t.Fatalf("declined, and sent to %s", to)
	}
	session := page[strings.LastIndex(page, "/")+1:]
	done := w.get("/checkout/done?session=" + session)
	if done.StatusCode != http.StatusOK || !strings.Contains(done.body, "did not go through") || done.page(t).Find(`form[action="/checkout"] input[name="price"][value="digital_monthly"]`).Length() != 1 {
		t.Errorf("after a decline: %d %s", done.StatusCode, done.page(t).Find("main").Text())
	}
	if a := w.get("/stories/closed"); !strings.Contains(a.body, `data-gate="subscribe"`) {
		t.Error("a declined card opened the story")
	}
	row, ok, err := c.db.CheckoutBySession(t.Context(), session)
	if err != nil || !ok {
		t.Fatal(err)
	}
	if got := w.get("/checkout/back?checkout=" + row.ID).Header.Get("Location"); got != "/stories/closed" {
		t.Errorf("the way back leads to %q", got)
	}
	if got := c.browser().get("/checkout/back?checkout=" + row.ID).Header.Get("Location"); got != "/" {
		t.Errorf("a stranger's way back leads to %q", got)
	}
	if again := location(t, w.choose("digital_monthly", ""), c.stripe); again != page {
		t.Error("another page for the same price")
	}
}

func TestSubscriberAndStrangePrices(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	w.pay(location(t, w.choose("print_monthly", "ada@example.org"), c.stripe), "4242424242424242")
	c.quiet() // a closed browser: the webhook alone
	for _, price := range []string{"print_monthly", "digital_monthly"} {
		if got := w.choose(price, "").Header.Get("Location"); got != "/account" {
			t.Errorf("a subscriber who buys %s is sent to %q", price, got)
		}
	}
	if a := w.choose("free_beer", ""); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "not on sale") {
		t.Errorf("a price that is none: %d", a.StatusCode)
	}
	if got := w.get("/subscribe").page(t).Find(`button[name="price"]`).Length(); got != 0 {
		t.Error("a subscriber is offered plans")
	}
}

func TestAccountSaysWhy(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	location(t, w.get("/account"), "/signin?return=%2Faccount")
	c.signInAs(w, "ada@example.org")
	says := func(want ...string) {
		t.Helper()
		a := w.get("/account")
		text := strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("the account does not say %q:\n%s", s, text)
			}
		}
	}
	says("No plan", "Comes with Print + Digital or Digital", "No invoices yet", "Every story")
	page := location(t, w.choose("digital_monthly", ""), c.stripe)
	w.get(w.pay(page, "4242424242424242"))
	says("€7.00", "Active", "With Digital, for as long as you keep it", "Comes with Print + Digital", "Paid", "Not counted")
	if got := w.get("/account/cancel").page(t).Find(`form[action="/account/cancel"]`).Length(); got != 1 {
		t.Error("no form to cancel with")
	}
	location(t, w.send(http.MethodPost, "/account/cancel", url.Values{"reason": {"unused"}, "comment": {"No time"}}), "/account")
	ada, _, err := c.db.ReaderByForm(t.Context(), "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if said, err := c.db.CancellationsOf(t.Context(), ada.ID); err != nil || len(said) != 1 || said[0].Parting != (billing.Parting{Feedback: "unused", Comment: "No time"}) {
		t.Errorf("what was said: %+v %v", said, err)
	}
	says("With Digital, which you cancelled, until")
	location(t, w.get("/account/cancel"), "/account")
	location(t, w.send(http.MethodPost, "/account/resume", url.Values{}), "/account")
	says("for as long as you keep it")
	location(t, w.send(http.MethodPost, "/account/portal", url.Values{}), c.stripe+"/p/session/")
	location(t, w.get("/account/back"), "/account")
	who, _, err := c.db.ReaderByForm(t.Context(), "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	grant := billing.Grant{ID: "g1", ReaderID: who.ID, Plan: "print", Why: "A year on the house", From: time.Now().Add(-time.Hour), To: time.Now().AddDate(1, 0, 0)}
	if err := c.db.AddGrant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	says("A year on the house, until")
}

func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	post := func(body, signature string) int {
		return c.browser().raw(t, c.url+"/webhooks/stripe", body, signature)
	}
	now := c.wall.Now()
	event := `{"id":"evt_1","object":"event","type":"price.created","livemode":false,"created":1,"data":{"object":{"id":"price_1","object":"price"}}}`
	live := strings.Replace(event, `"livemode":false`, `"livemode":true`, 1)
	tests := []struct {
		name, body, signature string
		want                  int
	}{
		{"signed", event, standin.Signature(now, []byte(event), "whsec_counter"), http.StatusOK},
		{"again", event, standin.Signature(now, []byte(event), "whsec_counter"), http.StatusOK},
		{"forged", event, standin.Signature(now, []byte(event), "whsec_other"), http.StatusBadRequest},
		{"unsigned", event, "", http.StatusBadRequest},
		{"tampered", event + " ", standin.Signature(now, []byte(event), "whsec_counter"), http.StatusBadRequest},
		{"stale", event, standin.Signature(now.Add(-6*time.Minute), []byte(event), "whsec_counter"), http.StatusBadRequest},
		{"no JSON", "{", standin.Signature(now, []byte("{"), "whsec_counter"), http.StatusBadRequest},
		{"live", live, standin.Signature(now, []byte(live), "whsec_counter"), http.StatusBadRequest},
		{"too large", strings.Repeat("x", 300<<10), "t=1,v1=00", http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		if got := post(tt.body, tt.signature); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	if kept, err := c.db.HasEvent(context.Background(), "evt_1"); err != nil || !kept {
		t.Error("the signed event was not kept")
	}
	if err := c.db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := post(event, standin.Signature(now, []byte(event), "whsec_counter")); got != http.StatusInternalServerError {
		t.Errorf("kept nothing, and answered %d", got)
	}
}

// raw posts a body as another machine would.
func (w *browser) raw(t *testing.T, address, body, signature string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Stripe-Signature", signature)
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
