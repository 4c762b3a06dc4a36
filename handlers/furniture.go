package handlers

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/static"
	"broadsheet/views"
)

// gateStore keeps the gate's rules and gift links.
type gateStore interface {
	GateRules(ctx context.Context, at time.Time) (paywall.Rules, error)
	GiftOpens(ctx context.Context, token, story string, at time.Time) (bool, error)
}

// catalogueStore keeps the plans as they are sold.
type catalogueStore interface {
	Catalogue(ctx context.Context) (billing.Catalogue, error)
}

// set is everything that all pages share, read at one moment and never changed.
type set struct {
	version   int64 // grows whenever anything in it, or any story, changes
	paper     news.Publication
	zone      *time.Location
	sections  []news.Section
	links     []views.PageLink
	catalogue billing.Catalogue
	rules     paywall.Rules
	picks     []news.FrontPick // of the desk, for now
	accent    []byte
	accentURL string
}

func (s *set) section(slug string) (news.Section, bool) {
	for _, sec := range s.sections {
		if sec.Slug == slug {
			return sec, true
		}
	}
	return news.Section{}, false
}

// furniture holds the current set and notices when another process changed it.
type furniture struct {
	news    NewsStore
	gate    gateStore
	plans   catalogueStore
	current atomic.Pointer[set]
	seen    atomic.Int64 // the store's version that current was read at
	serial  atomic.Int64
}

func newFurniture(d Deps) *furniture {
	f := &furniture{news: d.News, gate: d.Gate, plans: d.Plans}
	f.seen.Store(-1)
	return f
}

func (f *furniture) now() *set { return f.current.Load() }

// refresh reads the set again if the store's version moved or the rules of the
// gate did. It reports whether anything changed.
func (f *furniture) refresh(ctx context.Context, now time.Time) (bool, error) {
	version, err := f.news.NewsVersion(ctx)
	if err != nil {
		return false, fmt.Errorf("news version: %w", err)
	}
	rules, err := f.gate.GateRules(ctx, now)
	if err != nil {
		return false, err
	}
	picks, err := f.news.FrontPicks(ctx, now)
	if err != nil {
		return false, err
	}
	old := f.current.Load()
	if old != nil && version == f.seen.Load() && rules.Equal(old.rules) && slices.Equal(picks, old.picks) {
		return false, nil
	}
	next, err := f.read(ctx, rules)
	if err != nil {
		return false, err
	}
	next.picks = picks
	f.seen.Store(version)
	f.current.Store(next)
	return true, nil
}

func (f *furniture) read(ctx context.Context, rules paywall.Rules) (*set, error) {
	s := &set{version: f.serial.Add(1), rules: rules, zone: time.UTC}
	var err error
	if s.paper, err = f.news.Publication(ctx); err != nil {
		return nil, fmt.Errorf("publication: %w", err)
	}
	if s.sections, err = f.news.Sections(ctx); err != nil {
		return nil, err
	}
	pages, err := f.news.Pages(ctx)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	for _, p := range pages {
		s.links = append(s.links, views.PageLink{Slug: p.Slug, Title: p.Title})
	}
	if s.catalogue, err = f.plans.Catalogue(ctx); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	if s.paper.Timezone != "" {
		if s.zone, err = time.LoadLocation(s.paper.Timezone); err != nil {
			return nil, fmt.Errorf("publication's time zone: %w", err)
		}
	}
	if a := s.paper.Accent; a.Light != "" && a.Dark != "" {
		if s.accent = static.AccentCSS(a.Light, a.Dark); s.accent == nil {
			return nil, fmt.Errorf("the publication's colours %q and %q are not of the form #rrggbb", a.Light, a.Dark)
		}
		s.accentURL = "/accent.css?v=" + url.QueryEscape(a.Light[1:]+a.Dark[1:])
	}
	return s, nil
}
