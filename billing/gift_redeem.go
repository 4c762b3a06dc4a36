package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// ErrHoldsMore is the cause of a Conflict: what the reader pays for goes on and
// brings more than the gift.
var ErrHoldsMore = errors.New("the reader holds a better plan that goes on")

// GiftTaker is who redeems a gift.
type GiftTaker struct {
	ReaderID string
	Ship     Postal         // for a plan with the magazine
	Zone     *time.Location // of the paper: months are counted in it
}

// GiftOffer is what a code opens, and what redeeming it would do now.
type GiftOffer struct {
	Gift  Gift
	Plan  Plan
	From  time.Time
	To    time.Time
	Moves *Subscription // whose next payment moves; nil without one
	Next  time.Time     // to when it moves
}

// noCode is one sentence for what is not and what never was, so that trying
// teaches nothing.
func noCode() error {
	return fault.New(fault.Missing, "No gift has this code. Please compare it with the card or the e-mail.", nil)
}

// giftBehind finds the gift of a code that can be redeemed.
func (s *Service) giftBehind(ctx context.Context, code string) (Gift, error) {
	g, ok, err := s.Store.GiftByCode(ctx, hashGiftCode(code))
	if err != nil {
		return g, err
	}
	if !ok {
		return g, noCode()
	}
	switch g.State {
	case GiftPaid:
		return g, nil
	case GiftRedeemed:
		return g, fault.New(fault.Conflict, "This gift has been redeemed already. If it was you, your account shows it.", nil)
	case GiftVoid:
		how := "was refunded"
		if g.Dispute.Took() {
			how = "was taken back at the bank"
		}
		return g, fault.New(fault.Conflict, "This code no longer works: the payment for the gift "+how+". Who gave it to you can ask us about it.", nil)
	}
	return g, fault.New(fault.Conflict, "This code no longer works: who bought the gift took it back.", nil)
}

// LookAtGift says what a code opens and what redeeming it would do. It changes
// nothing. Faults: Invalid for a slip, Missing for no such gift, Conflict for
// one that is gone and with ErrHoldsMore.
func (s *Service) LookAtGift(ctx context.Context, typed string, who GiftTaker) (GiftOffer, error) {
	code, err := ParseGiftCode(typed)
	if err != nil {
		return GiftOffer{}, err
	}
	g, err := s.giftBehind(ctx, code)
	if err != nil {
		return GiftOffer{}, err
	}
	place, err := s.placeFor(ctx, g, who)
	offer := GiftOffer{Gift: g, Plan: place.plan, From: place.from, To: place.to, Moves: place.sub}
	if place.sub != nil {
		offer.Next = place.sub.PeriodEnd.Add(place.span())
	}
	return offer, err
}

// Redeem gives a gift to a reader, once. Two who try at the same moment make
// one; two gifts of one reader follow each other. The faults are LookAtGift's,
// and Invalid for a magazine without a door.
func (s *Service) Redeem(ctx context.Context, typed string, who GiftTaker) (Redemption, error) {
	code, err := ParseGiftCode(typed)
	if err != nil {
		return Redemption{}, err
	}
	if _, err := s.giftBehind(ctx, code); err != nil {
		return Redemption{}, err
	}
	var r Redemption
	name := "reader:" + who.ReaderID
	err = s.leased(ctx, name, func(ctx context.Context, fence int64) error {
		if err := s.SyncReader(ctx, who.ReaderID); err != nil {
			return err
		}
		return s.Store.InTx(ctx, func(ctx context.Context) error {
			if err := s.Store.HoldLease(ctx, name, fence); err != nil {
				return err
			}
			r, err = s.redeemHeld(ctx, code, who)
			return err
		})
	})
	if err != nil {
		return r, err
	}
	s.Changed(who.ReaderID)
	if r.Push.Subscription != "" {
		if err := s.PushGift(ctx, r.Gift); err != nil {
			s.Log.Error("a gift was redeemed and its reader's renewal is not moved yet", "gift", r.Gift, "err", err) // the job does it
		}
	}
	return r, nil
}

