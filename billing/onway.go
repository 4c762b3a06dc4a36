package billing

import (
	"context"
	"slices"
	"time"
)

// onItsWay is how long a webhook may be under way without being called lost.
const onItsWay = 5 * time.Minute

// underway is what webhooks may yet tell: what is marked in the inbox and not
// looked at yet, and what Stripe says of the last minutes. It is asked for before
// a run marks what it misses.
type underway struct {
	refs map[Ref]bool
	from time.Time // paper time: events since then are young
}

func (s *Service) underway(ctx context.Context) (underway, error) {
	u := underway{refs: map[Ref]bool{}, from: s.Paper.Now().Add(-onItsWay)}
	marks, err := s.Store.DirtyMarks(ctx)
	for _, m := range marks {
		u.refs[m] = true
	}
	return u, err
}

// see notes an event of Stripe's list.
func (u underway) see(e Event) {
	if mark := e.dirty(); !e.Created.Before(u.from) && !mark.IsZero() {
		u.refs[mark] = true
	}
}

// customers are whose news is under way. Who cannot be found is nobody's: then
// the run says one drift too many, and not one too few.
func (s *Service) onTheWay(ctx context.Context, u underway) map[string]bool {
	out := map[string]bool{}
	for mark := range u.refs {
		if customer, err := s.customerOf(ctx, mark); err != nil {
			s.Log.Warn("whose news is under way could not be asked", "kind", mark.Kind, "id", mark.ID, "err", err)
		} else if customer != "" {
			out[customer] = true
		}
	}
	return out
}

// young adds what Stripe lists of the last minutes, for a run that reads no
// events itself.
func (s *Service) young(ctx context.Context, u underway) error {
	for e, err := range s.Gateway.Events(ctx, u.from) {
		if err != nil {
			return err
		}
		u.see(e)
	}
	return nil
}

// lost is what of the drift no webhook was going to tell.
func (r Report) lost() []string {
	return slices.DeleteFunc(slices.Clone(r.Drift), func(id string) bool { return slices.Contains(r.Early, id) })
}
