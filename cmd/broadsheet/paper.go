package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/billing"
	"broadsheet/billing/stripepay"
	"broadsheet/handlers"
	"broadsheet/internal/config"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/reader"
	"broadsheet/store"
	letters "broadsheet/views/mail"
)

// jobGrace is how long jobs that have begun may take after the last request.
const jobGrace = 10 * time.Second

// paper is everything that runs, joined.
type paper struct {
	*base
	on       addresses
	registry *prometheus.Registry
	runner   *jobs.Runner
	box      *mail.Box // nil outside development
	stripe   *stripepay.Stripe
	billing  *billing.Service
	cards    billing.CardLinks
	gifts    billing.GiftLinks
	previews billing.Previews
	standin  *runningStandin // nil when Stripe itself is asked
	holdings *handlers.Holdings
	sold     billing.Catalogue // when the paper was opened
	meter    *paywall.Meter
	editing  *news.Editing
	site     *handlers.Site
	closers  []func() error // in the order of opening

	background []func(ctx context.Context) // run until their context ends
	prepared   atomic.Bool                 // the demo is there, the stand-in answers
}

// openPaper joins the rooms, from the ground up. What was opened is closed
// again when a later step fails.
func openPaper(ctx context.Context, w world, conf config.Config, on addresses) (_ *paper, err error) {
	b, err := openBaseOf(ctx, w, conf)
	if err != nil {
		return nil, err
	}
	p := &paper{base: b, on: on, registry: newRegistry()}
	p.closers = append(p.closers, b.close)
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	p.warn()
	p.runner = jobs.NewRunner(p.db, p.clocks, p.log)
	p.runner.Grace = jobGrace
	p.registry.MustRegister(p.newQueueGauges())
	p.nightly()
	p.openDesk()
	p.background = append(p.background, p.runner.Run)
	if err := p.openMail(); err != nil {
		return nil, err
	}
	if err := p.openStripe(ctx); err != nil {
		return nil, err
	}
	if err := p.loadDemo(ctx); err != nil {
		return nil, fmt.Errorf("the demo could not be loaded: %w", err)
	}
	if p.sold, err = p.db.Catalogue(ctx); err != nil {
		return nil, err
	}
	if err := p.nameIt(ctx); err != nil {
		return nil, err
	}
	if err := p.openSite(ctx); err != nil {
		return nil, err
	}
	p.prepared.Store(true)
	return p, nil
}

// close undoes the opening, last first.
func (p *paper) close() error {
	var all error
	for i := len(p.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, p.closers[i]())
	}
	p.closers = nil
	return all
}

// warn says what an operator would want to know before a reader does.
func (p *paper) warn() {
	if !p.conf.IsDevelopment() && len(p.conf.TrustedProxies) == 0 {
		p.log.Warn("TRUSTED_PROXIES is empty: behind a proxy every reader would seem to come from one network, so the network ceiling and limits by network are off")
	}
}

// nameIt gives a paper that nobody has described yet a plain name, so that it
// can be read from the first story on. Importing a publication.yaml renames it.
func (p *paper) nameIt(ctx context.Context) error {
	_, err := p.db.Publication(ctx)
	if !fault.Is(err, fault.Missing) {
		return err
	}
	p.log.Info("the paper has no name yet; import a folder with a publication.yaml to describe it")
	return p.db.SavePublication(ctx, news.Publication{
		Name: "A new paper", Tagline: "Its first stories are on their way.", Description: "A new paper.",
		Language: "en", Timezone: "UTC", Currency: "eur", Accent: news.Accent{Light: "#1f4e79", Dark: "#9cc4ea"},
	})
}

// openMail gives mails a way out: a mail server, or in development the box.
func (p *paper) openMail() error {
	var sender mail.Sender
	var err error
	if p.conf.SMTP.IsZero() {
		p.box, err = mail.OpenBox(filepath.Join(p.conf.DataDir(), "mail"), p.conf.MailFrom, p.clocks.Wall)
		sender = p.box
	} else {
		sender, err = mail.NewSMTP(p.conf.SMTP.Reveal(), p.conf.MailFrom, p.clocks.Wall)
	}
	if err != nil {
		return err
	}
	book := journey.LetterBook{Store: p.db, Paper: p.clocks.Paper, Tries: p.runner.MaxAttempts, Log: p.log}
	p.runner.Handle(journey.MailJob, book.Around(journey.SendMail(sender)))
	return nil
}

