package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A stand-in that runs alone waits for the paper as long as its patience lasts,
// hardly at all for what is stuck, and not for a paper that is gone.
func TestFollowerFromAfar(t *testing.T) {
	t.Parallel()
	due, settled := time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC), true
	var within []string
	paper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /_clock/next":
			fmt.Fprintf(w, `{"next":%q}`, due.Format(time.RFC3339Nano))
		case "POST /_clock/settle":
			within = append(within, r.FormValue("within"))
			fmt.Fprintf(w, `{"settled":%t}`, settled)
		}
	}))
	a := newAfar(paper.URL, 2*time.Second)
	at, found, err := a.NextDue(t.Context())
	if err != nil || !found || !at.Equal(due) {
		t.Errorf("next due is %s, %t, %v", at, found, err)
	}
	for _, settled = range []bool{true, false, true, true} {
		if err := a.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(within), "[2s 2s 50ms 2s]"; got != want {
		t.Errorf("it waited %s, want %s", got, want)
	}
	paper.Close()
	if _, found, err := a.NextDue(t.Context()); found || err != nil {
		t.Errorf("a paper that is gone has something due: %t, %v", found, err)
	}
	if err := a.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Settle(over); err == nil {
		t.Error("a clock that was stopped went on")
	}
}
