package main

import (
	"context"
	"os"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/id"
)

// signLife says every minute that this process lives, so that the desk sees all
// of them and which program each runs, and that it stops when it does.
func (p *paper) signLife(ctx context.Context) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	now := p.clocks.Wall.Now()
	self := desk.Instance{ID: id.New(now), Host: host, Version: programVersion(), Started: now}
	say := func(ctx context.Context) {
		self.Seen = p.clocks.Wall.Now()
		if err := p.db.SeeInstance(ctx, self, self.Seen.Add(-desk.ForgottenIn)); err != nil && ctx.Err() == nil {
			p.log.Warn("that this process lives could not be noted", "err", err)
		}
	}
	tick := time.NewTicker(desk.SignEvery)
	defer tick.Stop()
	for say(ctx); ; say(ctx) {
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := p.db.DropInstance(last, self.ID); err != nil {
			p.log.Warn("that this process stops could not be noted", "err", err)
		}
		return
	}
}
