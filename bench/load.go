package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// sample is what one page did for a while.
type sample struct {
	rate     float64 // requests a second
	p50, p99 float64 // milliseconds
	cpu      float64 // microseconds of the server's CPU for a request
	resident float64 // MiB of the server
}

// warm is the share of a span that is thrown away at its beginning.
const warm = 4

// load asks for one page over and over on a fixed number of connections that
// stay open. want is checked by its length, so that a faster answer is not one
// that left something out.
func load(ctx context.Context, server *child, request, want []byte, o options) (sample, error) {
	if _, err := hammer(ctx, server.addr, request, len(want), o.connections, o.span/warm); err != nil {
		return sample{}, err
	}
	before, err := server.cpuTime()
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	took, err := hammer(ctx, server.addr, request, len(want), o.connections, o.span)
	if err != nil {
		return sample{}, err
	}
	span := time.Since(start)
	after, err := server.cpuTime()
	if err != nil {
		return sample{}, err
	}
	resident, err := server.resident()
	if err != nil {
		return sample{}, err
	}
	slices.Sort(took)
	n := len(took)
	return sample{
		rate: float64(n) / span.Seconds(), cpu: float64((after - before).Microseconds()) / float64(n), resident: resident,
		p50: ms(took[n/2]), p99: ms(took[n*99/100]),
	}, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// hammer gives how long each request took.
func hammer(ctx context.Context, addr string, request []byte, size, connections int, span time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	all := make([][]time.Duration, connections)
	var group errgroup.Group
	for i := range connections {
		group.Go(func() (err error) {
			all[i], err = one(ctx, addr, request, size)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	took := slices.Concat(all...)
	if len(took) < connections {
		return nil, errors.New("hardly a request was answered")
	}
	return took, nil
}

// one is one connection. It speaks just enough HTTP, so that the client leaves
// the cores to the server.
func one(ctx context.Context, addr string, request []byte, size int) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	took := make([]time.Duration, 0, 32<<10)
	for ctx.Err() == nil {
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		got, err := skipAnswer(in)
		if err != nil {
			return nil, err
		}
		if got != size {
			return nil, fmt.Errorf("an answer of %d bytes instead of %d", got, size)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

var contentLength = []byte("Content-Length: ")

// skipAnswer reads a whole answer and gives the length of its body.
func skipAnswer(in *bufio.Reader) (int, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("the server answered %q", line)
	}
	size := -1
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if bytes.HasPrefix(line, contentLength) {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, err
			}
		}
	}
	if size < 0 {
		return 0, errors.New("the answer has no Content-Length")
	}
	n, err := io.CopyN(io.Discard, in, int64(size))
	return int(n), err
}
