package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"broadsheet/news"
)

// How long a connection may take. Pictures go to slow phones, so their answers
// alone may take longer.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	mediaTime  = 10 * time.Minute
	idleTime   = 120 * time.Second
	maxHeader  = 16 << 10
)

// listen takes an address, or says in one sentence why it cannot.
func listen(variable, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the address %s (%s) is taken: something else listens there; stop it, or set %s to another", addr, variable, variable)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s (%s); ports below 1024 need more rights", addr, variable)
	}
	return nil, fmt.Errorf("cannot listen on %s (%s): %w", addr, variable, err)
}

// newServer is an HTTP server that no client can hold up.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
}

// patient gives pictures the time that they need.
func patient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, news.MediaPath) {
			// A writer without deadlines has no need of a later one.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(mediaTime))
		}
		h.ServeHTTP(w, r)
	})
}
