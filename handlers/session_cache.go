package handlers

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"broadsheet/reader"
)

// maxPrincipals bounds the memory for sessions in use.
const maxPrincipals = 50_000

// principalLoad bounds a look into the database. It outlives the request that
// began it, since others wait for the same answer.
const principalLoad = 10 * time.Second

// principals remembers who stands behind a session's hashed token, for a short
// while. What this process ends is forgotten at once, and that includes what
// was being loaded meanwhile: every forgetting begins a new generation, an
// answer is kept only if its generation still runs, and nobody joins a load of
// an older one. What another process ends is seen when the while is over.
type principals struct {
	load  func(ctx context.Context, hash string) (*reader.Principal, error)
	cache *otter.Cache[string, *reader.Principal]
	fly   singleflight.Group

	mu         sync.Mutex // between keeping and forgetting
	generation atomic.Uint64
}

func newPrincipals(remember time.Duration, load func(context.Context, string) (*reader.Principal, error)) *principals {
	return &principals{load: load, cache: otter.Must(&otter.Options[string, *reader.Principal]{
		MaximumSize: maxPrincipals, ExpiryCalculator: otter.ExpiryWriting[string, *reader.Principal](remember),
	})}
}

// get is who stands behind the hash, nil for nobody. Nobodies are not
// remembered: made-up tokens would push out real ones.
func (p *principals) get(ctx context.Context, hash string) (*reader.Principal, error) {
	if who, ok := p.cache.GetIfPresent(hash); ok {
		return who, nil
	}
	generation := p.generation.Load()
	found, err, _ := p.fly.Do(hash+strconv.FormatUint(generation, 36), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), principalLoad)
		defer cancel()
		who, err := p.load(ctx, hash)
		if err == nil && who != nil {
			p.keep(hash, who, generation)
		}
		return who, err
	})
	if err != nil {
		return nil, err
	}
	return found.(*reader.Principal), nil
}

func (p *principals) keep(hash string, who *reader.Principal, generation uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.generation.Load() == generation {
		p.cache.Set(hash, who)
	}
}

// forget makes these sessions be looked up again. Call it once their end is
// committed.
func (p *principals) forget(hashes ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.generation.Add(1)
	for _, h := range hashes {
		p.cache.Invalidate(h)
	}
}

func (p *principals) close() { p.cache.StopAllGoroutines() }
