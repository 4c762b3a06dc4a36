package main

import (
	"context"
	"errors"
	"fmt"
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
	f := newFlags(w, "standin", "standin [--seed S] [--senders N] [--patience D]", `
Runs the local Stripe stand-in alone, on STANDIN_ADDR: Stripe's API at /v1, its
hosted pages, signed webhooks to the paper at ADDR, and a desk at / with a clock
that can be moved. In development "serve" starts one by itself when
STRIPE_SECRET_KEY is empty; this one is for a paper that is told of it by
STRIPE_SECRET_KEY and STRIPE_API_BASE. It does not exist in production, and it
refuses a live key. When its clock is moved it asks the paper at ADDR what falls
due there, and lets it finish at every step; a paper that does not answer is not
waited for.`)
	seed := f.Uint64("seed", 0, "makes ids and faults repeatable; 0 is by chance")
	senders := f.Int("senders", 1, "webhooks under way at once; 1 keeps their order")
	patience := f.Duration("patience", time.Minute, "how long a step of the clock waits for the paper")
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
	s, err := startStandin(ctx, conf, listener, standin.Config{
		Clock: paper, Follower: newAfar("http://"+conf.Addr, *patience), Log: newLog(w.stderr, conf), Seed: *seed, Senders: *senders,
	})
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

// startStandin opens the stand-in's books and serves it on the listener. Where
// it is reached and with what secrets follows from the settings.
func startStandin(ctx context.Context, conf config.Config, l net.Listener, as standin.Config) (*runningStandin, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	log := as.Log
	as.Books = filepath.Join(conf.DataDir(), "standin.db")
	as.PublicURL = "http://" + conf.StandinAddr
	as.Key, as.WebhookSecret = conf.StripeKey.Reveal(), conf.WebhookSecret.Reveal()
	as.WebhookURL = "http://" + conf.Addr + "/webhooks/stripe"
	as.Log = log.With("part", "standin")
	server, err := standin.New(ctx, as)
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
