package standin

import (
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
	Reorder    bool          // waiting deliveries go out in any order
	FailBefore int           // so many next calls to the API fail without effect
	FailAfter  int           // so many next calls fail after their effect
	FailPath   string        // only calls whose "METHOD /path" holds this text
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
