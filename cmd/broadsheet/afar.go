package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// briefly is how long a step of the clock waits for a paper that did not finish
// the step before: what is stuck there is not waited for again and again.
const briefly = 50 * time.Millisecond

// afar is a paper's follower in another process, asked by HTTP. A paper that
// does not answer has nothing that could be waited for: time goes on without it.
type afar struct {
	base     string
	patience time.Duration
	client   *http.Client
	stuck    atomic.Bool
}

func newAfar(base string, patience time.Duration) *afar {
	return &afar{base: base, patience: patience, client: &http.Client{Timeout: patience + 5*time.Second}}
}

// NextDue is when the paper has something due next.
func (a *afar) NextDue(ctx context.Context) (time.Time, bool, error) {
	var said struct{ Next *time.Time }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/_clock/next", nil)
	if err != nil {
		return time.Time{}, false, err
	}
	if !a.ask(req, &said) || said.Next == nil {
		return time.Time{}, false, ctx.Err()
	}
	return *said.Next, true, nil
}

// Settle waits until the paper has done what is due, as long as patience lasts.
func (a *afar) Settle(ctx context.Context) error {
	within := a.patience
	if a.stuck.Load() {
		within = min(briefly, within)
	}
	form := url.Values{"within": {within.String()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/_clock/settle", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	said := struct{ Settled bool }{true}
	a.ask(req, &said)
	a.stuck.Store(!said.Settled)
	return ctx.Err()
}

// ask reports whether the paper answered.
func (a *afar) ask(req *http.Request, into any) bool {
	res, err := a.client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false
	}
	return json.NewDecoder(res.Body).Decode(into) == nil
}
