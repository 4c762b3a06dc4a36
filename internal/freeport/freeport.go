// Package freeport finds loopback addresses for programs that tests, drills and
// benchmarks start. It knows nothing of the programs.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// The ports lie below those that Linux gives to outgoing connections
// (net.ipv4.ip_local_port_range), so that nothing takes a program's port before
// it starts, or while it restarts.
const first, many = 20_000, 12_000

var last atomic.Int64

// Addr is an address where nothing listens, and that this process gives to
// nobody else until it has given thousands of others.
func Addr() string {
	last.CompareAndSwap(0, 1+rand.Int64N(many)) // other processes begin elsewhere
	for {
		addr := fmt.Sprint("127.0.0.1:", first+last.Add(1)%many)
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
}
