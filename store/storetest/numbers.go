package storetest

import (
	"testing"

	"broadsheet/numbers"
	"broadsheet/store"
)

func testHours(t *testing.T, db *store.DB) {
	key := func(hour int64, source string) numbers.Key {
		return numbers.Key{Hour: hour, Story: "a", What: numbers.Read, Source: source}
	}
	for _, lines := range []map[numbers.Key]int{
		{key(3600, numbers.Search): 2, key(7200, numbers.Own): 1, key(10800, numbers.Own): 9},
		{key(3600, numbers.Search): 3},
		nil,
	} {
		if err := db.AddHours(t.Context(), lines); err != nil {
			t.Fatal(err)
		}
	}
	want := []store.HourLine{{Key: key(3600, numbers.Search), N: 5}, {Key: key(7200, numbers.Own), N: 1}}
	same(t, "two hours", want, must(db.Hours(t.Context(), 3600, 10800))(t))
}
