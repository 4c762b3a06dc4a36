package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	staff "broadsheet/desk"
	"broadsheet/internal/jobs"
	"broadsheet/store"
)

// testVitals is about the state of the house.
func testVitals(t *testing.T, open Opener) {
	t.Run("a quiet house", func(t *testing.T) {
		t.Parallel()
		v, err := open(t).Vitals(t.Context(), noon, noon)
		noError(t, err)
		if v.Database <= 0 || v.Engine == "" {
			t.Errorf("%+v", v)
		}
		v.Database, v.Engine = 0, ""
		if diff := cmp.Diff(staff.Vitals{At: noon}, v); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what waits, fails and drifts is counted", func(t *testing.T) { t.Parallel(); testUnrest(t, open(t)) })
	t.Run("troubles are remembered", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		list := []staff.Noted{{Kind: staff.TroubleDead, Since: noon, Mailed: noon, Open: true, Told: true}, {Kind: staff.TroubleDisk, Since: noon}}
		noError(t, db.Note(t.Context(), list))
		list[0].Open, list[0].Told = false, false
		noError(t, db.Note(t.Context(), list[:1]))
		got, err := db.Noted(t.Context())
		noError(t, err)
		if diff := cmp.Diff(list, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an erased reader's dead jobs are wiped, and nobody else's", func(t *testing.T) { t.Parallel(); testDeadLetters(t, open(t)) })
}

func testUnrest(t *testing.T, db *store.DB) {
	ctx := t.Context()
	for id, received := range map[string]time.Time{"old": noon.Add(-25 * time.Hour), "new": noon.Add(-time.Minute)} {
		_, err := db.KeepEvent(ctx, billing.Event{ID: id, Type: "customer.updated", Created: noon}, billing.Ref{Kind: "customer", ID: id}, received)
		noError(t, err)
	}
	stuck := billing.Ref{Kind: "customer", ID: "stuck"}
	_, err := db.KeepEvent(ctx, billing.Event{ID: "evt", Type: "customer.updated", Created: noon}, stuck, noon)
	noError(t, err)
	noError(t, db.MarkDirty(ctx, stuck, noon))
	for range staff.StuckAfter {
		noError(t, db.FailMark(ctx, billing.Mark{Ref: stuck, Rev: 1}, "away", noon.Add(time.Hour)))
	}
	noError(t, db.NoteReconciled(ctx, billing.Reconciled{At: noon.Add(-25 * time.Hour), Run: "nightly", Drift: 9}))
	run := billing.Reconciled{At: noon, Run: "hourly", Events: 3, Missed: 2, Customers: 1, Drift: 2, IDs: []string{"sub_1", "sub_2"}, Error: "away"}
	noError(t, db.NoteReconciled(ctx, run))
	noError(t, db.AddJob(ctx, jobs.Job{ID: "a", Kind: "mail", Key: "a", Payload: []byte(`{}`), RunAt: noon.Add(-time.Hour)}))
	noError(t, db.AddJob(ctx, jobs.Job{ID: "b", Kind: "mail", Key: "b", Payload: []byte(`{}`), RunAt: noon.Add(time.Hour)}))
	v, err := db.Vitals(ctx, noon, noon)
	noError(t, err)
	v.Database, v.Engine = 0, ""
	want := staff.Vitals{
		At: noon, Received: 2, Pending: 2, PendingSince: noon.Add(-25 * time.Hour), Failing: 1, Drift: 2, Behind: time.Hour,
		Queue: []staff.QueueLine{{Kind: "mail", Due: 1, Later: 1}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
	noError(t, db.FailMark(ctx, billing.Mark{Ref: stuck, Rev: 1}, "away", noon.Add(time.Hour)))
	if v, err = db.Vitals(ctx, noon, noon); err != nil || v.Stuck != 1 {
		t.Errorf("%d are stuck, %v", v.Stuck, err)
	}
	runs, err := db.Reconciliations(ctx, 1)
	noError(t, err)
	if diff := cmp.Diff([]billing.Reconciled{run}, runs); diff != "" {
		t.Error(diff)
	}
	noError(t, db.NoteReconciled(ctx, billing.Reconciled{At: noon.Add(91 * 24 * time.Hour), Run: "hourly"}))
	if runs, err = db.Reconciliations(ctx, 9); err != nil || len(runs) != 1 {
		t.Errorf("%d runs are kept for ever, %v", len(runs), err)
	}
	e, ok, err := db.ReplayEvent(ctx, "evt", noon)
	if err != nil || !ok || e.Type != "customer.updated" {
		t.Error(e, ok, err)
	}
	if n, err := db.Unsettled(ctx, noon); err != nil || n != 1 {
		t.Errorf("%d are due after a replay, %v", n, err)
	}
	if _, ok, err := db.ReplayEvent(ctx, "none", noon); ok || err != nil {
		t.Error("an event that is not there was replayed", err)
	}
}

func testDeadLetters(t *testing.T, db *store.DB) {
	ctx := t.Context()
	who, other := aReader(t, db, "ada@example.org"), aReader(t, db, "magda@example.org")
	for id, payload := range map[string]string{
		"mail": `{"To":"Ada@example.org","Text":"314159"}`, "effect": `{"ReaderID":"` + who.ID + `"}`,
		"hers": `{"To":"magda@example.org","Text":"271828"}`, "theirs": `{"ReaderID":"` + other.ID + `"}`,
	} {
		noError(t, db.AddJob(ctx, jobs.Job{ID: id, Kind: "mail", Key: id, Payload: []byte(payload), RunAt: noon}))
	}
	got, err := db.ClaimJobs(ctx, jobs.Claim{Holder: "h", Kinds: []string{"mail"}, Paper: noon, Wall: noon, Until: noon.Add(time.Hour), Limit: 9})
	noError(t, err)
	for _, j := range got {
		_, err := db.FailJob(ctx, jobs.Failure{ID: j.ID, Holder: "h", Error: "550 Ada@example.org", Dead: true, Now: noon})
		noError(t, err)
	}
	for _, room := range db.Personal() {
		noError(t, room.Erase(ctx, who.ID))
	}
	dead, err := db.DeadJobs(ctx, 9)
	noError(t, err)
	left := map[string]string{}
	for _, l := range dead {
		left[l.ID] = string(l.Payload)
	}
	if len(left) != 2 || left["hers"] == "" || left["theirs"] == "" {
		t.Errorf("left of the dead jobs: %v", left)
	}
	if ok, err := db.ForgetJob(ctx, "hers", noon); err != nil || !ok {
		t.Error(ok, err)
	}
	if ok, err := db.ForgetJob(ctx, "mail", noon); err != nil || ok {
		t.Error("a job that is not dead was forgotten", err)
	}
	if dead, err = db.DeadJobs(ctx, 9); err != nil || len(dead) != 1 {
		t.Error(dead, err)
	}
}
