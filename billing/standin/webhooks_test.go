package standin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing/standin"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := &stripe.CustomerParams{Name: stripe.String("Ada")}
	p.SetIdempotencyKey("k-event")
	cus, err := b.stripe.Customers.New(p)
	b.must(err)
	_, err = b.stripe.Customers.Update(cus.ID, &stripe.CustomerParams{Name: stripe.String("Ada Byron")})
	b.must(err)
	pending, err := b.stripe.Events.Get(collect(b.stripe.Events.List(&stripe.EventListParams{}).Iter)[0].(*stripe.Event).ID, &stripe.EventParams{})
	b.must(err)
	if pending.PendingWebhooks != 1 || pending.Type != "customer.updated" || pending.Data.PreviousAttributes["name"] != "Ada" {
		t.Errorf("before delivery: %d pending, previously %v", pending.PendingWebhooks, pending.Data.PreviousAttributes)
	}
	events := b.delivered()
	if len(events) != 2 {
		t.Fatalf("%d events delivered, want 2", len(events))
	}
	got := events[0]
	if got.Type != "customer.created" || got.APIVersion != "2023-10-16" || got.Request.IdempotencyKey != "k-event" ||
		!strings.HasPrefix(got.Request.ID, "req_") || got.Data.Object["id"] != cus.ID {
		t.Errorf("delivered %s %s for request %+v", got.Type, got.APIVersion, got.Request)
	}
	after, err := b.stripe.Events.Get(pending.ID, &stripe.EventParams{})
	b.must(err)
	if after.PendingWebhooks != 0 {
		t.Errorf("%d pending after delivery", after.PendingWebhooks)
	}
	created := collect(b.stripe.Events.List(&stripe.EventListParams{Types: stripe.StringSlice([]string{"customer.created", "x"}), DeliverySuccess: stripe.Bool(true)}).Iter)
	if len(created) != 1 {
		t.Errorf("%d events by type, want 1", len(created))
	}
}

func TestDeliveryIsRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.answers(http.StatusInternalServerError)
	b.customer()
	if got := b.heard(); len(got) != 1 {
		t.Fatalf("heard %v, want one attempt", got)
	}
	if got := b.heard(); len(got) != 0 {
		t.Fatal("no backoff: tried again at once")
	}
	if !strings.Contains(b.open(b.url+"/").page.Find("table").First().Text(), "500") {
		t.Error("the desk does not show the failure")
	}
	b.answers(http.StatusOK)
	if got := b.again(); len(got) != 1 {
		t.Errorf("tried again, and heard %v", got)
	}
	if got := b.heard(); len(got) != 0 {
		t.Errorf("delivered again after a success: %v", got)
	}
}

// again waits for what is tried again, and gives what was heard.
func (b *bench) again() []string {
	b.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		if got := b.heard(); len(got) > 0 {
			return got
		}
		if time.Now().After(deadline) {
			b.t.Fatal("never tried again")
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestRunDelivers(t *testing.T) {
	t.Parallel()
	heard := make(chan struct{}, 9)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard <- struct{}{} }))
	t.Cleanup(hook.Close)
	b := newBench(t, func(c *standin.Config) { c.WebhookURL = hook.URL })
	ctx, stop := t.Context(), make(chan struct{})
	go func() { defer close(stop); _ = b.srv.Run(ctx) }()
	t.Cleanup(func() { <-stop })
	b.customer()
	<-heard
}

func TestFaultyDeliveries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fault := func(fields ...string) {
		t.Helper()
		if got := b.post("/_faults", append([]string{"clear", "1"}, fields...)...); got.status != http.StatusOK {
			t.Fatalf("the desk answered %d", got.status)
		}
	}
	fault("mute", "1")
	b.customer()
	if got := b.heard(); len(got) != 0 {
		t.Errorf("muted, but heard %v", got)
	}
	fault()
	if got := b.heard(); len(got) != 1 {
		t.Errorf("unmuted, heard %v", got)
	}
	fault("drop", "100")
	b.customer()
	if got := b.heard(); len(got) != 0 {
		t.Errorf("dropped, but heard %v", got)
	}
	fault()
	row := b.open(b.url + "/").page.Find(`form[action$="/replay"]`).First()
	action, _ := row.Attr("action")
	if got := b.post(action); got.status != http.StatusOK || len(b.heard()) != 1 {
		t.Errorf("replay answered %d", got.status)
	}
	fault("double", "100")
	b.customer()
	if got := b.heard(); len(got) != 2 {
		t.Errorf("doubled, heard %v", got)
	}
	fault("delay", "2h")
	b.customer()
	if got := b.heard(); len(got) != 0 {
		t.Errorf("delayed, but heard %v", got)
	}
	fault()
	b.advance(3 * time.Hour)
	if got := b.heard(); len(got) != 1 {
		t.Errorf("three hours later heard %v", got)
	}
	fault("fail", "100")
	b.customer()
	if got := b.heard(); len(got) != 1 {
		t.Errorf("its answer lost, heard %v", got)
	}
	fault()
	if got := b.again(); len(got) != 1 {
		t.Errorf("after the answer was lost, heard again %v", got)
	}
	if got := b.post("/_faults", "drop", "101"); got.status != http.StatusBadRequest {
		t.Errorf("101 %% answered %d", got.status)
	}
}

