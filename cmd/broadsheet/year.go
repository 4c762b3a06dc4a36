package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"broadsheet/demo"
	"broadsheet/internal/clock"
	"broadsheet/internal/config"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/paywall"
	"broadsheet/store"
)

func demoTool(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "demo", "demo year [--seed N] [--readers N]", `
Makes a development paper that has lived for a year: readers who came, read, met
the wall, subscribed, paid, fell behind and left, by the paper's own code and
its Stripe stand-in, in a process whose time runs from a year ago to now. The
same seed on the same day gives the same year. It fills a new paper on SQLite
and leaves one that is there alone.`)
	seed := f.Uint64("seed", 1, "which year")
	readers := f.Int("readers", 60, "how many accounts, at most 5000")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	if rest[0] != "year" {
		return f.wrong("demo cannot %q; it can year", rest[0])
	}
	if *readers < 1 || *readers > 5000 {
		return f.wrong("--readers must be between 1 and 5000")
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	why, err := noYear(conf)
	if err != nil {
		return err
	}
	if why != "" {
		fmt.Fprintln(w.stdout, why)
		return nil
	}
	// A year is many small things that are soon forgotten, and ends before memory is short.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	began := time.Now()
	report, err := liveYear(ctx, w, conf, *seed, *readers)
	if err != nil {
		return fmt.Errorf("the demo year failed, and nothing of it was kept: %w", err)
	}
	fmt.Fprintf(w.stdout, "A year went by in %.1f s: %s\n", time.Since(began).Seconds(), report)
	return nil
}

// noYear says why there is to be none; "" when there can be.
func noYear(conf config.Config) (string, error) {
	if !conf.IsDevelopment() {
		return "", errors.New("a demo year is made up in development only")
	}
	if !conf.UsesStandin() {
		return "No demo year was made: it is paid at the Stripe stand-in, and this paper has a key of Stripe's.", nil
	}
	if _, lite := conf.SQLitePath(); !lite {
		return "No demo year was made: it fills a paper on SQLite, and this one is on PostgreSQL.", nil
	}
	there, err := os.ReadDir(conf.DataDir())
	if errors.Is(err, os.ErrNotExist) || err == nil && len(there) == 0 {
		return "", nil
	}
	return fmt.Sprintf("No demo year was made: %s is there already, and was left alone.", conf.DataDir()), err
}

// liveYear builds the year in a folder beside and moves it into place when it
// is whole, so that one that was ended half-way is none.
func liveYear(ctx context.Context, w world, conf config.Config, seed uint64, readers int) (report string, err error) {
	home := filepath.Clean(conf.DataDir())
	if err := os.MkdirAll(filepath.Dir(home), 0o700); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(home), "."+filepath.Base(home)+"-year-*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }() // nothing is there once it was moved
	on, err := takeAddresses(conf)
	if err != nil {
		return "", err
	}
	y, err := openYear(ctx, w, elsewhere(conf, dir), on, seed)
	if err != nil {
		return "", errors.Join(err, on.close())
	}
	report, err = y.live(ctx, readers)
	if err == nil {
		err = y.sign(ctx, conf)
	}
	if err = errors.Join(err, y.end()); err != nil {
		return "", err
	}
	path, _ := y.conf.SQLitePath()
	if err := errors.Join(os.Remove(filepath.Join(dir, "clock.json")), store.SyncFile(path), store.SyncFile(dir)); err != nil {
		return "", err
	}
	if err := os.Remove(home); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err // it is empty, or it was when we looked
	}
	return report, os.Rename(dir, home)
}

// elsewhere is a paper's settings with another folder for what it keeps, and
// with the demo's stories, whether or not they were asked for.
func elsewhere(conf config.Config, dir string) config.Config {
	path, _ := conf.SQLitePath()
	if filepath.Clean(conf.MediaDir) == filepath.Join(filepath.Clean(conf.DataDir()), "media") {
		conf.MediaDir = filepath.Join(dir, "media")
	}
	conf.Demo = true
	conf.Database = config.NewSecret("sqlite://" + filepath.Join(dir, filepath.Base(path)))
	return conf
}

// year is a paper whose time runs from a year ago.
type year struct {
	*paper
	dice       *rand.Rand
	start, now time.Time
	stories    []news.Teaser
	rules      paywall.Rules
	prices     []string
	hooks      *http.Server
	reads      int // stories that opened
	bought     int // purchases that were paid
	client     *http.Client
	counter    *numbers.Counter
	paperZone  *time.Location
	long       int // fates that were met, of each kind
	short      int
	gifts      []string
}

// deed is something that somebody does at a paper time. A light one asks nothing
// of Stripe: it does not matter to it that time has not quite come as far.
type deed struct {
	at    time.Time
	light bool
	do    func(ctx context.Context) error
}

// slack is how far time may lag behind light deeds.
const slack = 24 * time.Hour

// yearParts are what happens in a year, a file each: a part gives the deeds of
// its people, and may not count on another's. What falls due by itself, such as
// a renewal, is nobody's deed: the stand-in and the job queue do it.
func yearParts() []func(y *year, readers int) []deed {
	return []func(*year, int) []deed{(*year).passersBy, (*year).accounts, (*year).givers}
}

