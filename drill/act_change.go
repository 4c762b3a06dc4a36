package drill

import (
	"context"
	"fmt"
	"net/http"
)

// changing moves to another plan or interval: the first that the page offers, or
// any. What the preview says is sent back as it stands.
var changing = action{
	name: "change", weight: 8,
	offered: func(v *visit) bool { return v.account.link("/account/change") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/change")
		if err != nil {
			return err
		}
		offers := p.values("/account/change/preview", "price")
		if len(offers) == 0 {
			return errIdle // not while something is unpaid, or another change waits
		}
		price := offers[v.dice.IntN(len(offers))]
		if p, err = p.form("/account/change/preview").look(ctx, "price", price); err != nil {
			return err
		}
		f := p.formWith("/account/change", "token", "")
		if f == nil {
			return errIdle
		}
		if v.chance(15) {
			return nil // the sum was enough to know
		}
		p, err = f.send(ctx, f.address()...)
		if err != nil {
			return err
		}
		if p.status >= http.StatusBadRequest && p.status != http.StatusUnprocessableEntity && p.status != http.StatusPaymentRequired {
			return fmt.Errorf("a change to %s led to %s (%d)", price, p.url.Path, p.status)
		}
		if !p.at("/account/change/done") {
			return errIdle // the card was declined, or the sum moved: the plan stays
		}
		return nil
	},
}

// unchanging takes back a change that waits for the period's end.
var unchanging = action{
	name: "unchange", weight: 8,
	offered: func(v *visit) bool { return v.account.form("/account/change/undo") != nil },
	do: func(ctx context.Context, v *visit) error {
		return v.back(v.account.form("/account/change/undo").send(ctx))
	},
}
