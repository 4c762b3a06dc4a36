package main

import (
	"bytes"
	"io"
	"log/slog"
	"sync"

	"broadsheet/handlers"
	"broadsheet/internal/config"
)

// newLog writes JSON for machines in production and text for people elsewhere.
func newLog(to io.Writer, conf config.Config) *slog.Logger {
	if conf.IsDevelopment() {
		return slog.New(slog.NewTextHandler(to, nil))
	}
	return slog.New(slog.NewJSONHandler(to, nil))
}

// accessLog keeps lines until it is told that no more wait. One goroutine uses it.
func accessLog(to io.Writer, conf config.Config) *handlers.AccessLog {
	lines := new(bytes.Buffer)
	return &handlers.AccessLog{Log: newLog(lines, conf), Flush: func() {
		_, _ = to.Write(lines.Bytes()) // a log that cannot be written has nobody to tell
		lines.Reset()
	}}
}

// oneAtATime is a writer for several goroutines.
type oneAtATime struct {
	mu sync.Mutex
	to io.Writer
}

func (w *oneAtATime) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
