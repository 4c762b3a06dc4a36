package drill

import (
	"context"
	"net/url"
	"strings"
)

// address fills in where the magazine goes, if the form asks.
func (f *form) address() []string {
	var fields []string
	for name, value := range map[string]string{
		"name": "Robin Reader", "ship_name": "Robin Reader", "line1": "12 Harbour Street", "postal": "1011 AB", "city": "Amsterdam",
	} {
		if hasControl(f.node, name, "") {
			fields = append(fields, name, value)
		}
	}
	return fields
}

// values are the choices that a page's form to that path offers under a name.
func (p *page) values(action, name string) (out []string) {
	f := p.formWith(action, name, "")
	if f == nil {
		return nil
	}
	for _, kind := range []string{"button", "input", "option"} {
		for n := range elements(f.node, kind) {
			if kind == "option" && (n.Parent == nil || attr(n.Parent, "name") != name) || kind != "option" && attr(n, "name") != name {
				continue
			}
			out = append(out, attr(n, "value"))
		}
	}
	return out
}

// look sends a form that only asks (GET).
func (f *form) look(ctx context.Context, fields ...string) (*page, error) {
	to := *f.action
	q := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		q.Set(fields[i], fields[i+1])
	}
	to.RawQuery = q.Encode()
	return f.page.b.get(ctx, strings.TrimSuffix(to.String(), "?"))
}
