package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"broadsheet/store"
)

// older makes the database of a program of six migrations, and runs a statement
// on it.
func (x terminal) older(statement string) {
	x.t.Helper()
	db, err := store.Open(x.t.Context(), x.env["DATABASE_URL"])
	if err != nil {
		x.t.Fatal(err)
	}
	if err := errors.Join(db.MigrateTo(x.t.Context(), 6), db.Close()); err != nil {
		x.t.Fatal(err)
	}
	x.exec(statement)
}

func (x terminal) exec(statement string) {
	x.t.Helper()
	pool, err := sql.Open("sqlite", strings.Replace(x.env["DATABASE_URL"], "sqlite://", "file:", 1))
	if err != nil {
		x.t.Fatal(err)
	}
	_, err = pool.ExecContext(x.t.Context(), statement)
	if err := errors.Join(err, pool.Close()); err != nil {
		x.t.Fatal(err)
	}
}

// What a later migration makes is there already, so that it must fail.
func TestAnUpgradeThatFailsSaysSoAndLeavesThePaper(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.older(`CREATE TABLE subscriptions_by_trial (id BIGINT); INSERT INTO marks (name, value) VALUES ('mine', 'kept')`)
	for _, command := range []string{"serve", "migrate", "gate"} {
		x.refused("as it was (schema 6)", command)
	}
	x.exec(`DROP TABLE subscriptions_by_trial`)
	if got := x.ok("migrate"); !strings.Contains(got.out, "It lies as it was before in ") {
		t.Errorf("%q", got.out)
	}
	if copies, err := filepath.Glob(filepath.Join(x.dir, "data", "paper.db.before-upgrade-*")); len(copies) != 3 || err != nil {
		t.Errorf("copies: %q %v", copies, err)
	}
	if got := x.ok("migrate"); !strings.Contains(got.out, "up to date.\n") {
		t.Errorf("%q", got.out)
	}
}
