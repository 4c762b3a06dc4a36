package drill

import (
	"context"
	"fmt"
)

// buying takes out a plan: with a new address the first time, signed in later.
var buying = action{
	name: "buy", weight: 40,
	offered: func(v *visit) bool {
		return !v.account.link("/account/cancel") && v.account.form("/account/resume") == nil
	},
	do: buy,
}

func buy(ctx context.Context, v *visit) error {
	p, err := v.web.get(ctx, v.plans())
	if err != nil {
		return err
	}
	f := p.formWith("/checkout", "price", v.lookup)
	if f == nil {
		if v.bought {
			return errIdle // they have a plan whose payment is behind
		}
		return fmt.Errorf("the plans do not offer %s", v.lookup)
	}
	if p, err = f.send(ctx, "price", v.lookup); err != nil {
		return err
	}
	if ask := p.formWith("/checkout", "email", ""); ask != nil {
		if p, err = ask.send(ctx, "email", v.email); err != nil && p == nil {
			return err
		}
		v.bought = true // the account is there, even where the payment page did not open
		if err != nil {
			return err
		}
	}
	switch {
	case p.at("/signin"): // the address is known, and this browser is not
		v.bought = true
		return signIn(ctx, v)
	case p.at("/account"):
		return errIdle
	case !p.at("/c/pay/"):
		return fmt.Errorf("buying led to %s (%d)", p.url.Path, p.status)
	}
	v.bought = true
	if v.chance(4) {
		return nil // went away from the payment page
	}
	_, err = v.pay(ctx, p, v.wallet()...)
	return err
}
