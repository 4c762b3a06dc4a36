package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/news"
)

func testTx(t *testing.T, open Opener) {
	t.Run("an error rolls everything back", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		broke := errors.New("broke")
		err := db.InTx(ctx, func(ctx context.Context) error {
			if err := db.SaveSection(ctx, news.Section{Slug: "world", Name: "World"}); err != nil {
				return err
			}
			return broke
		})
		if !errors.Is(err, broke) {
			t.Fatalf("err = %v", err)
		}
		got, err := db.Sections(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(0, len(got)); diff != "" {
			t.Error("a rolled back section is there", diff)
		}
	})
	t.Run("a write with the outer context fails rather than hangs", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		outer, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			if err := db.SaveSection(ctx, news.Section{Slug: "world", Name: "World"}); err != nil {
				return err
			}
			return db.SaveSection(outer, news.Section{Slug: "world", Name: "Elsewhere"})
		})
		if err == nil {
			t.Error("the outer write slipped past the transaction")
		}
	})
	t.Run("writes that give rows back take part in the transaction", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		c := aCode("one")
		putCode(t, db, c, true)
		broke := errors.New("broke")
		err := db.InTx(ctx, func(ctx context.Context) error {
			if _, ok, err := db.TryCode(ctx, c.Address.Form, c.Made); !ok || err != nil {
				t.Errorf("a try in a transaction: %v, %v", ok, err)
			}
			return broke
		})
		if !errors.Is(err, broke) {
			t.Fatalf("err = %v", err)
		}
		if got, ok, err := db.TryCode(ctx, c.Address.Form, c.Made); !ok || err != nil || got.Tries != 1 {
			t.Errorf("a rolled back try was counted: %d, %v, %v", got.Tries, ok, err)
		}
	})
}
