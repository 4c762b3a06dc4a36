package views

import (
	"testing"
	"time"

	"broadsheet/billing"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]billing.Money{
		"€14.00":               {Amount: 1400, Currency: "eur"},
		"€0.05":                {Amount: 5, Currency: "EUR"},
		"−€2.15":               {Amount: -215, Currency: "eur"},
		"$1,234,567.89":        {Amount: 123456789, Currency: "usd"},
		"¥1,400":               {Amount: 1400, Currency: "jpy"},
		"CHF" + nbsp + "14.00": {Amount: 1400, Currency: "chf"},
		"£0.00":                {Currency: "gbp"},
	} {
		if got := Money(m); got != want {
			t.Errorf("%v is written %q, want %q", m, got, want)
		}
	}
	if got := moneyShort(eur(1400)); got != "€14" {
		t.Errorf("short: %q", got)
	}
	if got := moneyShort(eur(450)); got != "€4.50" {
		t.Errorf("short: %q", got)
	}
}

func TestDatesAreOfThePublicationsZone(t *testing.T) {
	t.Parallel()
	f := Frame{Day: noon}
	late := time.Date(2024, time.May, 11, 23, 30, 0, 0, time.UTC)
	if got := f.day(late); got != "12"+nbsp+"May" {
		t.Errorf("day: %q", got)
	}
	if got := f.day(late.AddDate(1, 0, 0)); got != "12"+nbsp+"May 2025" {
		t.Errorf("day of another year: %q", got)
	}
	if got := f.moment(late); got != "12"+nbsp+"May 2024, 01:30" {
		t.Errorf("moment: %q", got)
	}
	if got := f.machine(late); got != "2024-05-12T01:30:00+02:00" {
		t.Errorf("machine: %q", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		count(1, "story"): "one story", count(2, "story"): "two stories", count(30, "day"): "30 days", days(30 * 24 * time.Hour): "30 days",
		initials("Sunniva Rao"): "SR", initials("the desk"): "TD", initials("Åsa"): "Å", initials(""): "",
		itoa(about(547)): "550", itoa(about(96)): "100", itoa(about(7)): "7",
		freeMonths(catalogue()): "two months free", freeMonths(billing.Catalogue{}): "",
		withReturn("/signin", "/stories/a?x=1&y"): "/signin?return=%2Fstories%2Fa%3Fx%3D1%26y", withReturn("/signin", "/"): "/signin",
		mediaPath("a.svg"): "/media/a.svg", mediaPath("/media/a.svg"): "/media/a.svg", mediaPath(""): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
