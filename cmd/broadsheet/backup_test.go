package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/archive"
	"broadsheet/internal/pgtest"
	"broadsheet/store"
)

// elsewhere is another place for a paper: a database and a folder of pictures.
func (x terminal) elsewhere(url string) terminal {
	x.t.Helper()
	dir := x.t.TempDir()
	if url == "" {
		url = "sqlite://" + filepath.Join(dir, "paper.db")
	}
	return x.with("DATABASE_URL", url).with("MEDIA_DIR", filepath.Join(dir, "media"))
}

// ok runs a command that must succeed.
func (x terminal) ok(args ...string) ran {
	x.t.Helper()
	got := x.run(args...)
	if got.code != 0 {
		x.t.Fatalf("%v: code %d, %s%s", args, got.code, got.out, got.errors)
	}
	return got
}

func (x terminal) refused(says string, args ...string) {
	x.t.Helper()
	if got := x.run(args...); got.code != 1 || !strings.Contains(got.errors, says) {
		x.t.Errorf("%v: code %d, %q does not say %q", args, got.code, got.errors, says)
	}
}

// equalPapers compares an archive with a database and a folder.
func (x terminal) equalPapers(file string) {
	x.t.Helper()
	r, err := archive.Open(file)
	if err != nil {
		x.t.Fatal(err)
	}
	defer r.Close()
	db, err := store.Open(x.t.Context(), x.env["DATABASE_URL"])
	if err != nil {
		x.t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Snapshot(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	if err := errors.Join(archive.Compare(x.t.Context(), r.Manifest, s), s.Close()); err != nil {
		x.t.Error(err)
	}
	n := 0
	for _, f := range r.Manifest.Files {
		if name, ok := strings.CutPrefix(f.Name, "media/"); ok {
			raw, err := os.ReadFile(filepath.Join(x.env["MEDIA_DIR"], name))
			if err != nil || int64(len(raw)) != f.Bytes {
				x.t.Errorf("picture %s: %v", name, err)
			}
			n++
		}
	}
	if n == 0 || r.Manifest.Rows() < 1000 {
		x.t.Errorf("only %d pictures and %d rows", n, r.Manifest.Rows())
	}
}

// A whole paper goes round both engines, while it is running, and comes back.
func TestABackupGoesAroundTheEngines(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).with("DEMO", "1")
	running := x.serve()
	one, two := filepath.Join(x.dir, "one.zip"), filepath.Join(x.dir, "two.zip")
	if got := x.ok("backup", one); !strings.Contains(got.out, "all of it is there") {
		t.Errorf("%q", got.out)
	}
	x.refused("has the database open", "restore", "--force", one)
	if code, _ := running.get("/"); code != 200 {
		t.Error("a refused restore stopped the paper")
	}
	running.end()

	pg := x.elsewhere(pgtest.URL(t))
	pg.ok("restore", one)
	pg.equalPapers(one)
	pg.ok("backup", two)
	back := x.elsewhere("")
	back.ok("restore", two)
	back.equalPapers(two)
	if got := back.ok("backup", "--verify", two); !strings.Contains(got.out, "is whole") || !strings.Contains(got.out, "postgres") {
		t.Errorf("%q", got.out)
	}
	back.with("DEMO", "0").serve()
}

func TestABackupReplacesABackupAndNothingElse(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	to := filepath.Join(x.dir, "backup.zip")
	x.refused("no database", "backup", to)
	x.ok("gate", "anonymous=7")
	x.ok("backup", to)
	x.ok("gate", "anonymous=8")
	x.ok("backup", to)
	y := x.elsewhere("")
	y.ok("restore", to)
	if got := y.ok("gate"); !strings.HasPrefix(got.out, "anonymous=8\n") {
		t.Errorf("the second backup says %q", got.out)
	}
	mine := x.file("mine.txt", "not a backup")
	x.refused("replaces nothing else", "backup", mine)
	x.refused("replaces nothing else", "backup", strings.TrimPrefix(x.env["DATABASE_URL"], "sqlite://"))
	if raw, err := os.ReadFile(mine); string(raw) != "not a backup" {
		t.Error("it was touched", err)
	}
	db, err := store.Open(t.Context(), x.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if last, ok, err := db.LastBackup(t.Context()); !ok || err != nil || last.File != to || last.Bytes == 0 || last.Verified.Before(last.Made) {
		t.Errorf("%+v %v %v", last, ok, err)
	}
}

func TestARestoreLeavesAPaperAloneUntilForced(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "", "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTerminal(t)
			file := filepath.Join(x.dir, "backup.zip")
			x.ok("gate", "anonymous=7")
			x.ok("backup", file)
			y := x.elsewhere(url)
			y.t = t
			y.ok("migrate") // a schema is no paper
			y.ok("restore", file)
			y.ok("gate", "anonymous=9")
			y.refused("left alone", "restore", file)
			if got := y.ok("gate"); !strings.HasPrefix(got.out, "anonymous=9\n") {
				t.Errorf("it was not: %q", got.out)
			}
			got := y.ok("restore", "--force", file)
			_, kept, ok := strings.Cut(strings.TrimSpace(got.out), "is kept: ")
			if !ok {
				t.Fatalf("%q does not say where the old one is", got.out)
			}
			if got := y.ok("gate"); !strings.HasPrefix(got.out, "anonymous=7\n") {
				t.Errorf("after --force: %q", got.out)
			}
			old := y.with("DATABASE_URL", "sqlite://"+kept)
			if url != "" {
				old = y.with("DATABASE_URL", url+"&search_path="+strings.TrimPrefix(kept, "the schema "))
			}
			if got := old.ok("gate"); !strings.HasPrefix(got.out, "anonymous=9\n") {
				t.Errorf("the old one says %q", got.out)
			}
		})
	}
}

