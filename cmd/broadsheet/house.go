package main

import (
	"context"
	"sync"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
)

// vitals is the state of the house: what the database knows, and the disk.
func (p *paper) vitals(ctx context.Context) (desk.Vitals, error) {
	v, err := p.db.Vitals(ctx, p.clocks.Wall.Now(), p.clocks.Paper.Now())
	if err != nil {
		return v, err
	}
	v.BackupExpected = !p.conf.IsDevelopment()
	v.DiskFree, v.DiskAll = diskOf(p.conf.DataDir())
	return v, nil
}

// watchHouse asks for the job that looks after the house.
func (p *paper) watchHouse() {
	w := journey.Watch{Store: p.db, Vitals: p.vitals, Outbox: journey.Outbox{Queue: p.runner}, House: p.house, Wall: p.clocks.Wall}
	p.runner.Every(journey.HouseJob, journey.HouseEvery, seldom(p.clocks.Wall, w.Look))
}

// seldom does the job once in ten seconds of wall time at most. A paper's clock
// that is moved makes the job due at every stop, and the house is as it was.
func seldom(wall clock.Clock, do jobs.Handler) jobs.Handler {
	var mu sync.Mutex
	var last time.Time
	return func(ctx context.Context, j jobs.Job) error {
		mu.Lock()
		defer mu.Unlock()
		now := wall.Now()
		if !last.IsZero() && now.Sub(last) < 10*time.Second {
			return nil
		}
		err := do(ctx, j)
		if err == nil {
			last = now
		}
		return err
	}
}
