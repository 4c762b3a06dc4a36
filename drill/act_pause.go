package drill

import "context"

// pausing pauses for one to three months from the end of what is paid for.
var pausing = action{
	name: "pause", weight: 6,
	offered: func(v *visit) bool { return v.account.link("/account/pause") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/pause")
		if err != nil {
			return err
		}
		f := p.formWith("/account/pause", "months", "")
		if f == nil {
			return errIdle // it is paused already, or cannot be
		}
		months := p.values("/account/pause", "months")
		return v.back(f.send(ctx, "months", months[v.dice.IntN(len(months))]))
	},
}

// returning ends a pause before its day.
var returning = action{
	name: "return", weight: 10,
	offered: func(v *visit) bool { return v.account.link("/account/pause") },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/account/pause")
		if err != nil {
			return err
		}
		f := p.form("/account/pause/end")
		if f == nil {
			return errIdle
		}
		return v.back(f.send(ctx))
	},
}
