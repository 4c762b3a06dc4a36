package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
	"broadsheet/numbers"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

// A year's numbers of 2,000 stories are read by an index, and in the time of a page.
func TestNumbersOfAYear(t *testing.T) {
	t.Parallel()
	db := open(t, storetest.Lite(t))
	stories := proof.Size(40, 2000)
	if err := store.FillCounts(t.Context(), db, stories); err != nil {
		t.Fatal(err)
	}
	year := numbers.Range{From: store.FirstCountDay + 10, To: store.FirstCountDay + 375}
	plans, err := store.ExplainNumbers(t.Context(), db, year)
	if err != nil || len(plans) == 0 {
		t.Fatal(plans, err)
	}
	for _, plan := range plans {
		for line := range strings.SplitSeq(plan, "\n") {
			if strings.HasPrefix(line, "SCAN ") && !strings.HasPrefix(line, "SCAN parts") && !strings.HasPrefix(line, "SCAN sums") && !strings.HasPrefix(line, "SCAN found") {
				t.Errorf("a table is read whole:\n%s", plan)
			}
		}
	}
	var took []time.Duration
	for range 5 {
		start := time.Now()
		days, err := db.CountsByDay(t.Context(), year)
		if err != nil || len(days) != 365 {
			t.Fatal(len(days), err)
		}
		list, err := db.CountsByStory(t.Context(), year)
		if err != nil || len(list) != stories {
			t.Fatal(len(list), err)
		}
		if _, err := db.CountsBySource(t.Context(), year); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("a year of %d stories: %s", stories, took[2])
	if proof.Full() && took[2] > 50*time.Millisecond {
		t.Errorf("a year of %d stories took %s", stories, took[2])
	}
}

func TestNumbersByIndexOnPostgreSQL(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.Copy(t))
	plans, err := store.ExplainNumbers(t.Context(), db, numbers.Range{From: 100, To: 500})
	if err != nil || len(plans) == 0 {
		t.Fatal(plans, err)
	}
	for _, plan := range plans {
		if strings.Contains(plan, "Seq Scan on ") {
			t.Errorf("a table is read whole:\n%s", plan)
		}
	}
}
