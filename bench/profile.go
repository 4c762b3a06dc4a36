package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// profile has the program watch where its CPU time goes while a cell is asked
// for, if that is wanted. The function it gives waits for the file.
func profile(ctx context.Context, paper *child, c cell, o options) func() error {
	if o.profile == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		done <- saveProfile(ctx, paper, filepath.Join(o.profile, strings.ReplaceAll(c.name(), " ", "-")+".pprof"), o)
	}()
	return func() error { return <-done }
}

func saveProfile(ctx context.Context, paper *child, file string, o options) (err error) {
	seconds := max(1, int((o.span + o.span/warm).Seconds()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", paper.metrics, seconds), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the program gives no profile: %s", res.Status)
	}
	if err := os.MkdirAll(o.profile, 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, res.Body)
	return err
}
