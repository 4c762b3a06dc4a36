package storetest

import "testing"

// testHouse is about the database as such: its marks.
func testHouse(t *testing.T, open Opener) {
	t.Run("a mark is the last that was set", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		for _, want := range []string{"", "one", "two"} {
			if want != "" {
				noError(t, db.SetMark(t.Context(), "demo", want))
			}
			got, err := db.Mark(t.Context(), "demo")
			noError(t, err)
			if got != want {
				t.Errorf("mark = %q, want %q", got, want)
			}
		}
	})
}
