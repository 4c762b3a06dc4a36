package main

import (
	"context"
	"fmt"
	"time"

	"broadsheet/journey"
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
