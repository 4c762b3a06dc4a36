package standin

import (
	"encoding/json"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// params is a tree of form parameters as Stripe's clients send them:
// items[0][price]=price_1 and expand[]=customer. Reading marks a value as
// known; what nobody read is an unknown parameter, so nothing that a caller
// asks for is ignored in silence. All methods work on nil.
type params struct {
	name  string // as the client wrote it
	value string
	leaf  bool
	kids  map[string]*params
	used  bool
	root  *params
	err   *apiError // the first complaint, kept at the root
}

func newParams() *params {
	p := &params{}
	p.root = p
	return p
}

// add files one key of a form.
func (p *params) add(key, value string) {
	node := p
	for i, part := range splitKey(key) {
		if part == "" {
			part = strconv.Itoa(len(node.kids))
		}
		if node.kids == nil {
			node.kids = map[string]*params{}
		}
		kid := node.kids[part]
		if kid == nil {
			name := part
			if i > 0 {
				name = node.name + "[" + part + "]"
			}
			kid = &params{name: name, root: p.root}
			node.kids[part] = kid
		}
		node = kid
	}
	node.leaf, node.value = true, value
}

func parseParams(forms ...url.Values) *params {
	p := newParams()
	for _, form := range forms {
		keys := make([]string, 0, len(form))
		for key := range form {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			for _, value := range form[key] {
				p.add(key, value)
			}
		}
	}
	return p
}

// splitKey turns a[b][] into a, b and "".
func splitKey(key string) []string {
	head, rest, found := strings.Cut(key, "[")
	parts := []string{head}
	for found {
		var part string
		part, rest, _ = strings.Cut(rest, "]")
		parts = append(parts, part)
		_, rest, found = strings.Cut(rest, "[")
	}
	return parts
}

func (p *params) kid(key string) *params {
	if p == nil {
		return nil
	}
	return p.kids[key]
}

func (p *params) full(key string) string {
	if p == nil || p.name == "" {
		return key
	}
	return p.name + "[" + key + "]"
}

func (p *params) fail(e *apiError) {
	if p != nil && p.root.err == nil {
		p.root.err = e
	}
}

// opt is the value under key and whether it was sent at all; Stripe reads an
// empty value as "take it away".
func (p *params) opt(key string) (string, bool) {
	kid := p.kid(key)
	if kid == nil {
		return "", false
	}
	kid.used = true
	if !kid.leaf {
		p.fail(invalid(kid.name, "Invalid string: %s must not be a hash", kid.name))
		return "", false
	}
	return kid.value, true
}

// str is the value under key, "" when it wasn't sent.
func (p *params) str(key string) string {
	v, _ := p.opt(key)
	return v
}

// need is a value without which the request is refused.
func (p *params) need(key string) string {
	v := p.str(key)
	if v == "" {
		p.fail(invalidCode("parameter_missing", p.full(key), "Missing required param: %s.", p.full(key)))
	}
	return v
}

// oneOf is need, or a default, out of a closed set.
func (p *params) oneOf(key, otherwise string, allowed ...string) string {
	v := p.str(key)
	if v == "" {
		return otherwise
	}
	if !slices.Contains(allowed, v) {
		p.fail(invalid(p.full(key), "Invalid %s: must be one of %s", p.full(key), strings.Join(allowed, ", ")))
	}
	return v
}

// optInt is a whole number and whether it was sent.
func (p *params) optInt(key string) (int64, bool) {
	v, ok := p.opt(key)
	if !ok || v == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		p.fail(invalidCode("parameter_invalid_integer", p.full(key), "Invalid integer: %s", v))
		return 0, false
	}
	return n, true
}

func (p *params) integer(key string) int64 {
	n, _ := p.optInt(key)
	return n
}

// percent is a percentage as it was written, and in hundredths; 0 when it
// wasn't sent.
func (p *params) percent(key string) (json.Number, int64) {
	v := p.str(key)
	if v == "" {
		return "", 0
	}
	n, ok := hundredths(v)
	if !ok || n == 0 {
		p.fail(invalid(p.full(key), "Invalid decimal: %s; must be more than 0, with at most two decimals", v))
		return "", 0
	}
	return json.Number(v), n
}