func TestADamagedBackupChangesNothing(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	file := filepath.Join(x.dir, "backup.zip")
	x.ok("gate", "anonymous=7")
	x.ok("backup", file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	x.ok("gate", "anonymous=9")
	broken := bytes.Clone(whole)
	broken[len(broken)/3] ^= 0x10
	for name, content := range map[string][]byte{"flipped": broken, "short": whole[:len(whole)-100], "empty": nil} {
		bad := x.file(name, string(content))
		x.refused("damaged", "backup", "--verify", bad)
		x.refused("damaged", "restore", "--force", bad)
	}
	x.refused("no file", "restore", "--force", filepath.Join(x.dir, "nowhere"))
	if got := x.ok("gate"); !strings.HasPrefix(got.out, "anonymous=9\n") {
		t.Errorf("%q", got.out)
	}
	left, err := filepath.Glob(filepath.Join(x.dir, "data", "*restoring*"))
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// forged is an archive of this program's that says another schema.
func forged(t *testing.T, x terminal, schema int64) string {
	t.Helper()
	db, err := store.Open(t.Context(), x.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(x.dir, "forged.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = archive.Write(t.Context(), f, archive.About{Program: "v9", Schema: schema, Engine: "sqlite", Made: time.Now()}, s, nil)
	if err := errors.Join(err, s.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestANewerArchiveIsRefusedAndAnOlderOneBroughtUp(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("gate", "anonymous=7")
	y := x.elsewhere("")
	y.refused("newer program", "restore", forged(t, x, 1<<40))
	if _, err := os.Stat(strings.TrimPrefix(y.env["DATABASE_URL"], "sqlite://")); err == nil {
		t.Error("a database was made")
	}
	// A database as the program of the sixth migration left it.
	old := x.elsewhere("")
	db, err := store.Open(t.Context(), old.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.MigrateTo(t.Context(), 6), db.SetMark(t.Context(), "demo", "old"), db.Close()); err != nil {
		t.Fatal(err)
	}
	y.ok("restore", forged(t, old, 6))
	db, err = store.Open(context.Background(), y.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if ready, err := db.Migrated(t.Context()); !ready || err != nil {
		t.Errorf("not brought up: %v", err)
	}
	if mark, err := db.Mark(t.Context(), "demo"); mark != "old" || err != nil {
		t.Errorf("%q %v", mark, err)
	}
}

func TestAPictureThatDecayedIsSetAside(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("gate", "anonymous=7")
	x.file("data/media/aa.jpg", "good")
	x.file("data/media/bb.jpg", "same")
	file := filepath.Join(x.dir, "backup.zip")
	x.ok("backup", file)
	x.file("data/media/aa.jpg", "decayed")
	x.ok("restore", "--force", file)
	found := map[string]string{}
	entries, _ := filepath.Glob(filepath.Join(x.env["MEDIA_DIR"], "*"))
	for _, e := range entries {
		raw, _ := os.ReadFile(e)
		found[string(raw)] = filepath.Base(e)
	}
	if found["good"] != "aa.jpg" || !strings.HasPrefix(found["decayed"], "aa.jpg.before-") || found["same"] != "bb.jpg" || len(entries) != 3 {
		t.Errorf("%v", found)
	}
}

func TestLeftoversOfABackupThatWasKilledGo(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("gate", "anonymous=7")
	old := x.file(".broadsheet-backup-1.part", "half")
	folder := filepath.Dir(x.file(".broadsheet-trial-1/trial.db", "half"))
	fresh := x.file(".broadsheet-backup-2.part", "at work")
	past := time.Now().Add(-2 * leftoverAge)
	for _, path := range []string{old, folder} {
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	x.ok("backup", filepath.Join(x.dir, "backup.zip"))
	left, _ := filepath.Glob(filepath.Join(x.dir, ".broadsheet-*"))
	if len(left) != 1 || left[0] != fresh {
		t.Errorf("left: %v", left)
	}
}

// A backup that fails before its end leaves the one that was there.
func TestABackupThatIsEndedLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("gate", "anonymous=7")
	file := filepath.Join(x.dir, "backup.zip")
	x.ok("backup", file)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	x.ok("gate", "anonymous=9")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	if code := run(ctx, []string{"backup", file}, func(k string) string { return x.env[k] }, &out, &out); code != 1 {
		t.Errorf("code %d, %s", code, out.String())
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old one was touched: %v", err)
	}
	// A row that names nothing makes the trial fail.
	x.exec(`PRAGMA foreign_keys = 0; INSERT INTO staff (reader_id, role, from_at) VALUES ('nobody', 'editor', 1)`)
	x.refused("failed its trial restore", "backup", file)
	if after, err = os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old one was touched: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(x.dir, ".broadsheet-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
