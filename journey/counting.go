package journey

import (
	"context"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/clock"
	"broadsheet/numbers"
)

// countStore adds to the paper's numbers.
type countStore interface {
	StoryAt(ctx context.Context, slug string) (string, error)
	AddHours(ctx context.Context, lines map[numbers.Key]int) error
}

// Counts adds what happens on the way from a story to a purchase to the paper's
// numbers: how often, for which story and from where. Who it was is not kept.
// A nil one counts nothing.
type Counts struct {
	Store countStore
	Paper clock.Clock
	Zone  func(ctx context.Context) (*time.Location, error) // the paper's
}

// At counts a thing for the story that a local path leads back to, and for what
// had led there.
func (n *Counts) At(ctx context.Context, what numbers.What, path string) error {
	if n == nil {
		return nil
	}
	zone, err := n.Zone(ctx)
	if err != nil {
		return err
	}
	slug, source := numbers.OfWay(path)
	story := ""
	if slug != "" {
		if story, err = n.Store.StoryAt(ctx, slug); err != nil {
			return err
		}
	}
	return n.Store.AddHours(ctx, map[numbers.Key]int{numbers.KeyAt(n.Paper.Now().In(zone), story, what, source): 1})
}

// Checkout counts a step of a checkout, for the story that it returns to.
func (n *Counts) Checkout(ctx context.Context, c billing.Checkout, step billing.Step) error {
	what := numbers.Begun
	if step == billing.StepBought {
		what = numbers.Bought
	}
	return n.At(ctx, what, c.Return)
}
