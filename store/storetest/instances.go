package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	staff "broadsheet/desk"
)

// testInstances is about the processes that serve the paper.
func testInstances(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	one := staff.Instance{ID: "one", Host: "alpha", Version: "v1", Started: noon, Seen: noon}
	two := staff.Instance{ID: "two", Host: "beta", Version: "v2", Started: noon.Add(time.Hour), Seen: noon.Add(time.Hour)}
	is := func(want ...staff.Instance) {
		t.Helper()
		got, err := db.Instances(ctx)
		noError(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	is()
	noError(t, db.SeeInstance(ctx, two, noon))
	noError(t, db.SeeInstance(ctx, one, noon))
	is(one, two)
	one.Seen = noon.Add(2 * time.Hour)
	noError(t, db.SeeInstance(ctx, one, noon))
	is(one, two)
	noError(t, db.SeeInstance(ctx, one, noon.Add(90*time.Minute))) // the other gave no sign for long
	is(one)
	noError(t, db.DropInstance(ctx, "one"))
	is()
}
