package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// portalLeaving cancels, or takes it back, on Stripe's own pages, and closes the
// tab: only a webhook tells the paper.
var portalLeaving = action{
	name: "portal", weight: 4,
	offered: func(v *visit) bool { return v.account.form("/account/portal") != nil },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.account.form("/account/portal").send(ctx)
		if err != nil {
			return err
		}
		for _, what := range []string{"undo", "cancel"} {
			if f := p.formWith("/p/session/", "action", what); f != nil {
				_, err := f.send(ctx, "action", what)
				return err
			}
		}
		return errIdle
	},
}

// secondPlan is somebody at Stripe's own desk who gives a customer a second
// subscription. The paper has to notice, end it and give the money back.
var secondPlan = action{
	name: "second", weight: 1,
	offered: func(v *visit) bool { return v.account.link("/account/cancel") },
	do: func(ctx context.Context, v *visit) error {
		customer, err := v.on.customerOf(ctx, v.email)
		if err != nil || customer == "" {
			return errIdle
		}
		var list struct {
			Data []struct {
				Method string `json:"default_payment_method"`
				Items  struct {
					Data []struct{ Price struct{ ID string } }
				}
			}
		}
		err = v.on.stripe(ctx, http.MethodGet, "/v1/subscriptions?status=active&customer="+customer, nil, &list)
		if err != nil || len(list.Data) == 0 || list.Data[0].Method == "" {
			return errIdle
		}
		one := list.Data[0]
		return v.on.stripe(ctx, http.MethodPost, "/v1/subscriptions", url.Values{
			"customer": {customer}, "items[0][price]": {one.Items.Data[0].Price.ID}, "default_payment_method": {one.Method},
		}, &list)
	},
}

// stripe calls the stand-in's API as Stripe's own desk would.
func (s *stage) stripe(ctx context.Context, method, path string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.standin.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+standinKey)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.desk.client.Do(req)
	if err != nil {
		return turnedAway{err}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return turnedAway{err}
	}
	if res.StatusCode != http.StatusOK {
		return later("Stripe's desk: %s %s: %d", method, path, res.StatusCode)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("Stripe's desk: %w", err)
	}
	return nil
}