func (s *Service) redeemHeld(ctx context.Context, code string, who GiftTaker) (Redemption, error) {
	g, err := s.giftBehind(ctx, code)
	if err != nil {
		return Redemption{}, err
	}
	place, err := s.placeFor(ctx, g, who)
	if err != nil {
		return Redemption{}, err
	}
	if !place.plan.Has(Print) {
		who.Ship = Postal{}
	} else if who.Ship.Line1 == "" || who.Ship.City == "" {
		return Redemption{}, fault.New(fault.Invalid, "Where does the magazine go? It needs a street and a town.", nil)
	}
	now := s.Paper.Now().Truncate(time.Microsecond)
	g.State, g.Closed = GiftRedeemed, now
	if ok, err := s.Store.ChangeGift(ctx, g); err != nil || !ok {
		if err == nil {
			err = fault.New(fault.Conflict, "This gift has been redeemed already. If it was you, your account shows it.", nil)
		}
		return Redemption{}, err
	}
	r := Redemption{Gift: g.ID, ReaderID: who.ReaderID, At: now, From: place.from, To: place.to, Ship: who.Ship}
	if place.sub != nil {
		r.Push = GiftPush{Subscription: place.sub.ID, Span: place.span()}
	}
	if err := s.Store.AddRedemption(ctx, r); err != nil {
		return r, err
	}
	if err := s.giveGrants(ctx, g, r, place); err != nil {
		return r, err
	}
	return r, s.redeemEffects(ctx, r, now)
}

// giveGrants gives the plan, and prolongs what the reader held that brings less.
func (s *Service) giveGrants(ctx context.Context, g Gift, r Redemption, place placement) error {
	for _, old := range place.prolong {
		old.To = old.To.Add(place.span())
		if err := s.Store.AddGrant(ctx, old); err != nil {
			return err
		}
	}
	return s.Store.AddGrant(ctx, Grant{ID: g.ID, ReaderID: r.ReaderID, Plan: g.Plan, Why: g.why(), From: r.From, To: r.To})
}

// why is what the account says of the grant.
func (g Gift) why() string {
	if g.Buyer.Name == "" {
		return "A gift"
	}
	return "A gift from " + g.Buyer.Name
}

func (s *Service) redeemEffects(ctx context.Context, r Redemption, now time.Time) error {
	began := Effect{Kind: EffectGiftBegan, Key: "gift.began:" + r.Gift, ReaderID: r.ReaderID, Gift: r.Gift}
	list := []Effect{began, giftEnding(r, r.To, now), giftOver(r, r.To)}
	if r.Push.Subscription != "" {
		list = append(list, Effect{Kind: EffectGiftPush, Key: "gift.push:" + r.Gift, ReaderID: r.ReaderID, Gift: r.Gift})
	}
	for _, e := range list {
		if err := s.once(ctx, e, now); err != nil {
			return err
		}
	}
	return nil
}

// giftEnding is the letter a month before the end, giftOver the one at it. Both
// are asked for anew when the gift was prolonged.
func giftEnding(r Redemption, end, now time.Time) Effect {
	at := end.AddDate(0, -1, 0)
	if at.Before(now) {
		at = now
	}
	return Effect{Kind: EffectGiftMonth, Key: fmt.Sprintf("gift.month:%s:%d", r.Gift, end.Unix()), ReaderID: r.ReaderID, Gift: r.Gift, Until: end, RunAt: at}
}

func giftOver(r Redemption, end time.Time) Effect {
	return Effect{Kind: EffectGiftOver, Key: fmt.Sprintf("gift.over:%s:%d", r.Gift, end.Unix()), ReaderID: r.ReaderID, Gift: r.Gift, Until: end, RunAt: end}
}

// GiftEnd is when a redeemed gift ends as it stands, and what follows it. When
// that is another time than the one that the effect was asked for, the letter is
// asked for anew and ok is false; so it is when there is nothing to say: another
// grant or a paid plan goes on.
func (s *Service) GiftEnd(ctx context.Context, e Effect) (grant Grant, ok bool, err error) {
	r, found, err := s.Store.RedemptionOf(ctx, e.Gift)
	if err != nil || !found {
		return grant, false, err
	}
	grants, err := s.Store.GrantsOf(ctx, r.ReaderID)
	if err != nil {
		return grant, false, err
	}
	goesOn := false
	for _, g := range grants {
		if g.ID == e.Gift {
			grant = g
		} else if g.To.IsZero() || g.To.After(e.Until) {
			goesOn = true
		}
	}
	now := s.Paper.Now()
	if grant.ID == "" || !grant.To.Equal(e.Until) {
		if grant.ID == "" {
			return grant, false, nil
		}
		again := giftOver(r, grant.To)
		if e.Kind == EffectGiftMonth {
			again = giftEnding(r, grant.To, now)
		}
		return grant, false, s.onceAlone(ctx, again, now)
	}
	sub, err := s.SubscriptionOf(ctx, r.ReaderID, now)
	if err != nil {
		return grant, false, err
	}
	paid := sub != nil && sub.CancelAt.IsZero() && Access(*sub, now).Grants
	return grant, !goesOn && !paid, nil
}

