package handlers

import (
	"context"
	"slices"
	"time"

	"github.com/maypok86/otter/v2"

	"broadsheet/billing"
	"broadsheet/views"
)

// holdingStore keeps what readers bought and were given.
type holdingStore interface {
	SubscriptionsOf(ctx context.Context, readerID string) ([]billing.Subscription, error)
	GrantsOf(ctx context.Context, readerID string) ([]billing.Grant, error)
}

// bought is what a reader has, as it was last read. What it amounts to is
// computed for every request, since grace ends at an instant and not at a sync.
type bought struct {
	subs   []billing.Subscription
	grants []billing.Grant
}

// Holdings remembers for a second what readers bought, so that a subscriber's
// page costs no query. Whoever syncs in this process forgets at once.
type Holdings struct {
	store holdingStore
	cache *otter.Cache[string, bought]
}

const (
	holdingsFor = time.Second
	maxHoldings = 50_000
)

// NewHoldings reads from store.
func NewHoldings(store holdingStore) *Holdings {
	return &Holdings{store: store, cache: otter.Must(&otter.Options[string, bought]{
		MaximumSize: maxHoldings, ExpiryCalculator: otter.ExpiryWriting[string, bought](holdingsFor),
	})}
}

// Forget makes the next request read what this reader has.
func (h *Holdings) Forget(readerID string) { h.cache.Invalidate(readerID) }

// Close ends what the memory runs in the background.
func (h *Holdings) Close() { h.cache.StopAllGoroutines() }

func (h *Holdings) of(ctx context.Context, readerID string) (bought, error) {
	if have, ok := h.cache.GetIfPresent(readerID); ok {
		return have, nil
	}
	return h.cache.Get(ctx, readerID, otter.LoaderFunc[string, bought](func(ctx context.Context, id string) (bought, error) {
		subs, err := h.store.SubscriptionsOf(ctx, id)
		if err != nil {
			return bought{}, err
		}
		grants, err := h.store.GrantsOf(ctx, id)
		return bought{subs, grants}, err
	}))
}

// unlimited reports whether what was bought opens every story now.
func (b bought) unlimited(c billing.Catalogue, now time.Time) bool {
	return slices.ContainsFunc(billing.BenefitsAt(b.subs, b.grants, c, now), func(h billing.Holding) bool {
		return h.Benefit == billing.Unlimited
	})
}

// why says what opens every story to a viewer; Counted if nothing does.
func (b bought) why(v viewer, now time.Time) views.Unlimited {
	switch sub := billing.Current(b.subs, now); {
	case v.unlimited && sub != nil && billing.Access(*sub, now).Grants:
		return views.UnlimitedPlan
	case v.unlimited:
		return views.UnlimitedGiven
	case v.role != "":
		return views.UnlimitedDesk
	}
	return views.Counted
}

// notice is the banner of a reader whose payment failed or whose plan brings
// nothing now, nil for all others.
func (b bought) notice(now time.Time, zone *time.Location) *views.Notice {
	sub := billing.Current(b.subs, now)
	if sub == nil {
		return nil
	}
	switch st := billing.Access(*sub, now); st.State {
	case billing.StandsGrace:
		return &views.Notice{
			Kind: views.Bad, Title: "Your bank declined the last payment.",
			Text: "Everything stays open until " + st.GraceUntil.In(zone).Format("2 January") + ".",
			Link: views.AccountPath, LinkText: "Use another card",
		}
	case billing.StandsLapsed:
		return &views.Notice{
			Kind: views.Bad, Title: "Your plan has stopped, because its payment failed.",
			Text: "Nothing of yours is lost.", Link: views.AccountPath, LinkText: "Use another card",
		}
	case billing.StandsPaused:
		n := &views.Notice{Title: "Your plan is paused.", Text: "Nothing is charged.", Link: views.AccountPath, LinkText: "See when it returns"}
		if back := sub.NextPayment(); !back.IsZero() {
			n.Text, n.LinkText = "It returns on "+back.In(zone).Format("2 January")+".", "End the pause"
		}
		return n
	case billing.StandsHeld:
		return &views.Notice{
			Kind: views.Bad, Title: "Your plan is on hold.", Text: "A bank has taken its payment back, and decides about it.",
			Link: views.AccountPath, LinkText: "See your account",
		}
	}
	return nil
}
