package standin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/stripe/stripe-go/v76"
)

// shapes are the client's structs by the name in "object".
var shapes = map[string]reflect.Type{
	"account":                      reflect.TypeFor[stripe.Account](),
	"balance_transaction":          reflect.TypeFor[stripe.BalanceTransaction](),
	"billing_portal.configuration": reflect.TypeFor[stripe.BillingPortalConfiguration](),
	"billing_portal.session":       reflect.TypeFor[stripe.BillingPortalSession](),
	"charge":                       reflect.TypeFor[stripe.Charge](),
	"checkout.session":             reflect.TypeFor[stripe.CheckoutSession](),
	"coupon":                       reflect.TypeFor[stripe.Coupon](),
	"credit_note":                  reflect.TypeFor[stripe.CreditNote](),
	"credit_note_line_item":        reflect.TypeFor[stripe.CreditNoteLineItem](),
	"customer":                     reflect.TypeFor[stripe.Customer](),
	"customer_balance_transaction": reflect.TypeFor[stripe.CustomerBalanceTransaction](),
	"discount":                     reflect.TypeFor[stripe.Discount](),
	"dispute":                      reflect.TypeFor[stripe.Dispute](),
	"event":                        reflect.TypeFor[stripe.Event](),
	"invoice":                      reflect.TypeFor[stripe.Invoice](),
	"invoiceitem":                  reflect.TypeFor[stripe.InvoiceItem](),
	"item":                         reflect.TypeFor[stripe.LineItem](),
	"line_item":                    reflect.TypeFor[stripe.InvoiceLineItem](),
	"payment_intent":               reflect.TypeFor[stripe.PaymentIntent](),
	"payment_method":               reflect.TypeFor[stripe.PaymentMethod](),
	"price":                        reflect.TypeFor[stripe.Price](),
	"product":                      reflect.TypeFor[stripe.Product](),
	"promotion_code":               reflect.TypeFor[stripe.PromotionCode](),
	"refund":                       reflect.TypeFor[stripe.Refund](),
	"setup_intent":                 reflect.TypeFor[stripe.SetupIntent](),
	"subscription":                 reflect.TypeFor[stripe.Subscription](),
	"subscription_schedule":        reflect.TypeFor[stripe.SubscriptionSchedule](),
	"subscription_item":            reflect.TypeFor[stripe.SubscriptionItem](),
	"webhook_endpoint":             reflect.TypeFor[stripe.WebhookEndpoint](),
}

// checkShapes walks everything that was served: no key that the client's
// struct doesn't have, and every value of its field's kind.
func (b *bench) checkShapes() {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[string]bool{}
	for _, raw := range b.served {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var v map[string]any
		if err := dec.Decode(&v); err != nil {
			b.t.Errorf("served no JSON: %v", err)
			continue
		}
		for _, wrong := range walkNamed(v, "") {
			if !seen[wrong] {
				seen[wrong] = true
				b.t.Error(wrong)
			}
		}
	}
}

// walkNamed picks the struct by the object's own name.
func walkNamed(v any, path string) []string {
	m, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is no object", path)}
	}
	name, _ := m["object"].(string)
	if name == "list" {
		var out []string
		data, ok := m["data"].([]any)
		if _, has := m["has_more"].(bool); !has || !ok || m["url"] == nil {
			out = append(out, path+" is a list without data, has_more or url")
		}
		for _, each := range data {
			out = append(out, walkNamed(each, path+".data")...)
		}
		return out
	}
	shape, known := shapes[name]
	if !known {
		return []string{fmt.Sprintf("%s: no struct is known for object %q", path, name)}
	}
	return walk(m, shape, name)
}

// walk compares a JSON value with a Go type.
func walk(v any, t reflect.Type, path string) []string {
	if v == nil {
		return nil
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	wrong := func(want string) []string { return []string{fmt.Sprintf("%s: is %v, want %s", path, v, want)} }
	switch t.Kind() {
	case reflect.Struct:
		switch v := v.(type) {
		case string:
			if _, ok := t.FieldByName("ID"); ok {
				return nil
			}
			return wrong(t.String())
		case map[string]any:
			if name, _ := v["object"].(string); name != "" && name != "list" && shapes[name] != nil && shapes[name] != t &&
				t != reflect.TypeFor[stripe.BalanceTransactionSource]() {
				return wrong(t.String())
			}
			return walkStruct(v, t, path)
		}
		return wrong(t.String())
	case reflect.Slice:
		many, ok := v.([]any)
		if t == reflect.TypeFor[json.RawMessage]() {
			return walkNamed(v, path)
		}
		if !ok {
			return wrong("an array")
		}
		var out []string
		for _, each := range many {
			out = append(out, walk(each, t.Elem(), path+"[]")...)
		}
		return out
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		var out []string
		for k, each := range m {
			out = append(out, walk(each, t.Elem(), path+"."+k)...)
		}
		return out
	case reflect.String:
		if _, ok := v.(string); !ok {
			return wrong("a string")
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return wrong("a boolean")
		}
	case reflect.Int64, reflect.Uint32:
		if n, ok := v.(json.Number); !ok || strings.ContainsAny(n.String(), ".eE") {
			return wrong("a whole number")
		}
	case reflect.Float64:
		if _, ok := v.(json.Number); !ok {
			return wrong("a number")
		}
	}
	return nil
}

func walkStruct(m map[string]any, t reflect.Type, path string) []string {
	fields := fieldsOf(t)
	_, isList := fields["has_more"]
	var out []string
	for key, v := range m {
		f, known := fields[key]
		at := path + "." + key
		switch {
		case !known && isList && key == "object":
		case !known:
			out = append(out, at+": the client's struct has no such field")
		case f.quoted:
			if s, ok := v.(string); v != nil && (!ok || strings.Trim(s, "0123456789.-") != "") {
				out = append(out, fmt.Sprintf("%s: is %v, want a number in a string", at, v))
			}
		default:
			out = append(out, walk(v, f.typ, at)...)
		}
	}
	return out
}

type field struct {
	typ    reflect.Type
	quoted bool
}

func fieldsOf(t reflect.Type) map[string]field {
	out := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			for k, v := range fieldsOf(f.Type) {
				out[k] = v
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if t == reflect.TypeFor[stripe.EventData]() && f.Name == "Raw" {
			out["object"] = field{typ: reflect.TypeFor[json.RawMessage]()}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		out[name] = field{typ: f.Type, quoted: strings.Contains(options, "string")}
	}
	return out
}