// placement is where a gift's months go among what its reader holds.
type placement struct {
	plan     Plan
	from, to time.Time
	prolong  []Grant       // what brings less and would run out meanwhile
	sub      *Subscription // paid, and goes on: its renewal moves by the gift's length
}

func (p placement) span() time.Duration { return p.to.Sub(p.from) }

func (s *Service) placeFor(ctx context.Context, g Gift, who GiftTaker) (placement, error) {
	subs, err := s.Store.SubscriptionsOf(ctx, who.ReaderID)
	if err != nil {
		return placement{}, err
	}
	grants, err := s.Store.GrantsOf(ctx, who.ReaderID)
	if err != nil {
		return placement{}, err
	}
	c, err := s.Store.Catalogue(ctx)
	if err != nil {
		return placement{}, err
	}
	return place(g, subs, grants, c, s.Paper.Now().Truncate(time.Microsecond), who.Zone)
}

// place decides when a gift begins. It follows what brings as much, so that
// nothing overlaps; it goes before what brings less, which is prolonged by as
// long. A paid plan that brings more and goes on leaves it no place.
func place(g Gift, subs []Subscription, grants []Grant, c Catalogue, now time.Time, zone *time.Location) (placement, error) {
	plan, _ := c.Plan(g.Plan)
	p := placement{plan: plan, from: now}
	for _, h := range grants {
		held, _ := c.Plan(h.Plan)
		if !h.To.IsZero() && !h.To.After(now) || !covers(held, plan) {
			continue
		}
		if h.To.IsZero() {
			return p, holdsMore(held)
		}
		p.from = later(p.from, h.To)
	}
	if err := p.besideSubscription(subs, c, now); err != nil {
		return p, err
	}
	p.to = addMonths(p.from, g.Months, zone)
	for _, h := range grants {
		held, _ := c.Plan(h.Plan)
		if !covers(held, plan) && h.To.After(p.from) {
			p.prolong = append(p.prolong, h)
		}
	}
	return p, nil
}

// besideSubscription finds the gift's place beside what the reader pays for.
func (p *placement) besideSubscription(subs []Subscription, c Catalogue, now time.Time) error {
	sub := Current(subs, now)
	if sub == nil || sub.Status == Incomplete || sub.Plan == "" {
		return nil
	}
	st := Access(*sub, now)
	if !st.Live || st.State == StandsEnded {
		return nil
	}
	held, _ := c.Plan(sub.Plan)
	p.sub = sub
	if !st.Grants || sub.Status == PastDue || !covers(held, p.plan) {
		return nil // it begins now, and the next payment that is made moves back
	}
	if !sub.CancelAt.IsZero() {
		p.from = later(p.from, sub.CancelAt)
		p.sub = nil
		return nil
	}
	if !covers(p.plan, held) {
		p.sub = nil
		return holdsMore(held)
	}
	p.from = later(p.from, sub.PeriodEnd)
	return nil
}

func holdsMore(held Plan) error {
	return fault.New(fault.Conflict, "You have "+held.Name+", which brings more than this gift and goes on. Nothing was redeemed and the code stays good: it does not run out. Use it when your plan ends, or hand it on.", ErrHoldsMore)
}

// covers reports whether a brings all that b brings.
func covers(a, b Plan) bool {
	for _, benefit := range b.Benefits {
		if !a.Has(benefit) {
			return false
		}
	}
	return true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// addMonths counts in the paper's zone. A month that has no such day ends on
// its last one, as Stripe's do.
func addMonths(from time.Time, n int, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	local := from.In(zone)
	to := local.AddDate(0, n, 0)
	if to.Day() != local.Day() {
		to = to.AddDate(0, 0, -to.Day())
	}
	return to.UTC()
}
