package standin

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// apiFault is what a call to the API is to suffer.
type apiFault int

const (
	noFault    apiFault = iota
	failBefore          // 500, nothing happened
	failAfter           // 500, though it happened
)

// faults are the troubles that the desk ordered. They live in memory: a
// restart heals everything.
type faults struct {
	mu  sync.Mutex
	set faultSet
}

// faultSet is what can be ordered. Shares are percent of deliveries.
type faultSet struct {
	Mute       bool          // hold all webhooks until unmuted
	Drop       int           // share lost for good; only a replay brings them
	Double     int           // share delivered twice
	DelayShare int           // share that is late
	Delay      time.Duration // by up to how much paper time
	Fail       int           // share of attempts whose answer is lost: they were heard, and come again
	Reorder    bool          // waiting deliveries go out in any order
	FailBefore int           // so many next calls to the API fail without effect
	FailAfter  int           // so many next calls fail after their effect
	FailPath   string        // only calls whose "METHOD /path" holds this text
}

// read takes over what a form orders.
func (f *faultSet) read(form url.Values) error {
	for key, into := range map[string]*bool{"mute": &f.Mute, "reorder": &f.Reorder} {
		if v := form.Get(key); v != "" || form.Has("form") {
			*into = v == "1" || v == "on" || v == "true"
		}
	}
	for key, number := range map[string]struct {
		into *int
		most int
	}{"drop": {&f.Drop, 100}, "double": {&f.Double, 100}, "fail": {&f.Fail, 100}, "delay_share": {&f.DelayShare, 100},
		"fail_before": {&f.FailBefore, 1_000_000}, "fail_after": {&f.FailAfter, 1_000_000}} {
		raw := form.Get(key)
		if raw == "" {
			continue
		}
		n, err := strconv.Atoi(raw)
		if err != nil || n < 0 || n > number.most {
			return invalid(key, "%s must be a number from 0 to %d.", key, number.most)
		}
		*number.into = n
	}
	if raw := form.Get("delay"); raw != "" {
		d, err := time.ParseDuration(raw)
		if err != nil || d < 0 {
			return invalid("delay", "%q is not a duration like 2h.", raw)
		}
		f.Delay = d
		if d > 0 && f.DelayShare == 0 {
			f.DelayShare = 100
		}
	}
	if form.Has("fail_path") {
		f.FailPath = strings.TrimSpace(form.Get("fail_path"))
	}
	return nil
}

func (f *faults) get() faultSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

func (f *faults) update(fn func(*faultSet)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn(&f.set)
}

// nextCall takes one fault off the list for this call to the API.
func (f *faults) nextCall(method, path string) apiFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set.FailPath != "" && !strings.Contains(method+" "+path, f.set.FailPath) {
		return noFault
	}
	switch {
	case f.set.FailBefore > 0:
		f.set.FailBefore--
		return failBefore
	case f.set.FailAfter > 0:
		f.set.FailAfter--
		return failAfter
	}
	return noFault
}
