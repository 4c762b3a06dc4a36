package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// sample is what one cell did for a while.
type sample struct {
	rate     float64 // requests a second
	p50, p99 float64 // milliseconds
	cpu      float64 // microseconds of the server's CPU for a request
	allocs   float64 // objects that a request allocates; 0 where nobody counts
	resident float64 // MiB of the server
}

// warm is the share of a span that is thrown away at its beginning.
const warm = 4

// load asks for one thing over and over on a fixed number of connections that
// stay open. The length of answers is checked, so that a faster one is not one
// that left something out.
func load(ctx context.Context, server *child, r *row, connections int, span time.Duration) (sample, error) {
	if _, err := hammer(ctx, server.addr, r, connections, span/warm); err != nil {
		return sample{}, err
	}
	before, err := server.spent()
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	took, err := hammer(ctx, server.addr, r, connections, span)
	if err != nil {
		return sample{}, err
	}
	over := time.Since(start)
	after, err := server.spent()
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
		rate: float64(n) / over.Seconds(), resident: resident,
		cpu:    float64((after.cpu - before.cpu).Microseconds()) / float64(n),
		allocs: (after.mallocs - before.mallocs) / float64(n),
		p50:    ms(took[n/2]), p99: ms(took[n*99/100]),
	}, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// hammer gives how long each request took.
func hammer(ctx context.Context, addr string, r *row, connections int, span time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	all := make([][]time.Duration, connections)
	var group errgroup.Group
	for i := range connections {
		group.Go(func() (err error) {
			all[i], err = one(ctx, addr, r)
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
func one(ctx context.Context, addr string, r *row) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	took := make([]time.Duration, 0, 32<<10)
	for ctx.Err() == nil {
		request := r.next()
		start := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		got, err := skipAnswer(in)
		if err != nil {
			return nil, err
		}
		if got != len(r.body) {
			return nil, fmt.Errorf("an answer of %d bytes instead of %d", got, len(r.body))
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// askOnce gives a whole answer, its head and its body.
func askOnce(ctx context.Context, addr string, request []byte) (head, body []byte, err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		return nil, nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		return nil, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("the server answered %s: %.200s", res.Status, body)
	}
	var lines bytes.Buffer
	err = res.Header.Write(&lines)
	return lines.Bytes(), body, err
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
