package standin

import "strings"

// maxExpand is how deep a path in expand[] may go.
// https://docs.stripe.com/api/expanding_objects
const maxExpand = 4

// expandable are the fields that hold an id and can be replaced by the object
// itself.
var expandable = map[string]bool{
	"applies_to": true, "balance_transaction": true, "charge": true, "configuration": true, "customer": true,
	"default_payment_method": true, "default_price": true, "discount": true, "discounts": true, "invoice": true,
	"latest_charge": true, "latest_invoice": true, "payment_intent": true, "payment_method": true,
	"pending_setup_intent": true, "product": true, "promotion_code": true, "setup_intent": true,
	"source": true, "subscription": true, "schedule": true, "refund": true, "invoice_item": true, "released_subscription": true,
}

// plain are fields of those names that stay ids in that object.
var plain = map[string]bool{
	"billing_portal.session.customer": true, "charge.payment_method": true, "discount.invoice": true,
	"discount.subscription": true, "subscription_item.subscription": true,
}

// present makes the answer out of an object: nothing hidden, asked-for paths
// expanded.
func (w *work) present(o obj, paths []string) (obj, error) {
	out := o.shown()
	for _, path := range paths {
		steps := strings.Split(path, ".")
		depth := len(steps)
		if steps[0] == "data" {
			depth--
		}
		if depth > maxExpand {
			return nil, invalid("expand", "You cannot expand more than %d levels of a property (%s).", maxExpand, path)
		}
		if _, err := w.expand(out, steps, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// expand walks steps into v and gives v with what was asked for put in.
func (w *work) expand(v any, steps []string, path string) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		for i := range v {
			next, err := w.expand(v[i], steps, path)
			if err != nil {
				return nil, err
			}
			v[i] = next
		}
		return v, nil
	case obj:
		if len(steps) == 0 {
			return v, nil
		}
		return v, w.expandField(v, steps[0], steps[1:], path)
	}
	return nil, invalid("expand", "This property cannot be expanded (%s).", path)
}

func (w *work) expandField(o obj, key string, rest []string, path string) error {
	kind := o.str("object")
	refused := invalid("expand", "This property cannot be expanded (%s).", path)
	if err := w.include(o, kind, key); err != nil {
		return err
	}
	v, there := o[key]
	if !there {
		return refused
	}
	switch held := v.(type) {
	case string:
		if !expandable[key] || plain[kind+"."+key] {
			return refused
		}
		full, err := w.fetch(held)
		if err != nil || full == nil {
			return err
		}
		o[key] = full
	case []any:
		if !expandable[key] && len(rest) == 0 {
			return refused
		}
		for i := range held {
			id, ok := held[i].(string)
			if !ok {
				continue
			}
			full, err := w.fetch(id)
			if err != nil {
				return err
			}
			if full != nil {
				held[i] = full
			}
		}
	case nil:
		if !expandable[key] {
			return refused
		}
		return nil
	}
	_, err := w.expand(o[key], rest, path)
	return err
}

func (w *work) fetch(id string) (obj, error) {
	full, err := w.find(id)
	if full == nil || err != nil {
		return nil, err
	}
	return full.shown(), nil
}

// include adds the lists that Stripe leaves out unless they are asked for.
func (w *work) include(o obj, kind, key string) error {
	if _, there := o[key]; there {
		return nil
	}
	id := o.str("id")
	var data []obj
	var err error
	var url string
	switch kind + "." + key {
	case "coupon.applies_to":
		full, err := w.find(id)
		if err != nil {
			return err
		}
		o[key] = full.at(hiddenKey, "applies_to")
		return nil
	case "checkout.session.line_items":
		full, err := w.find(id)
		if err != nil {
			return err
		}
		data, url = full.list(hiddenKey, "line_items"), "/v1/checkout/sessions/"+id+"/line_items"
	case "customer.subscriptions":
		url = "/v1/customers/" + id + "/subscriptions"
		data, err = w.all(of("subscription").is("customer", id).
			cond(column("status") + " NOT IN ('canceled', 'incomplete_expired')"))
	case "charge.refunds":
		url = "/v1/charges/" + id + "/refunds"
		data, err = w.all(of("refund").is("charge", id))
	default:
		return nil
	}
	if err != nil {
		return err
	}
	for i := range data {
		data[i] = data[i].shown()
	}
	o[key] = listOf(url, data...)
	return nil
}
