package main

import (
	"context"
	"time"

	"broadsheet/billing"
)

// fate is what becomes of somebody who buys. Each kind comes in its turn, so that
// a year of few readers has all of them.
type fate int

const (
	stays   fate = iota
	looks        // at the payment page, and comes back for it
	mends        // a card that fails, when it has
	fails        // to pay, and loses the plan
	leaves       // and says why
	stops        // leaving, and stays after all
	returns      // after having left
	rests        // for a month or two
	climbs       // to a plan that brings more
	saves        // with a code
	parts        // at once, with the desk's help
	minds        // about a payment, and gets a part of it back
)

// Those who came long ago have time for what takes months.
var (
	longFates  = []fate{mends, leaves, fails, rests, returns, climbs, stays, leaves, minds, looks, saves, parts}
	shortFates = []fate{stays, climbs, saves, stays, looks, stays, minds, stays}
)

// fateOf is the next one, of those for which there is time.
func (y *year) fateOf(buys time.Time) fate {
	which, turn := shortFates, &y.short
	if buys.Before(y.now.AddDate(0, 0, -100)) {
		which, turn = longFates, &y.long
	}
	*turn++
	return which[(*turn-1)%len(which)]
}

// demoCode is a code that some readers of the demo have.
var demoCode = billing.NewCode{Code: "HARBOUR", Percent: 25_00, Duration: billing.DiscountRepeating, Months: 6}

// customer is what becomes of somebody who buys. Fates are thrown now and met
// later, by whoever is still there to meet them.
func (y *year) customer(p *person, buys time.Time) []deed {
	is := y.fateOf(buys)
	lookup := y.prices[2*y.dice.IntN(len(y.prices)/2)] // most pay by the month
	switch {
	case is == climbs:
		lookup = y.prices[2]
	case (is == stays || is == looks || is == minds) && y.dice.IntN(2) == 0:
		lookup = y.prices[1+2*y.dice.IntN(len(y.prices)/2)]
	}
	life := &course{y: y, p: p, at: buys}
	if is == looks {
		life.then(0, 1, func(ctx context.Context, p *person) error { _, err := y.checkout(ctx, p, lookup); return err })
		life.at = life.at.AddDate(0, 0, 2)
	}
	if is == saves {
		p.code = demoCode.Code
	}
	buy := func(ctx context.Context, p *person) error { return y.buy(ctx, p, lookup) }
	life.then(0, 1, buy)
	life.meet(is, buy)
	for i, d := range life.deeds {
		if !d.at.Before(y.now.Add(-24 * time.Hour)) {
			return life.deeds[:i] // that is still to come
		}
	}
	return life.deeds
}

// course is a customer's deeds, one after the other.
type course struct {
	y     *year
	p     *person
	at    time.Time
	deeds []deed
}

// then does something so many days after the last deed, or up to so many more.
func (c *course) then(days, upTo int, do func(ctx context.Context, p *person) error) {
	if at := c.y.hour(c.at.AddDate(0, 0, days+c.y.dice.IntN(upTo))); at.After(c.at) { // the hour is thrown anew
		c.at = at
	}
	p := c.p
	c.deeds = append(c.deeds, deed{at: c.at, do: func(ctx context.Context) error { return do(ctx, p) }})
}

func (c *course) meet(is fate, buy func(ctx context.Context, p *person) error) {
	y := c.y
	why := billing.PartingReasons[y.dice.IntN(len(billing.PartingReasons))].Key
	cancel := func(ctx context.Context, p *person) error { return y.cancel(ctx, p, why) }
	switch is {
	case mends:
		c.then(6, 10, y.withCard("pm_card_chargeCustomerFail"))
		c.then(26, 5, y.mend)
	case fails:
		c.then(5, 40, y.withCard("pm_card_chargeCustomerFail"))
	case leaves, stops:
		c.then(15, 60, cancel)
		if is == stops {
			c.then(2, 5, y.resume)
		}
	case returns:
		c.then(8, 10, cancel)
		c.then(40, 20, buy)
	case rests:
		c.then(12, 20, func(ctx context.Context, p *person) error { return y.rest(ctx, p) })
	case climbs:
		c.then(9, 40, y.climb)
	case parts:
		c.then(6, 60, y.giveBack)
	case minds:
		c.then(3, 8, y.giveSome)
	}
}

// rest pauses a plan for a month or two.
func (y *year) rest(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil || sub.IsPaused {
		return err
	}
	return y.billing.Pause(ctx, p.reader, 1+len(p.name)%2)
}

// climb takes the plan with the magazine in it.
func (y *year) climb(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil {
		return err
	}
	seen, err := y.billing.PreviewChange(ctx, y.previews, p.reader, billing.Choice{LookupKey: y.prices[0]})
	if err != nil {
		return err
	}
	_, err = y.billing.CarryOut(ctx, y.previews, p.reader, seen.Token, billing.Shipping{
		Name: p.name, Line1: "12 Harbour Street", City: "Amsterdam", PostalCode: "1011 AB", Country: "NL",
	})
	return err
}

// giveSome gives a part of the last payment back.
func (y *year) giveSome(ctx context.Context, p *person) error {
	sub, err := y.held(ctx, p)
	if err != nil || sub == nil {
		return err
	}
	_, err = y.billing.GiveBack(ctx, sub.Latest, billing.RefundAsk{Amount: 300, Reason: "The magazine came late"})
	return err
}

// givers buy a plan for somebody else.
func (y *year) givers(readers int) []deed {
	var deeds []deed
	for i := range max(1, readers/12) {
		key := y.gifts[i%len(y.gifts)]
		who := billing.Person{Name: firstNames[y.dice.IntN(len(firstNames))], Email: "giver@example.org"}
		deeds = append(deeds, deed{at: y.someday(3), do: func(ctx context.Context) error {
			page, err := y.billing.BuyGift(ctx, billing.GiftOrder{Buyer: who, LookupKey: key, DeliverAt: y.clocks.Paper.Now()})
			if err != nil {
				return err
			}
			return y.pay(page, who.Name)
		}})
	}
	return deeds
}
