package billing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
)

var (
	noon = time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	day  = 24 * time.Hour
)

const tick = time.Microsecond

func TestAccess(t *testing.T) {
	t.Parallel()
	type sub = billing.Subscription
	due := noon.Add(-10 * day)
	end := due.Add(billing.Grace)
	tests := []struct {
		name string
		sub  sub
		now  time.Time
		want billing.Standing
	}{
		{"incomplete is not active", sub{Status: billing.Incomplete}, noon, billing.Standing{State: billing.StandsWaiting, Live: true}},
		{"incomplete with a rolled period", sub{Status: billing.Incomplete, PeriodEnd: noon.Add(30 * day)}, noon, billing.Standing{State: billing.StandsWaiting, Live: true}},
		{"incomplete expired", sub{Status: billing.IncompleteExpired, EndedAt: due}, noon, billing.Standing{State: billing.StandsEnded, EndsAt: due}},
		{"trialing", sub{Status: billing.Trialing, TrialEnd: noon.Add(day)}, noon, billing.Standing{State: billing.StandsTrial, Live: true, Grants: true}},
		{"trial over, news late", sub{Status: billing.Trialing, TrialEnd: noon.Add(-day)}, noon, billing.Standing{State: billing.StandsTrial, Live: true, Grants: true}},
		{"trial that ends", sub{Status: billing.Trialing, CancelAt: noon.Add(day)}, noon, billing.Standing{State: billing.StandsEnding, Live: true, Grants: true, EndsAt: noon.Add(day)}},
		{"active", sub{Status: billing.Active}, noon, billing.Standing{State: billing.StandsActive, Live: true, Grants: true}},
		{"active, cancel ahead", sub{Status: billing.Active, CancelAt: noon.Add(tick)}, noon, billing.Standing{State: billing.StandsEnding, Live: true, Grants: true, EndsAt: noon.Add(tick)}},
		{"active, cancel reached", sub{Status: billing.Active, CancelAt: noon}, noon, billing.Standing{State: billing.StandsEnded, Live: true, EndsAt: noon}},
		{"active, latest invoice open", sub{Status: billing.Active, LatestStatus: "open"}, noon, billing.Standing{State: billing.StandsActive, Live: true, Grants: true}},
		{"paused without an end", sub{Status: billing.Active, IsPaused: true}, noon, billing.Standing{State: billing.StandsPaused, Live: true}},
		{"paused to a day ahead", sub{Status: billing.Active, IsPaused: true, PausedUntil: noon.Add(tick)}, noon, billing.Standing{State: billing.StandsPaused, Live: true}},
		{"pause over, news late", sub{Status: billing.Active, IsPaused: true, PausedUntil: noon}, noon, billing.Standing{State: billing.StandsActive, Live: true, Grants: true}},
		{"paused and past due", sub{Status: billing.PastDue, IsPaused: true, PastDueSince: due}, noon, billing.Standing{State: billing.StandsPaused, Live: true}},
		{"paused and ending", sub{Status: billing.Active, IsPaused: true, CancelAt: noon.Add(day)}, noon, billing.Standing{State: billing.StandsPaused, Live: true, EndsAt: noon.Add(day)}},
		{"past due in grace", sub{Status: billing.PastDue, PastDueSince: due}, noon, billing.Standing{State: billing.StandsGrace, Live: true, Grants: true, GraceUntil: end, EndsAt: end}},
		{"past due, last instant", sub{Status: billing.PastDue, PastDueSince: due}, end.Add(-tick), billing.Standing{State: billing.StandsGrace, Live: true, Grants: true, GraceUntil: end, EndsAt: end}},
		{"past due, grace over", sub{Status: billing.PastDue, PastDueSince: due}, end, billing.Standing{State: billing.StandsLapsed, Live: true, GraceUntil: end, EndsAt: end}},
		{"past due counts from the due day, not the rolled period", sub{Status: billing.PastDue, PastDueSince: due, PeriodStart: noon, PeriodEnd: noon.Add(30 * day)}, end, billing.Standing{State: billing.StandsLapsed, Live: true, GraceUntil: end, EndsAt: end}},
		{"past due since the period began", sub{Status: billing.PastDue, PeriodStart: due}, noon, billing.Standing{State: billing.StandsGrace, Live: true, Grants: true, GraceUntil: end, EndsAt: end}},
		{"past due since nobody knows when", sub{Status: billing.PastDue}, noon, billing.Standing{State: billing.StandsLapsed, Live: true}},
		{"past due, ends before the grace does", sub{Status: billing.PastDue, PastDueSince: due, CancelAt: noon.Add(day)}, noon, billing.Standing{State: billing.StandsGrace, Live: true, Grants: true, GraceUntil: end, EndsAt: noon.Add(day)}},
		{"past due, cancel reached in grace", sub{Status: billing.PastDue, PastDueSince: due, CancelAt: noon}, noon, billing.Standing{State: billing.StandsEnded, Live: true, EndsAt: noon}},
		{"unpaid", sub{Status: billing.Unpaid, PastDueSince: due}, noon, billing.Standing{State: billing.StandsLapsed, Live: true, EndsAt: end}},
		{"paused status", sub{Status: billing.Paused}, noon, billing.Standing{State: billing.StandsPaused, Live: true}},
		{"canceled", sub{Status: billing.Canceled, CanceledAt: due, EndedAt: noon}, noon, billing.Standing{State: billing.StandsEnded, EndsAt: noon}},
		{"canceled with a period ahead", sub{Status: billing.Canceled, EndedAt: due, PeriodEnd: noon.Add(day)}, noon, billing.Standing{State: billing.StandsEnded, EndsAt: due}},
		{"a status of the future", sub{Status: "dormant"}, noon, billing.Standing{State: billing.StandsWaiting, Live: true}},
	}
	seen := map[billing.Status]bool{}
	for _, tt := range tests {
		seen[tt.sub.Status] = true
		tt.sub.Plan = "digital"
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, billing.Access(tt.sub, tt.now)); diff != "" {
				t.Error(diff)
			}
			quarantined := tt.sub
			quarantined.Plan = ""
			if got := billing.Access(quarantined, tt.now); got.Grants || got.Live != tt.want.Live {
				t.Errorf("an unknown price: %+v", got)
			}
		})
	}
	for _, s := range []billing.Status{billing.Incomplete, billing.IncompleteExpired, billing.Trialing, billing.Active, billing.PastDue, billing.Canceled, billing.Unpaid, billing.Paused} {
		if !seen[s] {
			t.Errorf("status %s is in no test", s)
		}
	}
}

