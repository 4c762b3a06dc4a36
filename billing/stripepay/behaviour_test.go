package stripepay_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"broadsheet/billing"
)

// The behaviours are what a paper promises about a subscription, one test each
// and numbered, in the files behaviour_*_test.go:
//
//	go test ./billing/stripepay -run Behaviour -v
//
// Each drives the paper's billing and its database against the stand-in over
// HTTP, with webhooks that are signed as Stripe signs them.

// behaviours is how many there are.
const behaviours = 40

// One that lost its number, or shares it with another, would be missed by
// nobody else.
func TestBehavioursAreNumbered(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("behaviour_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if rest, ok := strings.CutPrefix(fn.Name.Name, "TestBehaviour"); ok {
				n, err := strconv.Atoi(rest[:2])
				if err != nil {
					t.Errorf("%s has no number", fn.Name.Name)
				}
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("behaviour %d is missing or there twice: %v", i+1, numbers)
		}
	}
	if len(numbers) != behaviours {
		t.Errorf("%d behaviours, want %d", len(numbers), behaviours)
	}
}

const visa = "4242424242424242"

// buys gives the reader a plan that is bought at Stripe's page and
// paid, all webhooks delivered.
func (b *bench) buys(price, card string) billing.Subscription {
	b.t.Helper()
	address := b.buy(price)
	b.pay(address, card)
	b.finish(address)
	b.quiet()
	return b.sub()
}

// edit changes the reader's subscription at Stripe's desk and waits until the
// paper has heard of it.
func (b *bench) edit(p *stripe.SubscriptionParams) billing.Subscription {
	b.t.Helper()
	_, err := b.desk().Subscriptions.Update(b.sub().ID, p)
	b.must(err)
	b.quiet()
	return b.sub()
}

// priceID is the price of a lookup key.
func (b *bench) priceID(lookup string) string {
	b.t.Helper()
	list := b.desk().Prices.List(&stripe.PriceListParams{LookupKeys: []*string{&lookup}})
	if !list.Next() {
		b.t.Fatalf("no price %s: %v", lookup, list.Err())
	}
	return list.Price().ID
}

// swap are the items of an update to another price.
func (b *bench) swap(lookup string) []*stripe.SubscriptionItemsParams {
	b.t.Helper()
	have, err := b.desk().Subscriptions.Get(b.sub().ID, nil)
	b.must(err)
	return []*stripe.SubscriptionItemsParams{{ID: &have.Items.Data[0].ID, Price: stripe.String(b.priceID(lookup))}}
}

// trial gives the reader a plan on trial, begun at Stripe's desk. card is a
// test payment method like pm_card_visa, "" for none.
func (b *bench) trial(lookup string, end time.Time, card string, adjust ...func(*stripe.SubscriptionParams)) billing.Subscription {
	b.t.Helper()
	c, err := b.stripe.NewCustomer(b.t.Context(), b.reader, "ada@example.org", "behaviour")
	b.must(err)
	if card != "" {
		pm, err := b.desk().PaymentMethods.Attach(card, &stripe.PaymentMethodAttachParams{Customer: &c.ID})
		b.must(err)
		_, err = b.desk().Customers.Update(c.ID, &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm.ID}})
		b.must(err)
	}
	p := &stripe.SubscriptionParams{Customer: &c.ID, TrialEnd: stripe.Int64(end.Unix()),
		Items: []*stripe.SubscriptionItemsParams{{Price: stripe.String(b.priceID(lookup))}}}
	for _, fn := range adjust {
		fn(p)
	}
	_, err = b.desk().Subscriptions.New(p)
	b.must(err)
	b.quiet()
	return b.sub()
}

// invoices are the reader's, the newest first, as the paper has them.
func (b *bench) invoices() []billing.Invoice {
	b.t.Helper()
	list, err := b.db.InvoicesOf(b.t.Context(), b.reader, "", 50)
	b.must(err)
	return list
}

// takings is what Stripe's books say that the account has taken and not given
// back, in minor units and apart from its fees.
func (b *bench) takings() (sum int64) {
	b.t.Helper()
	list := b.desk().BalanceTransactions.List(&stripe.BalanceTransactionListParams{})
	for list.Next() {
		sum += list.BalanceTransaction().Amount
	}
	b.must(list.Err())
	return sum
}

// stands is how the reader's subscription stands now.
func (b *bench) stands() billing.Standing {
	b.t.Helper()
	return billing.Access(b.sub(), b.paper.Now())
}

// news is the newest event of that type as Stripe would send it.
func (b *bench) news(typ string) []byte {
	b.t.Helper()
	list := b.desk().Events.List(&stripe.EventListParams{Type: &typ})
	if !list.Next() {
		b.t.Fatalf("nothing of type %s happened: %v", typ, list.Err())
	}
	one, err := b.desk().Events.Get(list.Event().ID, nil)
	b.must(err)
	return one.LastResponse.RawJSON
}

// signed is the header that Stripe would send with those bytes.
func signed(raw []byte, with string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: raw, Secret: with, Timestamp: at}).Header
}

// send posts to the paper's endpoint, as anybody can, and gives its status. An
// empty signature is sent as none.
func (b *bench) send(raw []byte, signature string) int {
	b.t.Helper()
	b.forging.Store(true)
	defer b.forging.Store(false)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.hookURL, bytes.NewReader(raw))
	b.must(err)
	if signature != "" {
		req.Header.Set("Stripe-Signature", signature)
	}
	res, err := b.web.Do(req)
	b.must(err)
	res.Body.Close()
	return res.StatusCode
}

func (b *bench) eventID(raw []byte) string {
	b.t.Helper()
	var e struct{ ID string }
	b.must(json.Unmarshal(raw, &e))
	return e.ID
}

// kept reports whether the event is in the inbox.
func (b *bench) kept(raw []byte) bool {
	b.t.Helper()
	known, err := b.db.HasEvent(b.t.Context(), b.eventID(raw))
	b.must(err)
	return known
}

// failed are the events of the inbox that failed and are not done.
func (b *bench) failed() (reasons []string) {
	b.t.Helper()
	list, err := b.db.FailedEvents(b.t.Context(), 50)
	b.must(err)
	for _, f := range list {
		reasons = append(reasons, f.Error)
	}
	return reasons
}

// paidUnheard is a reader who has paid, whose webhooks are all held back, and
// the event that says so.
func (b *bench) paidUnheard() []byte {
	b.t.Helper()
	b.faults(muted)
	b.pay(b.buy("digital_monthly"), visa)
	return b.news("invoice.paid")
}
