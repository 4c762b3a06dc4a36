package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/archive"
	"broadsheet/internal/pgtest"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
)

// bare opens a database that was never migrated.
func bare(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func lite(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "paper.db") }

// oddText is what a text may be that two engines and JSON could disagree on.
const oddText = "tab\t line\nreturn\r \\N \\ \"quote\" é 🗞 \u2028 \x01 ' ,:{}[] end\\"

// filled is a paper with rows that name others, nulls, truths and odd texts.
func filled(t *testing.T, url string) *store.DB {
	t.Helper()
	db := open(t, url)
	ctx := t.Context()
	for i, name := range []string{"World", oddText, ""} {
		if err := db.SaveSection(ctx, news.Section{Slug: fmt.Sprint("s", i), Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		email := fmt.Sprintf("r%d@example.org", i)
		r, err := reader.NewAccounts(db, reader.Addresses{}).Invite(ctx, email, oddText, noon)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if _, err := db.VerifyReader(ctx, r.ID, noon.Add(time.Duration(i)*time.Microsecond)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.SetStaff(ctx, r.ID, reader.Editor, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SetMark(ctx, "odd", oddText); err != nil {
		t.Fatal(err)
	}
	return db
}

// archived writes a database to a file and opens that.
func archived(t *testing.T, db *store.DB) *archive.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	about := archive.About{Program: "test", Schema: s.Schema(), Engine: string(db.Engine()), Made: noon}
	_, err = archive.Write(t.Context(), f, about, s, nil)
	if err := errors.Join(err, s.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if err := r.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func sameAs(t *testing.T, r *archive.Reader, db *store.DB) error {
	t.Helper()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return errors.Join(archive.Compare(t.Context(), r.Manifest, s), s.Close())
}

// What one engine kept, both take back, row by row, with their rules in force.
func TestAnArchiveGoesFromEachEngineIntoEach(t *testing.T) {
	t.Parallel()
	engines := map[string]func(t *testing.T) string{"sqlite": lite, "postgres": func(t *testing.T) string { return pgtest.URL(t) }}
	for from, source := range engines {
		for to, target := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				r := archived(t, filled(t, source(t)))
				if r.Manifest.Rows() < 100 {
					t.Fatalf("only %d rows", r.Manifest.Rows())
				}
				db := bare(t, target(t))
				if err := db.MigrateTo(t.Context(), r.Manifest.Schema); err != nil {
					t.Fatal(err)
				}
				if err := sameAs(t, r, db); err == nil {
					t.Error("an empty database compares as equal")
				}
				if err := db.Load(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(sameAs(t, r, db), db.Check(t.Context())); err != nil {
					t.Error(err)
				}
				if got, err := db.Mark(t.Context(), "odd"); got != oddText || err != nil {
					t.Errorf("%q, %v", got, err)
				}
				if _, err := db.SetStaff(t.Context(), "nobody", reader.Editor, noon); err == nil {
					t.Error("rules between tables are off after a load")
				}
				if got := archived(t, db).Manifest; len(got.Tables) != len(r.Manifest.Tables) {
					t.Errorf("%d tables became %d", len(r.Manifest.Tables), len(got.Tables))
				}
			})
		}
	}
}

// torn is a source with a row that names one that is not there.
type torn struct{ *archive.Reader }

func (s torn) Each(ctx context.Context, table string, row func([]any) error) error {
	if table == "readers" {
		return nil
	}
	return s.Reader.Each(ctx, table, row)
}

func TestARowThatNamesNothingIsFound(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": lite(t), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := archived(t, filled(t, lite(t)))
			db := open(t, url)
			err := db.Load(t.Context(), torn{r})
			if err == nil {
				err = db.Check(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), "staff") {
				t.Errorf("staff without their accounts: %v", err)
			}
		})
	}
}

// less is a source without one of its tables.
type less struct{ *archive.Reader }

func (s less) Tables() []archive.Table { return s.Reader.Tables()[1:] }

func TestOtherTablesAreRefused(t *testing.T) {
	t.Parallel()
	db := filled(t, lite(t))
	r := archived(t, db)
	if err := db.Load(t.Context(), less{r}); !errors.Is(err, store.ErrOtherSchema) {
		t.Errorf("%v", err)
	}
	if err := sameAs(t, r, db); err != nil {
		t.Errorf("and the database was touched: %v", err)
	}
}

// Writers keep two marks equal in each transaction; whatever the moment, an
// archive holds them equal.
func TestASnapshotIsOfOneMoment(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": lite(t), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, url)
			pair := func(ctx context.Context, n int) error {
				return db.InTx(ctx, func(ctx context.Context) error {
					if err := db.SaveSection(ctx, news.Section{Slug: "pair", Name: fmt.Sprint(n)}); err != nil {
						return err
					}
					return db.SetMark(ctx, "pair", fmt.Sprint(n))
				})
			}
			if err := pair(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			var writer sync.WaitGroup
			written := make(chan struct{}, 1)
			writer.Go(func() {
				for n := 1; ctx.Err() == nil; n++ {
					if err := pair(ctx, n); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
					select {
					case written <- struct{}{}:
					default:
					}
				}
			})
			seen := map[string]bool{}
			for range 8 {
				<-written
				section, mark := pairIn(t, archived(t, db))
				if section != mark {
					t.Errorf("an archive holds %q and %q", section, mark)
				}
				seen[mark] = true
			}
			stop()
			writer.Wait()
			if len(seen) < 2 {
				t.Error("nobody wrote meanwhile")
			}
		})
	}
}

func pairIn(t *testing.T, r *archive.Reader) (section, mark string) {
	t.Helper()
	find := func(table, key string, into *string) {
		err := r.Each(t.Context(), table, func(v []any) error {
			if v[0] == key {
				*into, _ = v[1].(string)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	find("sections", "pair", &section)
	find("marks", "pair", &mark)
	return section, mark
}

func TestTheLastBackupIsKnown(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": lite(t), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, url)
			if _, ok, err := db.LastBackup(t.Context()); ok || err != nil {
				t.Errorf("a backup before the first: %v", err)
			}
			want := store.LastBackup{File: "b.zip", Bytes: 7, Rows: 3, Media: 2, Made: noon, Verified: noon.Add(time.Minute)}
			if err := db.NoteBackup(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			if got, ok, err := db.LastBackup(t.Context()); !ok || err != nil || got != want {
				t.Errorf("%+v %v %v", got, ok, err)
			}
		})
	}
}

// Every column that a migration makes can be carried, on both engines alike.
func TestBothEnginesGiveTheSameTables(t *testing.T) {
	t.Parallel()
	one, two := archived(t, open(t, lite(t))), archived(t, open(t, pgtest.URL(t)))
	a, b := fmt.Sprintf("%v", one.Tables()), fmt.Sprintf("%v", two.Tables())
	if !bytes.Equal([]byte(a), []byte(b)) {
		t.Errorf("SQLite:\n%s\nPostgreSQL:\n%s", a, b)
	}
}
