package stripepay

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// Tolerance is how far a signature's time may be from the machine's, either
// way: an old request that somebody kept is refused.
const Tolerance = 5 * time.Minute

// Verify proves that raw was signed by Stripe with one of the secrets, lately.
// The signature is over the bytes as they came. An event of another API version
// is accepted all the same, because nothing of it is used but ids: what they
// name is fetched anew, in the version of this client. Its fault is Invalid.
func (s *Stripe) Verify(raw []byte, signature string, wall time.Time) (billing.Event, error) {
	var event stripe.Event
	err := errors.New("no secret")
	for _, secret := range s.secrets {
		// The library would compare with its own clock; the time is checked below.
		event, err = webhook.ConstructEventWithOptions(raw, signature, secret,
			webhook.ConstructEventOptions{IgnoreTolerance: true, IgnoreAPIVersionMismatch: true})
		if !errors.Is(err, webhook.ErrNoValidSignature) {
			break
		}
	}
	if err != nil {
		return billing.Event{}, refused(err)
	}
	if age := wall.Sub(signedAt(signature)); age > Tolerance || age < -Tolerance {
		return billing.Event{}, refused(webhook.ErrTooOld)
	}
	if event.ID == "" || event.Type == "" || event.Data == nil {
		return billing.Event{}, refused(errors.New("signed, but not an event"))
	}
	out := hintOf(&event, event.Data.Raw)
	out.Payload = raw
	return out, nil
}

func refused(cause error) error {
	return fault.New(fault.Invalid, "This webhook was not signed by Stripe, or too long ago.", cause)
}

// signedAt reads the time that the signature covers. The library has checked
// the header's form.
func signedAt(signature string) time.Time {
	for part := range strings.SplitSeq(signature, ",") {
		if at, ok := strings.CutPrefix(part, "t="); ok {
			sec, _ := strconv.ParseInt(at, 10, 64)
			return time.Unix(sec, 0)
		}
	}
	return time.Time{}
}

// named is what an event's object says of itself and of whose it is. Each may
// be an id or a whole object.
type named struct {
	ID            string    `json:"id"`
	Object        string    `json:"object"`
	Customer      stripeRef `json:"customer"`
	Charge        stripeRef `json:"charge"`
	PaymentIntent stripeRef `json:"payment_intent"`
	Invoice       stripeRef `json:"invoice"`
}

// stripeRef reads an id, whether the object is expanded or not. Anything else
// in its place names nothing.
type stripeRef string

func (r *stripeRef) UnmarshalJSON(raw []byte) error {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		*r = stripeRef(id)
		return nil
	}
	var whole struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &whole) == nil {
		*r = stripeRef(whole.ID)
	}
	return nil
}

// resolvable kinds lead to a customer when they do not name one.
var resolvable = map[string]bool{
	"charge": true, "dispute": true, "refund": true, "invoice": true, "subscription": true, "subscription_schedule": true,
	"checkout.session": true, "payment_intent": true, "setup_intent": true,
}

// hintOf takes from an event what it points to.
func hintOf(e *stripe.Event, object []byte) billing.Event {
	out := billing.Event{ID: e.ID, Type: string(e.Type), Created: unix(e.Created), Livemode: e.Livemode, APIVersion: e.APIVersion, Payload: object}
	var n named
	if json.Unmarshal(object, &n) != nil {
		return out // signed by Stripe and in no shape that we know: kept, for the desk
	}
	out.Object = billing.Ref{Kind: n.Object, ID: n.ID}
	out.Customer = string(n.Customer)
	if out.Customer == "" && e.Data != nil {
		// A card that was taken off says so only in what it was before.
		out.Customer, _ = e.Data.PreviousAttributes["customer"].(string)
	}
	switch {
	case n.Charge != "":
		out.Via = billing.Ref{Kind: "charge", ID: string(n.Charge)}
	case n.PaymentIntent != "":
		out.Via = billing.Ref{Kind: "payment_intent", ID: string(n.PaymentIntent)}
	case n.Invoice != "":
		out.Via = billing.Ref{Kind: "invoice", ID: string(n.Invoice)}
	case resolvable[n.Object] && n.ID != "":
		out.Via = out.Object
	}
	return out
}