func openYear(ctx context.Context, w world, conf config.Config, on addresses, seed uint64) (_ *year, err error) {
	now := time.Now().UTC().Truncate(time.Second)
	start := now.AddDate(-1, 0, 0)
	if err := clock.StartAt(filepath.Join(conf.DataDir(), "clock.json"), start); err != nil {
		return nil, err
	}
	b, err := openBaseOf(ctx, w, conf)
	if err != nil {
		return nil, err
	}
	b.log = slog.New(slog.NewTextHandler(w.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	p := &paper{base: b, on: on, registry: newRegistry()}
	p.onClose(b.close)
	y := &year{
		paper: p, counter: numbers.NewCounter(), dice: rand.New(rand.NewPCG(seed, 0)), start: start, now: now,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if err := y.open(ctx); err != nil {
		return nil, errors.Join(err, y.end())
	}
	return y, nil
}

func (y *year) open(ctx context.Context) error {
	// Nobody has been promised anything yet: a power cut loses a paper that
	// nobody has seen, and its folder has another name until it is on the disk.
	if err := y.db.Hurry(ctx); err != nil {
		return err
	}
	y.runner = jobs.NewRunner(y.db, y.clocks, y.log)
	y.hooks = newServer(http.HandlerFunc(y.hook))
	go func() { _ = y.hooks.Serve(y.on.paper) }() // until end closes it
	if err := y.openMail(); err != nil {
		return err
	}
	// Letters bear the dates of the year, and not all of today.
	box, err := mail.OpenBox(filepath.Join(y.conf.DataDir(), "mail"), y.conf.MailFrom, y.clocks.Paper)
	if err != nil {
		return err
	}
	y.runner.Handle(journey.MailJob, journey.SendMail(box))
	if err := y.openStripe(ctx); err != nil {
		return err
	}
	y.meter = paywall.NewMeter(y.db, 1)
	y.onClose(func() error { y.meter.Close(); return nil })
	if err := y.loadDemo(ctx); err != nil {
		return err
	}
	sold, err := y.db.Catalogue(ctx)
	if err != nil {
		return err
	}
	for _, plan := range sold.Plans {
		for _, price := range plan.Prices {
			y.prices = append(y.prices, price.LookupKey)
		}
		for _, gift := range plan.Gifts {
			y.gifts = append(y.gifts, gift.LookupKey)
		}
	}
	if _, _, err := y.stripe.PutCode(ctx, demoCode); err != nil {
		return err
	}
	if y.rules, err = y.db.GateRules(ctx, y.now); err != nil {
		return err
	}
	if y.paperZone, err = y.zone(ctx); err != nil {
		return err
	}
	list, err := y.db.Latest(ctx, news.Cursor{}, 100)
	y.stories = list.Teasers
	return err
}

// hook takes the stand-in's webhooks, as the paper's own address does.
func (y *year) hook(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = y.billing.Receive(r.Context(), raw, r.Header.Get("Stripe-Signature"), y.clocks.Wall.Now())
	}
	if fault.Is(err, fault.Invalid) {
		w.WriteHeader(http.StatusBadRequest)
	} else if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// live lets the year go by, deed after deed.
func (y *year) live(ctx context.Context, readers int) (string, error) {
	var deeds []deed
	for _, part := range yearParts() {
		deeds = append(deeds, part(y, readers)...)
	}
	slices.SortStableFunc(deeds, func(a, b deed) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	for i, d := range deeds {
		if err := y.reach(ctx, d); err != nil {
			return "", err
		}
		if i%countedEvery == 0 {
			if err := y.count(ctx); err != nil {
				return "", err
			}
		}
		if err := d.do(ctx); err != nil {
			return "", fmt.Errorf("on %s: %w", d.at.Format(time.DateOnly), err)
		}
	}
	if err := errors.Join(y.count(ctx), y.standin.Advance(ctx, time.Now())); err != nil {
		return "", err
	}
	rep, err := y.billing.ReconcileAll(ctx)
	if err == nil {
		err = y.reckon(ctx)
	}
	if err == nil && len(rep.Drift) > 0 {
		err = fmt.Errorf("the paper and the stand-in's books differ: %v", rep.Drift)
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d accounts, %d stories read, %d purchases, and what became of them.", readers, y.reads, y.bought), nil
}

// reach moves time on, with all that falls due on the way.
func (y *year) reach(ctx context.Context, d deed) error {
	behind := d.at.Sub(y.clocks.Paper.Now())
	if behind <= 0 || d.light && behind < slack {
		return nil
	}
	return y.standin.Advance(ctx, d.at)
}

// sign notes what the first start would do again: the demo is loaded.
func (y *year) sign(ctx context.Context, final config.Config) error {
	is, err := fingerprint(demo.Files, final.MediaDir, programVersion())
	if err != nil {
		return err
	}
	return y.db.SetMark(ctx, demoMark, is)
}

func (y *year) end() error {
	if y.standin != nil {
		y.standin.quiet()
	}
	var err error
	if y.hooks != nil {
		err = y.hooks.Close()
	}
	return errors.Join(err, y.close())
}
