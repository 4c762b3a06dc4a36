package handlers

import (
	"context"

	"broadsheet/paywall"
	"broadsheet/reader"
)

// eyesOf is a reader as the gate would see them, signed in, and the meter as it
// stands for them. Nothing is counted by looking.
func (s *Site) eyesOf(ctx context.Context, who reader.Reader) (viewer, paywall.Decision, error) {
	now, set := s.now(), s.furniture.now()
	v := viewer{who: paywall.Who{Reader: who.ID}, audience: registered, principal: &reader.Principal{Reader: who}, still: true}
	var err error
	if who.IsVerified() {
		if v.role, err = s.Newsroom.Readers.RoleAt(ctx, who.ID, now); err != nil {
			return v, paywall.Decision{}, err
		}
	}
	subs, err := s.Newsroom.Readers.SubscriptionsOf(ctx, who.ID)
	if err != nil {
		return v, paywall.Decision{}, err
	}
	grants, err := s.Newsroom.Readers.GrantsOf(ctx, who.ID)
	if err != nil {
		return v, paywall.Decision{}, err
	}
	has := bought{subs, grants}
	v.unlimited, v.notice = has.unlimited(set.catalogue, now), has.notice(now, set.zone)
	switch {
	case v.role != "":
		v.audience = staff
	case v.unlimited:
		v.audience = subscriber
	}
	pool, err := s.Meter.Pool(ctx, v.who)
	if err != nil {
		return v, paywall.Decision{}, err
	}
	return v, paywall.Standing(set.rules, pool.Counts, who.IsVerified(), now), nil
}
