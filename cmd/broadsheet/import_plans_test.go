package main

import (
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/store"
)

const importedPaper = `
name: The Test
tagline: T
description: D
language: en
timezone: UTC
currency: eur
benefits: [{key: unlimited, name: Every story}]
plans:
  - {key: digital, name: Digital, benefits: [unlimited], prices: [{lookup_key: digital_monthly, interval: month, amount: 700}]}
`

// An old file does not undo what the newsroom set, and says so; --plans does,
// and is on the record.
func TestImportLeavesTheNewsroomsPlans(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.file("in/publication.yaml", importedPaper)
	if got := x.run("import", x.dir+"/in"); got.code != 0 {
		t.Fatal(got)
	}
	db, err := store.Open(t.Context(), "sqlite://"+x.dir+"/data/paper.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	costs := func(want int64) billing.Catalogue {
		t.Helper()
		c, err := db.Catalogue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, p, _ := c.Price("digital_monthly"); p.Money.Amount != want {
			t.Fatalf("it costs %d, want %d", p.Money.Amount, want)
		}
		return c
	}
	was := costs(700)
	_, price, _ := was.Price("digital_monthly")
	price.Money.Amount = 900
	if err := db.SaveCatalogue(t.Context(), was.WithPrice(price)); err != nil {
		t.Fatal(err)
	}
	if err := db.ClaimPlans(t.Context(), []string{"price:digital_monthly"}, time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	got := x.run("import", x.dir+"/in")
	if got.code != 0 || !strings.Contains(got.out, "The price digital_monthly stays 9.00 EUR a month: the desk set it on 3 May 2024; the file says 7.00 EUR a month.") {
		t.Errorf("code %d:\n%s%s", got.code, got.out, got.errors)
	}
	costs(900)
	if seq, _, err := db.RecordHead(t.Context()); err != nil || seq != 0 {
		t.Errorf("an import that changed nothing is on the record: %d, %v", seq, err)
	}
	if got := x.run("import", "--plans", x.dir+"/in"); got.code != 0 || strings.Contains(got.out, "stays") {
		t.Errorf("code %d:\n%s%s", got.code, got.out, got.errors)
	}
	costs(700)
	entries, err := db.EntriesAfter(t.Context(), 0, 9)
	if err != nil || len(entries) != 1 || entries[0].Kind != "plan.import" || !strings.Contains(entries[0].Before, "9.00 EUR") || !strings.Contains(entries[0].After, "7.00 EUR") {
		t.Errorf("%+v, %v", entries, err)
	}
	// From here on the file has its say again.
	x.file("in/publication.yaml", strings.Replace(importedPaper, "700", "800", 1))
	x.run("import", x.dir+"/in")
	costs(800)
}
