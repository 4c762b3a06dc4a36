package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/freeport"
	"broadsheet/internal/pgtest"
)

// ports gives the terminal addresses of its own.
func (x terminal) ports() terminal {
	return x.with("ADDR", freeport.Addr()).with("STANDIN_ADDR", freeport.Addr())
}

// figures are what a year can be told by.
func (x terminal) figures() map[string]string {
	x.t.Helper()
	pool, err := sql.Open("sqlite", strings.Replace(x.env["DATABASE_URL"], "sqlite://", "file:", 1)+"?mode=ro")
	if err != nil {
		x.t.Fatal(err)
	}
	defer pool.Close()
	out := map[string]string{}
	for name, query := range map[string]string{
		"accounts":      `SELECT count(*) || ' ' || group_concat(email) FROM (SELECT email FROM readers WHERE email LIKE '%.%.%@example.org' ORDER BY email)`,
		"subscriptions": `SELECT group_concat(what) FROM (SELECT status || lookup_key || end_reason || count(*) AS what FROM subscriptions GROUP BY status, lookup_key, end_reason ORDER BY 1)`,
		"invoices":      `SELECT count(*) || ' ' || sum(paid) FROM invoices WHERE status = 'paid'`,
		"reads":         `SELECT sum(reads) || ' on ' || count(DISTINCT day) || ' days' FROM story_reads`,
		"meters":        `SELECT count(*) FROM meters WHERE counts <> ''`,
		"checkouts":     `SELECT group_concat(what) FROM (SELECT state || count(*) AS what FROM checkouts GROUP BY state ORDER BY 1)`,
		"counts":        `SELECT group_concat(what) FROM (SELECT what || sum(n) AS what FROM story_hours GROUP BY what ORDER BY 1)`,
		"sources":       `SELECT group_concat(source) FROM (SELECT DISTINCT source FROM story_hours ORDER BY 1)`,
		"moves":         `SELECT group_concat(what) FROM (SELECT kind || why || sum(n) AS what FROM money_moves GROUP BY kind, why ORDER BY 1)`,
		"unsettled":     `SELECT (SELECT count(*) FROM stripe_marks WHERE dirty) + (SELECT count(*) FROM jobs WHERE state = 'dead') + (SELECT count(*) FROM quarantine)`,
		"span in days":  `SELECT (max(from_at) - min(from_at)) / 86400000000 > 300 FROM subscription_states`,
	} {
		var got sql.NullString
		if err := pool.QueryRowContext(x.t.Context(), query).Scan(&got); err != nil {
			x.t.Fatalf("%s: %v", name, err)
		}
		out[name] = got.String
	}
	return out
}

func TestADemoYearIsTheSameForASeedAndMadeOnce(t *testing.T) {
	t.Parallel()
	one, two := newTerminal(t).ports(), newTerminal(t).ports()
	args := []string{"demo", "year", "--readers", "14", "--seed", "3"}
	if got := one.ok(args...); !strings.Contains(got.out, "A year went by") {
		t.Errorf("%q", got.out)
	}
	two.ok(args...)
	a, b := one.figures(), two.figures()
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the same seed gave another year:\n%s", diff)
	}
	if a["unsettled"] != "0" || a["span in days"] != "1" || !strings.HasPrefix(a["accounts"], "14 ") || !strings.Contains(a["subscriptions"], "canceled") {
		t.Errorf("%v", a)
	}
	for what, parts := range map[string][]string{
		"counts": {"read", "wall.register", "wall.subscribe", "registered", "begun", "bought"}, "sources": {"search", "own", "direct"},
		"moves": {"new", "lost"},
	} {
		for _, part := range parts {
			if !strings.Contains(a[what], part) {
				t.Errorf("the year has no %s: %s", part, a[what])
			}
		}
	}
	if got := one.ok(args...); !strings.Contains(got.out, "left alone") {
		t.Errorf("a second time: %q", got.out)
	}
	if diff := cmp.Diff(a, one.figures()); diff != "" {
		t.Errorf("a second time changed:\n%s", diff)
	}
	if left, _ := filepath.Glob(filepath.Join(one.dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(filepath.Join(one.dir, "data", "clock.json")); err == nil {
		t.Error("paper time did not come back to now")
	}
	s := one.with("DEMO", "1").serve()
	if code, body := s.get("/"); code != 200 || strings.Count(body, "/stories/") < 10 {
		t.Errorf("the paper of the year answers %d", code)
	}
	s.end()
	if got := one.figures(); got["subscriptions"] != a["subscriptions"] || got["invoices"] != a["invoices"] {
		t.Errorf("serving changed the books: %v, and before %v", got, a)
	}
}

func TestADemoYearIsRefusedWhereItDoesNotBelong(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).ports()
	x.file("data/mine.txt", "kept")
	if got := x.ok("demo", "year"); !strings.Contains(got.out, "left alone") {
		t.Errorf("%q", got.out)
	}
	if left, _ := filepath.Glob(filepath.Join(x.dir, "data", "*")); len(left) != 1 {
		t.Errorf("touched: %v", left)
	}
	pg := newTerminal(t).ports().with("DATABASE_URL", pgtest.URL(t))
	if got := pg.ok("demo", "year"); !strings.Contains(got.out, "PostgreSQL") {
		t.Errorf("%q", got.out)
	}
	own := newTerminal(t).ports().with("STRIPE_SECRET_KEY", "sk_test_1").with("STRIPE_WEBHOOK_SECRET", "whsec_1")
	if got := own.ok("demo", "year"); !strings.Contains(got.out, "key of Stripe's") {
		t.Errorf("%q", got.out)
	}
}
