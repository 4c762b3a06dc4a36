package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/store"
)

// steps are migrations that a test makes up, numbered from 1.
func steps(texts ...string) fstest.MapFS {
	all := fstest.MapFS{}
	for i, text := range texts {
		all[fmt.Sprintf("%05d_step.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text + "\n")}
	}
	return all
}

// Two migrations that a program had, and what a newer one brings.
const (
	first  = "CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
	second = "INSERT INTO marks (name, value) VALUES ('kept', 'before');"
	good   = "UPDATE marks SET value = 'after' WHERE name = 'kept'; CREATE TABLE more (id BIGINT PRIMARY KEY);"
	bad    = "INSERT INTO more (id) VALUES (1); INSERT INTO nowhere (id) VALUES (1);"
	// It ends the transaction that it runs in, which no migration should.
	rude = "CREATE TABLE rude (id BIGINT); COMMIT; BEGIN; INSERT INTO nowhere (id) VALUES (1);"
	// It takes longer than any test waits.
	endless = "INSERT INTO more (id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT count(*) FROM n;"
)

// as opens a database with a program's migrations.
func as(t *testing.T, url string, program fs.FS) *store.DB {
	t.Helper()
	db := bare(t, url)
	store.SetMigrations(db, program)
	return db
}

// beforeUpgrade is a database as the old program left it.
func beforeUpgrade(t *testing.T, url string) {
	t.Helper()
	old := as(t, url, steps(first, second))
	if up, err := old.Upgrade(t.Context(), noon); up.Steps != 2 || up.Copy != "" || err != nil {
		t.Fatalf("%+v %v", up, err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
}

// asBefore says what of an upgrade is there that ought not to be.
func asBefore(t *testing.T, url string) error {
	t.Helper()
	db := as(t, url, steps(first, second))
	if err := db.Check(t.Context()); err != nil {
		return err
	}
	version, err := db.SchemaVersion(t.Context())
	if err != nil || version != 2 {
		return fmt.Errorf("schema %d, %w", version, err)
	}
	if kept, err := db.Mark(t.Context(), "kept"); kept != "before" || err != nil {
		return fmt.Errorf("kept = %q, %w", kept, err)
	}
	tables, err := db.Columns(t.Context())
	if err != nil || tables["more"] != nil || tables["rude"] != nil {
		return fmt.Errorf("tables %v, %w", tables, err)
	}
	return db.SetMark(t.Context(), "again", "the old program goes on")
}

func copies(t *testing.T, url string) []string {
	t.Helper()
	found, err := filepath.Glob(strings.TrimPrefix(url, "sqlite://") + ".before-upgrade-*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAFailedUpgradeOnSQLiteGoesBackToTheFirst(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]fstest.MapFS{
		"its second step fails":     steps(first, second, good, bad),
		"a step ends it by itself":  steps(first, second, good, rude),
		"the first one ends it":     steps(first, second, rude),
		"a step that is not so SQL": steps(first, second, good, "CREATE TABEL x;"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := lite(t)
			beforeUpgrade(t, url)
			up, err := as(t, url, program).Upgrade(t.Context(), noon)
			if err == nil || up.Steps != 0 || !strings.Contains(err.Error(), "as it was (schema 2)") {
				t.Errorf("%+v %v", up, err)
			}
			if err := asBefore(t, url); err != nil {
				t.Error(err)
			}
			if err := asBefore(t, "sqlite://"+up.Copy); err != nil {
				t.Errorf("the copy: %v", err)
			}
		})
	}
}

func TestAnUpgradeKeepsThreeCopiesOfBefore(t *testing.T) {
	t.Parallel()
	url := lite(t)
	beforeUpgrade(t, url)
	left := strings.TrimPrefix(url, "sqlite://") + ".before-upgrade-20200101T000000Z-from-1.part"
	if err := os.WriteFile(left, []byte("half of a copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := []string{first, second}
	var last store.Upgraded
	for i := range 5 {
		program = append(program, fmt.Sprintf("CREATE TABLE t%d (id BIGINT);", i))
		var err error
		last, err = as(t, url, steps(program...)).Upgrade(t.Context(), noon.Add(time.Duration(i)*time.Hour))
		if err != nil || last.Steps != 1 {
			t.Fatalf("%+v %v", last, err)
		}
	}
	found := copies(t, url)
	if len(found) != 3 || !slices.Contains(found, last.Copy) {
		t.Errorf("%q, and not three with %s", found, last.Copy)
	}
	if info, err := os.Stat(last.Copy); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if up, err := as(t, url, steps(program...)).Upgrade(t.Context(), noon); up.Steps != 0 || up.Copy != "" || err != nil {
		t.Errorf("nothing to do: %+v %v", up, err)
	}
}

func TestAnUpgradeWithoutRoomForACopyChangesNothing(t *testing.T) {
	t.Parallel()
	url := lite(t)
	beforeUpgrade(t, url)
	// Something is in the way of the copy's very name.
	name := strings.TrimPrefix(url, "sqlite://") + ".before-upgrade-20240412T120000.000000Z-from-2"
	if err := os.MkdirAll(filepath.Join(name, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := as(t, url, steps(first, second, good)).Upgrade(t.Context(), noon)
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("%v", err)
	}
	if err := asBefore(t, url); err != nil {
		t.Error(err)
	}
}

// On PostgreSQL a migration that fails leaves nothing of itself.
func TestAFailedMigrationOnPostgresLeavesNothingOfItself(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	beforeUpgrade(t, url)
	if _, err := as(t, url, steps(first, second, good, bad)).Upgrade(t.Context(), noon); err == nil || !strings.Contains(err.Error(), "those before it stay") {
		t.Errorf("%v", err)
	}
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var version, rows int
	err = pool.QueryRow(`SELECT (SELECT max(version_id) FROM goose_db_version), (SELECT count(*) FROM more)`).Scan(&version, &rows)
	if err != nil || version != 3 || rows != 0 {
		t.Errorf("schema %d, %d rows of the step that failed, %v", version, rows, err)
	}
}

const childURL = "BROADSHEET_TEST_UPGRADE"

// TestUpgradeChild is the program that the next test kills.
func TestUpgradeChild(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		return
	}
	db := as(t, url, steps(first, second, good, endless))
	_, err := db.Upgrade(context.Background(), noon)
	t.Errorf("nobody ended this: %v", err)
}

// A kill in the middle of a migration leaves the database of before, and the
// next program that is started upgrades it.
func TestAKillInTheMiddleOfAnUpgrade(t *testing.T) {
	t.Parallel()
	url := lite(t)
	beforeUpgrade(t, url)
	child := exec.Command(os.Args[0], "-test.run=^TestUpgradeChild$")
	child.Env = append(os.Environ(), childURL+"="+url)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	atWork := isWriting(t, url, ended)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if !atWork {
		t.Fatal("the child was never in the middle of it")
	}
	if err := asBefore(t, url); err != nil {
		t.Errorf("after the kill: %v", err)
	}
	if up, err := as(t, url, steps(first, second, good)).Upgrade(t.Context(), noon.Add(time.Hour)); up.Steps != 1 || err != nil {
		t.Errorf("the next start: %+v %v", up, err)
	}
}

// isWriting waits until the copy is there and another process has the writer.
func isWriting(t *testing.T, url string, ended <-chan error) bool {
	t.Helper()
	pool, err := sql.Open("sqlite", strings.Replace(url, "sqlite://", "file:", 1)+"?_txlock=immediate&_pragma=busy_timeout(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		select {
		case err := <-ended:
			t.Fatalf("the child ended: %v", err)
		case <-tick.C:
		}
		if len(copies(t, url)) == 0 {
			continue
		}
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			return true
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	return false
}