// openSite joins what pages stand on.
func (p *paper) openSite(ctx context.Context) error {
	writers := 1
	if p.db.Engine() == store.Postgres {
		writers = 4
	}
	p.meter = paywall.NewMeter(p.db, writers)
	p.onClose(func() error { p.meter.Close(); return nil })
	crawlers := paywall.NewCrawlers(net.DefaultResolver)
	p.onClose(func() error { crawlers.Close(); return nil })
	keys, err := reader.NewKeys(p.conf.AppSecret.Reveal())
	if err != nil {
		return err
	}
	accounts := p.accounts(keys)
	visitors, err := hkdf.Key(sha256.New, []byte(p.conf.AppSecret.Reveal()), nil, "visitor id", 32)
	if err != nil {
		return err
	}
	newsroom, err := p.newsroom()
	if err != nil {
		return err
	}
	base := p.conf.BaseURL
	p.site, err = handlers.New(ctx, handlers.Deps{
		Config: handlers.Config{
			BaseURL: &base, Development: p.conf.IsDevelopment(), VisitorKey: visitors,
			TrustedProxies: p.conf.TrustedProxies, FormTargets: p.formTargets(), Version: programVersion(),
		},
		Paper: p.clocks.Paper, Wall: p.clocks.Wall, Log: p.log, Access: p.access, Metrics: p.registry,
		News: p.db, Media: news.MediaDir(p.conf.MediaDir), Gate: p.db, Meter: p.meter, Crawlers: crawlers,
		Holdings: p.holdings, Plans: p.db,
		Accounts: accounts, Till: p.till(keys), Ready: p.ready, Pace: p.pace(), Newsroom: newsroom,
	})
	if err != nil {
		return err
	}
	p.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.site.Close(ctx)
		return nil
	})
	p.background = append(p.background, p.site.Run, p.signLife)
	return nil
}

func (p *paper) onClose(fn func() error) { p.closers = append(p.closers, fn) }

// accounts joins what signing in stands on.
func (p *paper) accounts(keys reader.Keys) handlers.Accounts {
	sessions := handlers.NewSessions(handlers.SessionParts{
		Table: p.db.Sessions(p.clocks.Wall), Store: p.db, Wall: p.clocks.Wall, Secure: p.conf.BaseURL.Scheme == "https",
	})
	p.onClose(func() error { sessions.Close(); return nil })
	entry := journey.NewSignIn(journey.SignInParts{
		Store: p.db, Pools: p.meter, Outbox: journey.Outbox{Queue: p.runner}, House: p.house, Keys: keys, Counts: p.counts(),
		Addresses: p.mailable(),
		Link:      func(token string) string { return p.address("/signin/link/" + token) },
	})
	return handlers.Accounts{Sessions: sessions, Entry: entry, Box: p.box}
}

// mailable are the addresses that an account may have.
func (p *paper) mailable() reader.Addresses { return reader.Addresses{Local: p.conf.IsDevelopment()} }

// house is the paper as its mails present it.
func (p *paper) house(ctx context.Context) (letters.House, error) {
	publication, err := p.db.Publication(ctx)
	if err != nil {
		return letters.House{}, err
	}
	zone, err := time.LoadLocation(publication.Timezone)
	if err != nil {
		return letters.House{}, fmt.Errorf("the paper's time zone: %w", err)
	}
	return letters.House{Paper: publication, Zone: zone, BaseURL: p.address("")}, nil
}

// address is the paper's public address of a path.
func (p *paper) address(path string) string {
	return p.conf.BaseURL.Scheme + "://" + p.conf.BaseURL.Host + path
}

// ready says whether everything that a reader needs is there.
func (p *paper) ready(ctx context.Context) error {
	if !p.prepared.Load() {
		return errors.New("the paper is still being prepared")
	}
	ok, err := p.db.Migrated(ctx)
	if err == nil && !ok {
		err = errors.New("the database is not at this program's version")
	}
	return err
}

// errorLog is where net/http complains of broken connections.
func (b *base) errorLog() *log.Logger { return slog.NewLogLogger(b.log.Handler(), slog.LevelDebug) }
