package main

import (
	"context"
	"errors"
	"strings"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
)

// takePlans sells what a file says, but for what the desk has set itself: that
// stays, and say tells of it. With whole the file's word holds for everything,
// and the desk's settings end. Once there are plans, a change is on the record.
func (b *base) takePlans(ctx context.Context, file billing.Catalogue, whole bool, say func(string)) error {
	return b.db.InTx(ctx, func(ctx context.Context) error {
		was, err := b.db.Catalogue(ctx)
		if err != nil {
			return err
		}
		claims, err := b.db.PlanClaims(ctx)
		if err != nil {
			return err
		}
		is, kept := file, []string(nil)
		if !whole {
			is, kept = file.Under(was, claims)
		} else if err := b.db.DropPlanClaims(ctx); err != nil {
			return err
		}
		if wrong := is.Faults(); len(wrong) > 0 {
			return fault.New(fault.Invalid, "With what the newsroom has set, the plans could not be sold, so they were left as they are: "+strings.Join(wrong, " "), nil)
		}
		for _, line := range kept {
			say(line)
		}
		if err := b.db.SaveCatalogue(ctx, is); err != nil || len(was.Plans)+len(was.Retired) == 0 {
			return err
		}
		return b.notePlans(ctx, was)
	})
}

// notePlans records what an import made of the plans; nothing, if it is as
// before.
func (b *base) notePlans(ctx context.Context, was billing.Catalogue) error {
	is, err := b.db.Catalogue(ctx)
	if err != nil || is.Version() == was.Version() {
		return err
	}
	now := desk.Now{Wall: b.clocks.Wall.Now(), Paper: b.clocks.Paper.Now()}
	before, after := billing.Draft{Was: was, Is: is}.Changed()
	return errors.Join(
		b.db.KeepPastCatalogue(ctx, was, now.Paper),
		desk.NewJournal(b.db).Note(ctx, desk.Member{ID: desk.CommandLine}, now, desk.Change{
			Kind: "plan.import", Subject: "plans", Before: before, After: after,
		}),
	)
}
