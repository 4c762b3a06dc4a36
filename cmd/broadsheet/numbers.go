package main

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/jobs"
	"broadsheet/journey"
	"broadsheet/numbers"
)

// counts adds to the paper's numbers.
func (p *paper) counts() *journey.Counts {
	return &journey.Counts{Store: p.db, Paper: p.clocks.Paper, Zone: p.zone}
}

// zone is the paper's own, in which its days are counted.
func (p *paper) zone(ctx context.Context) (*time.Location, error) {
	publication, err := p.db.Publication(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(publication.Timezone)
	if err != nil {
		return nil, fmt.Errorf("the paper's time zone: %w", err)
	}
	return zone, nil
}

// reckonHourly keeps the figures about money up to date, from the start on.
func (p *paper) reckonHourly() {
	p.runner.Every(numbers.ReckonJob, numbers.ReckonEvery, func(ctx context.Context, _ jobs.Job) error { return p.reckon(ctx) })
	p.background = append(p.background, func(ctx context.Context) {
		if err := p.reckon(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("the figures about money could not be reckoned; it is tried again within the hour", "err", err)
		}
	})
}

func (p *paper) reckon(ctx context.Context) error {
	zone, err := p.zone(ctx)
	if err != nil {
		return err
	}
	return numbers.Reckon(ctx, p.db, p.clocks.Paper.Now(), zone)
}
