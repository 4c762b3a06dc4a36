package drill

import (
	"context"
	"sync"
)

// tabs is somebody who chooses a plan in one tab, loses it, and chooses another
// in a second at the same moment; and who then pays wherever a page to pay is
// open. One of the two is theirs in the end, and paid once.
var tabs = action{
	name: "tabs", weight: 25, offered: buying.offered,
	do: func(ctx context.Context, v *visit) error {
		pages, err := v.twoTabs(ctx)
		if err != nil {
			return err
		}
		paid := 0
		for _, p := range pages {
			if p == nil || !p.at("/c/pay/") {
				continue
			}
			if _, err := v.pay(ctx, p, goodCard); err != nil {
				return turnedAway{err} // the other tab closed this page
			}
			paid++
		}
		if paid == 0 {
			return errIdle
		}
		return nil
	},
}

// twoTabs sends the forms of two plans at once, and gives where each led.
func (v *visit) twoTabs(ctx context.Context) ([]*page, error) {
	forms := make([]*form, 2)
	wants := []string{v.lookup, "digital_monthly"}
	for i, price := range wants {
		p, err := v.web.get(ctx, "/subscribe")
		if err != nil {
			return nil, err
		}
		if forms[i] = p.formWith("/checkout", "price", price); forms[i] == nil {
			return nil, errIdle
		}
	}
	pages, errs := make([]*page, 2), make([]error, 2)
	var both sync.WaitGroup
	for i, f := range forms {
		both.Go(func() { pages[i], errs[i] = f.send(ctx, "price", wants[i]) })
	}
	both.Wait()
	if errs[0] != nil && errs[1] != nil {
		return nil, errs[0]
	}
	for i, err := range errs {
		if err != nil {
			pages[i] = nil // turned away while the other had the account
		}
	}
	return pages, nil
}