// optBool is a boolean and whether it was sent.
func (p *params) optBool(key string) (value, sent bool) {
	v, ok := p.opt(key)
	if !ok || v == "" {
		return false, false
	}
	if v != "true" && v != "false" {
		p.fail(invalid(p.full(key), "Invalid boolean: %s", v))
		return false, false
	}
	return v == "true", true
}

func (p *params) boolean(key string) bool {
	b, _ := p.optBool(key)
	return b
}

// child is the hash under key; nil when it wasn't sent.
func (p *params) child(key string) *params {
	kid := p.kid(key)
	if kid != nil && kid.leaf {
		kid.used = true // an empty value: the hash is to be taken away
	}
	return kid
}

// cleared reports whether key was sent empty.
func (p *params) cleared(key string) bool {
	kid := p.kid(key)
	return kid != nil && kid.leaf && kid.value == ""
}

// items are the members of the array under key, in their order.
func (p *params) items(key string) []*params {
	kid := p.child(key)
	if kid == nil {
		return nil
	}
	order := make([]string, 0, len(kid.kids))
	for k := range kid.kids {
		order = append(order, k)
	}
	sort.Slice(order, func(i, j int) bool {
		a, errA := strconv.Atoi(order[i])
		b, errB := strconv.Atoi(order[j])
		if errA != nil || errB != nil {
			return order[i] < order[j]
		}
		return a < b
	})
	out := make([]*params, len(order))
	for i, k := range order {
		out[i] = kid.kids[k]
	}
	return out
}

// strings are the values of the array under key.
func (p *params) strings(key string) []string {
	var out []string
	for _, item := range p.items(key) {
		item.used = true
		out = append(out, item.value)
	}
	return out
}

// metadata are the pairs under key; an empty value takes a pair away.
func (p *params) metadata(key string) map[string]string {
	kid := p.child(key)
	if kid == nil {
		return nil
	}
	out := map[string]string{}
	for k, v := range kid.kids {
		v.used = true
		out[k] = v.value
	}
	checkMetadata(p, out)
	return out
}

// ignore marks parameters that change nothing here, whatever they hold.
func (p *params) ignore(keys ...string) {
	for _, key := range keys {
		p.kid(key).useAll()
	}
}

func (p *params) useAll() {
	if p == nil {
		return
	}
	p.used = true
	for _, kid := range p.kids {
		kid.useAll()
	}
}

// verdict is the first complaint about the parameters, or about one that
// nobody read.
func (p *params) verdict() *apiError {
	if p.err != nil {
		return p.err
	}
	if name := p.unread(); name != "" {
		return invalidCode("parameter_unknown", name,
			"Received unknown parameter: %s (unknown to Stripe's API of 2023-10-16, or to this stand-in)", name)
	}
	return nil
}

func (p *params) unread() string {
	if p.leaf && !p.used {
		return p.name
	}
	names := make([]string, 0, len(p.kids))
	for _, kid := range p.kids {
		if name := kid.unread(); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

// address reads an address hash into Stripe's shape; nil when it wasn't sent.
func (p *params) address(key string) any {
	a := p.child(key)
	if a == nil || a.leaf {
		return nil
	}
	return obj{
		"city": orNull(a.str("city")), "country": orNull(a.str("country")),
		"line1": orNull(a.str("line1")), "line2": orNull(a.str("line2")),
		"postal_code": orNull(a.str("postal_code")), "state": orNull(a.str("state")),
	}
}

// shipping reads a shipping hash into Stripe's shape; nil when it wasn't sent.
func (p *params) shipping(key string) any {
	s := p.child(key)
	if s == nil || s.leaf {
		return nil
	}
	return obj{"address": s.address("address"), "name": orNull(s.str("name")), "phone": orNull(s.str("phone")),
		"carrier": orNull(s.str("carrier")), "tracking_number": orNull(s.str("tracking_number"))}
}
