package drill

import "context"

// pausing pauses for one to three months from the end of what is paid for.
var pausing = action{
	name: "pause", weight: 6,
	offered: func(v *visit) bool { return !v.paused && v.account.link("/account/pause") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/pause")
		if err != nil {
			return err
		}
		f := p.formWith("/account/pause", "months", "")
		if f == nil {
			v.paused = p.form("/account/pause/end") != nil
			return errIdle // it is paused already, or cannot be
		}
		months := p.values("/account/pause", "months")
		err = v.back(f.send(ctx, "months", months[v.dice.IntN(len(months))]))
		v.paused = err == nil
		return err
	},
}

// returning ends a pause before its day, if that did not come first.
var returning = action{
	name: "return", weight: 80,
	offered: func(v *visit) bool { return v.paused && v.account.link("/account/pause") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/pause")
		if err != nil {
			return err
		}
		f := p.form("/account/pause/end")
		v.paused = false
		if f == nil {
			return errIdle
		}
		return v.back(f.send(ctx))
	},
}
