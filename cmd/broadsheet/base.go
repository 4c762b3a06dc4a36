package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/config"
	"broadsheet/internal/jobs"
	"broadsheet/store"
)

// base is what every command that works on the paper stands on.
type base struct {
	conf   config.Config
	log    *slog.Logger
	access *handlers.AccessLog
	db     *store.DB
	clocks jobs.Clocks
	paper  *clock.Paper // nil where paper time is wall time
}

// settings loads the configuration from the environment and .env.
func settings(w world) (config.Config, error) { return config.Load(w.getenv, ".env") }

// openBase opens the database, brings it up to date and reads the clocks.
func openBase(ctx context.Context, w world) (*base, error) {
	conf, err := settings(w)
	if err != nil {
		return nil, err
	}
	return openBaseOf(ctx, w, conf)
}

func openBaseOf(ctx context.Context, w world, conf config.Config) (*base, error) {
	if err := makeFolder(conf); err != nil {
		return nil, err
	}
	if err := conf.Complete(); err != nil {
		return nil, err
	}
	b := &base{conf: conf, log: newLog(w.stderr, conf), access: accessLog(w.stderr, conf), clocks: jobs.Clocks{Paper: clock.Wall{}, Wall: clock.Wall{}}}
	var err error
	if conf.MovesPaperTime() {
		if b.paper, err = clock.OpenPaper(filepath.Join(conf.DataDir(), "clock.json")); err != nil {
			return nil, err
		}
		b.clocks.Paper = b.paper
	}
	if b.db, err = store.Open(ctx, conf.Database.Reveal()); err != nil {
		return nil, err
	}
	up, err := b.db.Upgrade(ctx, b.clocks.Wall.Now())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the database cannot be brought up to this program: %w", err), b.db.Close())
	}
	if up.Copy != "" {
		b.log.Info("the database was upgraded", "steps", up.Steps, "copy of before", up.Copy)
	}
	return b, nil
}

// makeFolder makes sure of the folder of the database before anything is
// opened in it, so that what is wrong with it is said in one sentence.
func makeFolder(conf config.Config) error {
	if _, lite := conf.SQLitePath(); !lite && !conf.IsDevelopment() {
		return nil
	}
	dir := conf.DataDir()
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			return errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("the folder %s cannot be written to (%w): let this user write there, or set DATABASE_URL to a path elsewhere", dir, err)
}

func (b *base) close() error { return b.db.Close() }
