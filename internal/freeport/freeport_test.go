package freeport_test

import (
	"net"
	"sync"
	"testing"

	"broadsheet/internal/freeport"
)

// Those who ask at once get different addresses, at which they can listen.
func TestNobodyGetsTheSame(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var all sync.WaitGroup
	given := map[string]bool{}
	for range 100 {
		all.Go(func() {
			addr := freeport.Addr()
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			mu.Lock()
			defer mu.Unlock()
			if given[addr] {
				t.Errorf("%s was given twice", addr)
			}
			given[addr] = true
		})
	}
	all.Wait()
}