func TestReorderedDeliveries(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *standin.Config) { c.Seed = 7 })
	b.post("/_faults", "reorder", "1")
	var made, got []string
	for i := range 12 {
		c, err := b.stripe.Customers.New(&stripe.CustomerParams{Name: stripe.String(strconv.Itoa(i))})
		b.must(err)
		made = append(made, c.ID)
	}
	for _, e := range b.delivered() {
		got = append(got, e.Data.Object["id"].(string))
	}
	if len(got) != 12 || strings.Join(got, "") == strings.Join(made, "") {
		t.Errorf("%d deliveries came in their own order", len(got))
	}
}

// Many webhooks are under way at once, yet those about one object come one
// after another and in their order.
func TestParallelDeliveries(t *testing.T) {
	t.Parallel()
	const senders, customers, changes = 4, 12, 5
	var mu sync.Mutex
	under, most := map[string]bool{}, 0
	names := map[string][]string{}
	met := make(chan struct{}) // closed once two are under way
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e stripe.Event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		id, name := e.Data.Object["id"].(string), e.Data.Object["name"].(string)
		mu.Lock()
		if under[id] {
			t.Errorf("two webhooks about %s at once", id)
		}
		under[id] = true
		names[id] = append(names[id], name)
		if most = max(most, len(under)); most == 2 {
			select {
			case <-met:
			default:
				close(met)
			}
		}
		mu.Unlock()
		select {
		case <-met:
		case <-r.Context().Done(): // nobody else came
		}
		mu.Lock()
		delete(under, id)
		mu.Unlock()
	}))
	t.Cleanup(hook.Close)
	b := newBench(t, func(c *standin.Config) { c.WebhookURL, c.Senders = hook.URL, senders })
	b.post("/_faults", "mute", "1")
	for range customers {
		c, err := b.stripe.Customers.New(&stripe.CustomerParams{Name: stripe.String("0")})
		b.must(err)
		for i := 1; i < changes; i++ {
			_, err := b.stripe.Customers.Update(c.ID, &stripe.CustomerParams{Name: stripe.String(strconv.Itoa(i))})
			b.must(err)
		}
	}
	b.post("/_faults", "clear", "1")
	b.settle()
	mu.Lock()
	defer mu.Unlock()
	if len(names) != customers || most < 2 {
		t.Errorf("heard of %d customers, at most %d webhooks at once", len(names), most)
	}
	for id, got := range names {
		if strings.Join(got, "") != "01234" {
			t.Errorf("%s came as %v", id, got)
		}
	}
}

func TestSecondEndpoint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var n atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.Add(1) }))
	t.Cleanup(other.Close)
	e, err := b.stripe.WebhookEndpoints.New(&stripe.WebhookEndpointParams{URL: &other.URL, APIVersion: stripe.String(stripe.APIVersion),
		EnabledEvents: stripe.StringSlice([]string{"customer.created"})})
	b.must(err)
	again, err := b.stripe.WebhookEndpoints.Get(e.ID, &stripe.WebhookEndpointParams{})
	b.must(err)
	if !strings.HasPrefix(e.Secret, "whsec_") || again.Secret != "" {
		t.Errorf("secret at creation %q, later %q", e.Secret, again.Secret)
	}
	b.price(100, "month")
	b.customer()
	b.settle()
	if n.Load() != 1 {
		t.Errorf("the second endpoint heard %d events, want 1", n.Load())
	}
	_, err = b.stripe.WebhookEndpoints.Del(e.ID, &stripe.WebhookEndpointParams{})
	b.must(err)
	b.customer()
	b.settle()
	if n.Load() != 1 {
		t.Error("a deleted endpoint still hears")
	}
}

func TestBooksSurvive(t *testing.T) {
	t.Parallel()
	var cfg standin.Config
	b := newBench(t, func(c *standin.Config) { cfg = *c })
	cus := b.customer()
	b.settle()
	b.must(b.srv.Close())
	var err error
	cfg.Clock = b.clock
	b.srv, err = standin.New(t.Context(), cfg)
	b.must(err)
	got, err := b.stripe.Customers.Get(cus.ID, &stripe.CustomerParams{})
	b.must(err)
	if got.Email != "ada@example.org" {
		t.Error("the books forgot a customer")
	}
}

// The desk's own form: a box that isn't ticked is off, and the browser goes
// back to the desk.
func TestDeskForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("/_faults", "mute", "1", "drop", "10")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/_faults", strings.NewReader("form=1&drop=20&reorder=1"))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	if got := b.do(req); got.status != http.StatusSeeOther || got.location != "/" {
		t.Errorf("the desk answered %d %q", got.status, got.location)
	}
	page := b.open(b.url + "/").page
	drop, _ := page.Find("#drop").Attr("value")
	if page.Find("[name=mute][checked]").Length() != 0 || page.Find("[name=reorder][checked]").Length() != 1 || drop != "20" {
		t.Errorf("the desk shows drop %s", drop)
	}
}
