package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"broadsheet/internal/jobs"
)

// hands is a clock that a test moves.
type hands struct{ at time.Time }

func (h *hands) Now() time.Time { return h.at }

// The house is looked at once in a while, however often its job is due; a look
// that failed is made up for.
func TestSeldom(t *testing.T) {
	t.Parallel()
	wall := &hands{at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	looks, fails := 0, true
	look := seldom(wall, func(context.Context, jobs.Job) error {
		looks++
		if fails {
			return errors.New("no")
		}
		return nil
	})
	if look(t.Context(), jobs.Job{}) == nil {
		t.Error("a failure was not told")
	}
	fails = false
	for range 3 {
		if err := look(t.Context(), jobs.Job{}); err != nil {
			t.Error(err)
		}
	}
	if looks != 2 {
		t.Errorf("looked %d times, not twice", looks)
	}
	wall.at = wall.at.Add(10 * time.Second)
	if err := look(t.Context(), jobs.Job{}); err != nil || looks != 3 {
		t.Errorf("ten seconds later: looked %d times, %v", looks, err)
	}
}
