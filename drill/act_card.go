package drill

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// newCard gives another card in the portal, and comes back.
var newCard = action{
	name: "card", weight: 12,
	offered: func(v *visit) bool { return v.account.form("/account/portal") != nil },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.account.form("/account/portal").send(ctx)
		if err != nil {
			return err
		}
		if err := v.giveCard(ctx, p, v.another()); err != nil {
			return err
		}
		if v.chance(30) {
			return nil // closed the tab instead of going back
		}
		return v.back(v.web.get(ctx, "/account/back"))
	},
}

// giveCard fills in the portal's form.
func (v *visit) giveCard(ctx context.Context, p *page, card string) error {
	f := p.formWith("/p/session/", "number", "")
	if f == nil {
		return fmt.Errorf("the portal at %s (%d) takes no card", p.url.Path, p.status)
	}
	p, err := f.send(ctx, append(f.fill(card), "action", "card")...)
	if err != nil {
		return err
	}
	_, err = v.confirm(ctx, p)
	return err
}

var cardLink = regexp.MustCompile(`/account/card/\S+`)

// mending gives another card by the link in a letter, in a browser that never
// signed in.
var mending = action{
	name: "mend", weight: 200,
	offered: func(v *visit) bool {
		_, _, ok := v.letter(v.mended, cardLink)
		return ok
	},
	do: func(ctx context.Context, v *visit) error {
		link, place, _ := v.letter(v.mended, cardLink)
		phone := newBrowser(v.on.paper.url)
		p, err := phone.get(ctx, link)
		if p != nil && p.status == 404 {
			v.mended = place + 1
			return errIdle // the link has run out
		}
		if err != nil {
			return err
		}
		v.mended = place + 1
		f := p.form("/account/card/")
		if f == nil {
			return errIdle // it was paid meanwhile
		}
		if p, err = f.send(ctx); err != nil {
			return err
		}
		if strings.HasPrefix(p.url.Path, "/account/card/") {
			return errIdle // it was paid between two pages
		}
		card := goodCard
		if v.chance(25) {
			card = v.another()
		}
		return v.giveCard(ctx, p, card)
	},
}

var invoiceLink = regexp.MustCompile(`https?://\S+/i/in_\w+`)

// confirming follows the letter about a bank that wants a renewal confirmed.
var confirming = action{
	name: "confirm", weight: 200,
	offered: func(v *visit) bool {
		_, _, ok := v.letter(v.asked, invoiceLink)
		return ok
	},
	do: func(ctx context.Context, v *visit) error {
		link, place, _ := v.letter(v.asked, invoiceLink)
		p, err := v.web.get(ctx, link)
		if err != nil {
			return err
		}
		v.asked = place + 1
		f := p.formWith("/i/", "number", "")
		if f == nil {
			return errIdle // paid, or given up
		}
		if p, err = f.send(ctx, f.fill(alwaysAsking)...); err != nil {
			return err
		}
		_, err = v.confirm(ctx, p)
		return err
	},
}
