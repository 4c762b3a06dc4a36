package drill

import (
	"context"
	"errors"
	"fmt"
)

// leaving cancels at the period's end; some say why.
var leaving = action{
	name: "cancel", weight: 9,
	offered: func(v *visit) bool { return v.account.link("/account/cancel") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/cancel")
		if err != nil {
			return err
		}
		f := p.form("/account/cancel")
		if f == nil {
			if p.at("/account") {
				return errIdle // it ended between two pages
			}
			return errors.New("the page that cancels has no form")
		}
		said := []string{}
		if v.chance(50) {
			said = []string{"reason", "too_expensive", "comment", "See you in spring."}
		}
		return v.back(f.send(ctx, said...))
	},
}

// staying takes a cancellation back.
var staying = action{
	name: "undo", weight: 12,
	offered: func(v *visit) bool { return v.account.form("/account/resume") != nil },
	do: func(ctx context.Context, v *visit) error {
		return v.back(v.account.form("/account/resume").send(ctx))
	},
}

// back expects the account after a change of it.
func (v *visit) back(p *page, err error) error {
	if err == nil && !p.at("/account") {
		err = fmt.Errorf("a change of the account led to %s (%d)", p.url.Path, p.status)
	}
	return err
}
