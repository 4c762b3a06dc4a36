package main

import (
	"context"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
)

// networkPruner forgets what was counted by network.
type networkPruner interface {
	PruneNetworks(ctx context.Context, beforeDay int64) error
}

// nightly asks for the work that recurs.
func (p *paper) nightly() {
	p.runner.Every(journey.SweepJob, journey.SweepEvery, journey.Sweep(p.db, p.clocks.Wall))
	p.watchHouse()
	p.reckonHourly()
	p.runner.Every("paywall.networks", 24*time.Hour, forgetNetworks(p.db, p.clocks.Paper))
}

// forgetNetworks deletes yesterday's counts by network with their salt, after
// which nobody can tell whose they were.
func forgetNetworks(counts networkPruner, paper clock.Clock) jobs.Handler {
	return func(ctx context.Context, _ jobs.Job) error {
		today := paper.Now().Unix() / int64(24*time.Hour/time.Second)
		return counts.PruneNetworks(ctx, today)
	}
}
