package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"broadsheet/billing/standin"
	"broadsheet/internal/clock"
	"broadsheet/internal/config"
)

func standIn(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "standin", "standin", `
Runs the local Stripe stand-in alone, on STANDIN_ADDR: Stripe's API at /v1, its
hosted pages, signed webhooks to the paper at ADDR, and a desk at / with a clock
that can be moved. In development "serve" starts one by itself when
STRIPE_SECRET_KEY is empty; this one is for a paper that is told of it by
STRIPE_SECRET_KEY and STRIPE_API_BASE. It does not exist in production, and it
refuses a live key.`)
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	if !conf.IsDevelopment() {
		return errors.New("the Stripe stand-in does not exist in production: anyone who reaches it can move time and make money up")
	}
	if err := makeFolder(conf); err != nil {
		return err
	}
	if err := conf.Complete(); err != nil {
		return err
	}
	listener, err := listen("STANDIN_ADDR", conf.StandinAddr)
	if err != nil {
		return err
	}
	paper, err := clock.OpenPaper(filepath.Join(conf.DataDir(), "clock.json"))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := startStandin(ctx, conf, listener, paper, nil, newLog(w, conf))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(w.stdout, "The Stripe stand-in answers at http://%s\nIts key is in %s\n",
		listener.Addr(), filepath.Join(conf.DataDir(), "secrets.json"))
	<-ctx.Done()
	return s.stop()
}

// advanceTime is how long moving the clock may take: a year is many steps.
const advanceTime = 10 * time.Minute

// runningStandin is a stand-in with its server.
type runningStandin struct {
	*standin.Server
	http               *http.Server
	cancel             func()
	delivering, answer sync.WaitGroup
}

// startStandin opens the stand-in's books and serves it on the listener.
// follower may be nil.
func startStandin(ctx context.Context, conf config.Config, l net.Listener, paper *clock.Paper, follower standin.Follower, log *slog.Logger) (*runningStandin, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server, err := standin.New(ctx, standin.Config{
		Books:     filepath.Join(conf.DataDir(), "standin.db"),
		PublicURL: "http://" + conf.StandinAddr,
		Key:       conf.StripeKey.Reveal(), WebhookSecret: conf.WebhookSecret.Reveal(),
		WebhookURL: "http://" + conf.Addr + "/webhooks/stripe",
		Clock:      paper, Follower: follower, Log: log.With("part", "standin"),
	})
	if err != nil {
		cancel()
		return nil, err
	}
	s := &runningStandin{Server: server, cancel: cancel, http: newServer(server)}
	s.http.WriteTimeout = advanceTime
	s.delivering.Go(func() { server.Run(ctx) })
	s.answer.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the stand-in's server ended", "err", err)
		}
	})
	return s, nil
}

// quiet ends the webhooks: a paper that is going away takes none. What was not
// delivered stays in the books for the next start.
func (s *runningStandin) quiet() {
	s.cancel()
	s.delivering.Wait()
}

// stop ends it, last of all: jobs that finish may still call it. Connections
// that were opened and never used are not worth waiting for.
func (s *runningStandin) stop() error {
	s.quiet()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	s.answer.Wait()
	return s.Close()
}
