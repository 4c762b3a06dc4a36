package drill

import (
	"context"
	"fmt"
	"regexp"
	"sync"
)

// gifts are codes that were bought and handed over, and wait to be redeemed.
type gifts struct {
	mu   sync.Mutex
	open []string
}

var (
	giftCode = regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){4}`)
	giftLink = regexp.MustCompile(`/gifts/of/[\w.-]+`)
)

// giving buys a gift and hands its code to whoever comes next.
var giving = action{
	name: "give", weight: 2,
	offered: func(*visit) bool { return true },
	do: func(ctx context.Context, v *visit) error {
		p, err := v.web.get(ctx, "/gifts")
		if err != nil {
			return err
		}
		f := p.formWith("/gifts", "price", "")
		if f == nil {
			return fmt.Errorf("the gifts at %s have no form", p.url.Path)
		}
		prices := p.values("/gifts", "price")
		if p, err = f.send(ctx, "price", prices[v.dice.IntN(len(prices))], "way", "hand", "email", v.email); err != nil {
			return err
		}
		if !p.at("/c/pay/") {
			return fmt.Errorf("buying a gift led to %s (%d)", p.url.Path, p.status)
		}
		if p, err = v.pay(ctx, p, goodCard); err != nil {
			return err
		}
		link := giftLink.FindString(string(p.raw))
		if link == "" {
			return errIdle // paid, and the paper could not make the gift yet: its link comes by mail
		}
		if p, err = v.web.get(ctx, link); err != nil {
			return err
		}
		code := giftCode.FindString(string(p.raw))
		if code == "" {
			return fmt.Errorf("the gift's page %s shows no code", p.url.Path)
		}
		v.on.gifts.mu.Lock()
		v.on.gifts.open = append(v.on.gifts.open, code)
		v.on.gifts.mu.Unlock()
		return nil
	},
}

// redeeming types in a code that somebody handed over.
var redeeming = action{
	name: "redeem", weight: 6,
	offered: func(v *visit) bool {
		v.on.gifts.mu.Lock()
		defer v.on.gifts.mu.Unlock()
		return len(v.on.gifts.open) > 0
	},
	do: func(ctx context.Context, v *visit) error {
		code := v.on.gifts.take()
		if code == "" {
			return errIdle
		}
		err := v.redeem(ctx, code)
		if err != nil {
			v.on.gifts.back(code)
		}
		return err
	},
}

func (v *visit) redeem(ctx context.Context, code string) error {
	address := "/gifts/redeem?code=" + code
	p, err := v.web.get(ctx, address)
	if err == nil && p.at("/signin") { // they bought, and never showed that the address is theirs
		if err = signIn(ctx, v); err == nil {
			p, err = v.web.get(ctx, address)
		}
	}
	if err != nil {
		return err
	}
	f := p.formWith("/gifts/redeem", "code", "")
	if f == nil || attr(f.node, "method") != "post" {
		return errIdle // the paper says why not
	}
	if p, err = f.send(ctx, f.address()...); err != nil {
		return err
	}
	if p.status != 200 {
		return fmt.Errorf("redeeming %s led to %s (%d)", code, p.url.Path, p.status)
	}
	return nil
}

func (g *gifts) take() (code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.open) > 0 {
		code, g.open = g.open[0], g.open[1:]
	}
	return code
}

func (g *gifts) back(code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = append(g.open, code)
}