func TestBenefitsAtTakesWhatHoldsLongest(t *testing.T) {
	t.Parallel()
	c, err := billing.ParseSheet([]byte(paperSheet))
	if err != nil {
		t.Fatal(err)
	}
	ends := noon.Add(5 * day)
	subs := []billing.Subscription{
		{ID: "sub_old", Plan: "print", Status: billing.Canceled, EndedAt: noon.Add(-day)},
		{ID: "sub_now", Plan: "digital", Status: billing.Active, CancelAt: ends},
		{ID: "sub_odd", Plan: "", Status: billing.Active},
	}
	grants := []billing.Grant{
		{Plan: "print", Why: "On the house", From: noon, To: noon.Add(day)},
		{Plan: "print", Why: "Not yet", From: noon.Add(day)},
	}
	got := billing.BenefitsAt(subs, grants, c, noon)
	want := []billing.Holding{
		{Benefit: billing.Print, Plan: "print", Until: noon.Add(day), Why: "On the house"},
		{Benefit: billing.Unlimited, Plan: "digital", State: billing.StandsEnding, Until: ends},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := billing.BenefitsAt(subs, grants, c, ends); len(got) != 2 || got[0].Why != "Not yet" || !got[1].Until.IsZero() {
		t.Errorf("after the subscription ended: %+v", got)
	}
	if got := billing.BenefitsAt(subs[:1], nil, c, noon); got != nil {
		t.Errorf("a cancelled subscription brings %+v", got)
	}
}

func TestCurrentPrefersWhatGrants(t *testing.T) {
	t.Parallel()
	subs := []billing.Subscription{
		{ID: "granting", Plan: "digital", Status: billing.Active, Started: noon.Add(-9 * day)},
		{ID: "waiting", Plan: "digital", Status: billing.Incomplete, Started: noon},
		{ID: "ended", Plan: "digital", Status: billing.Canceled, Started: noon},
	}
	for i, want := range []string{"granting", "waiting", "ended"} {
		if got := billing.Current(subs[i:], noon); got == nil || got.ID != want {
			t.Errorf("current of %d = %+v", i, got)
		}
	}
	if billing.Current(nil, noon) != nil {
		t.Error("a subscription from nowhere")
	}
}
