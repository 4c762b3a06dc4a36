package main

import (
	"context"

	"broadsheet/desk"
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
	p.runner.Every(journey.HouseJob, journey.HouseEvery, w.Look)
}
