package id_test

import (
	"testing"
	"time"

	"broadsheet/internal/id"
)

func TestLaterIsGreater(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	last := ""
	for i := range 2000 {
		got := id.New(now.Add(time.Duration(i) * time.Millisecond))
		if got <= last {
			t.Fatalf("%s does not sort after %s", got, last)
		}
		if !id.Valid(got) {
			t.Fatalf("%s is not valid", got)
		}
		last = got
	}
}

func TestValidRefusesForeignForms(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "short", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000i", "0000000000000000000000000A"} {
		if id.Valid(s) {
			t.Errorf("%q passed", s)
		}
	}
}
