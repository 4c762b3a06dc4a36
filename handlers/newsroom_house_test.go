package handlers_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	"broadsheet/reader"
)

// failedHook keeps a webhook whose sync failed, and gives the form's address.
func failedHook(w *deskWorld) string {
	w.t.Helper()
	ctx, mark := w.t.Context(), billing.Ref{Kind: "customer", ID: "cus_1"}
	if _, err := w.db.KeepEvent(ctx, billing.Event{ID: "evt_failed", Type: "customer.updated", Created: noon, Object: mark}, mark, w.wall.Now()); err != nil {
		w.t.Fatal(err)
	}
	if err := errors.Join(
		w.db.MarkDirty(ctx, mark, w.wall.Now()),
		w.db.FailMark(ctx, billing.Mark{Ref: mark, Rev: 1}, "stripe is away", w.wall.Now().Add(time.Hour)),
	); err != nil {
		w.t.Fatal(err)
	}
	return "/newsroom/house/replay"
}

// deadJob is the form about a job that failed for good, and carries a secret.
func deadJob(w *deskWorld) url.Values {
	w.t.Helper()
	return url.Values{"job": {w.aDeadJob("mail", `{"To":"maud@example.org","Text":"Your code is 314159."}`)}}
}

func (b *deskBench) aDeadJob(kind, payload string) string {
	b.t.Helper()
	ctx, id := b.t.Context(), "job-"+kind
	if err := b.db.AddJob(ctx, jobs.Job{ID: id, Kind: kind, Key: id, Payload: []byte(payload), RunAt: noon}); err != nil {
		b.t.Fatal(err)
	}
	now := b.wall.Now()
	if _, err := b.db.ClaimJobs(ctx, jobs.Claim{Holder: "h", Kinds: []string{kind}, Paper: noon, Wall: now, Until: now.Add(time.Minute), Limit: 1}); err != nil {
		b.t.Fatal(err)
	}
	if ok, err := b.db.FailJob(ctx, jobs.Failure{ID: id, Holder: "h", Error: "550 no such mailbox", Dead: true, Now: now}); err != nil || !ok {
		b.t.Fatal(ok, err)
	}
	return id
}

func TestTheStateOfTheHouse(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner := b.atDesk("olive", reader.Owner)
	well := owner.get("/newsroom/house")
	if well.StatusCode != http.StatusOK || !strings.Contains(well.body, "All is well") {
		t.Fatalf("%d: %s", well.StatusCode, well.page(t).Find("main").Text())
	}
	w := &deskWorld{deskBench: b, by: owner}
	failedHook(w)
	id := deadJob(w).Get("job")
	if err := errors.Join(
		b.db.Quarantine(t.Context(), billing.Oddity{Object: billing.Ref{Kind: "subscription", ID: "sub_odd"}, Why: billing.UnknownPrice, At: noon}),
		b.db.NoteReconciled(t.Context(), billing.Reconciled{At: b.wall.Now(), Run: "nightly", Events: 7, Missed: 2, Drift: 1, IDs: []string{"sub_drifted"}}),
	); err != nil {
		t.Fatal(err)
	}
	a := owner.get("/newsroom/house")
	for _, want := range []string{"evt_failed", "stripe is away", id, "550 no such mailbox", "sub_odd", "Give the price", "sub_drifted", "1 job has failed for good", "1 row was not as Stripe says", "1 failed for good, 0 tried again"} {
		if !strings.Contains(a.page(t).Find("main").Text(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(a.body, "314159") || strings.Contains(a.body, "maud@example.org") {
		t.Error("the page shows what a job carries")
	}
	// Support looks, and does nothing.
	if a := b.atDesk("suri", reader.Support).get("/newsroom/house"); a.StatusCode != http.StatusOK || a.page(t).Find("main form").Length() != 0 {
		t.Errorf("support: %d, %d forms", a.StatusCode, a.page(t).Find("main form").Length())
	}
	// A replay makes it due at once, though its pause has not ended.
	if n, err := b.db.Unsettled(t.Context(), b.wall.Now()); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if a := owner.send(http.MethodPost, "/newsroom/house/replay", url.Values{"event": {"evt_failed"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if n, err := b.db.Unsettled(t.Context(), b.wall.Now()); err != nil || n != 1 {
		t.Error("the replay is not due", n, err)
	}
	for _, form := range []string{"replay", "retry", "forget"} {
		if a := owner.send(http.MethodPost, "/newsroom/house/"+form, url.Values{"event": {"evt_none"}, "job": {"none"}}); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s of nothing: %d", form, a.StatusCode)
		}
	}
	if a := owner.send(http.MethodPost, "/newsroom/house/retry", url.Values{"job": {id}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if dead, err := b.db.DeadJobs(t.Context(), 9); err != nil || len(dead) != 0 {
		t.Error("the job is dead still", dead, err)
	}
	if a := owner.send(http.MethodPost, "/newsroom/house/forget", url.Values{"job": {id}}); a.StatusCode != http.StatusNotFound {
		t.Errorf("a job that waits was forgotten: %d", a.StatusCode)
	}
}
