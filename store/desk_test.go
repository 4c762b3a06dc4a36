package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"broadsheet/desk"
	"broadsheet/internal/pgtest"
	"broadsheet/store"
)

// Whoever can write SQL still cannot rewrite what the desk did.
func TestTheRecordStays(t *testing.T) {
	t.Parallel()
	for engine, url := range map[store.Engine]string{store.SQLite: "sqlite://" + filepath.Join(t.TempDir(), "paper.db"), store.Postgres: pgtest.URL(t)} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			db := open(t, url)
			if err := db.AppendEntry(t.Context(), desk.Entry{Wall: noon, Paper: noon, Staff: "olive", Kind: "gate.edit", Subject: "gate"}); err != nil {
				t.Fatal(err)
			}
			statements := []string{`UPDATE audit SET after_doc = 'x'`, `UPDATE audit SET seq = 2`, `DELETE FROM audit`}
			if engine == store.Postgres {
				statements = append(statements, `TRUNCATE audit`)
			} else {
				statements = append(statements, `INSERT OR REPLACE INTO audit SELECT seq, wall_at, paper_at, 'nobody', role, session_id, network, kind, subject, subject_id, before_doc, after_doc, prev_hash, hash FROM audit`)
			}
			for _, s := range statements {
				if err := store.Exec(t.Context(), db, s); err == nil || !strings.Contains(err.Error(), "the record cannot be changed") {
					t.Errorf("%s: %v", s, err)
				}
			}
			if c, err := desk.CheckChain(t.Context(), db, 0); c.Checked != 1 || c.Broken != "" || err != nil {
				t.Errorf("the record: %+v, %v", c, err)
			}
		})
	}
}

// What somebody does past the triggers is noticed.
func TestAGapInTheRecordIsNoticed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ statement, says string }{
		"an entry taken out":      {`DELETE FROM audit WHERE seq = 3`, "entry 3 is missing"},
		"an entry altered":        {`UPDATE audit SET after_doc = '{}' WHERE seq = 3`, "entry 3 was altered"},
		"another in its place":    {`UPDATE audit SET prev_hash = 'x' WHERE seq = 3`, "entry 3 does not follow"},
		"the newest taken out":    {`DELETE FROM audit WHERE seq = 5`, "entries after 4 are missing"},
		"the oldest taken out":    {`DELETE FROM audit WHERE seq = 1`, "entry 1 is missing"},
		"the newest written anew": {`UPDATE audit_head SET hash = 'x'`, "entry 5 is not the one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
			for range 5 {
				if err := db.AppendEntry(t.Context(), desk.Entry{Wall: noon, Paper: noon, Staff: "olive", Kind: "gate.edit", Subject: "gate", After: `{"a":1}`}); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range []string{`DROP TRIGGER audit_stays`, `DROP TRIGGER audit_stays_as_it_is`, tt.statement} {
				if err := store.Exec(t.Context(), db, s); err != nil {
					t.Fatal(err)
				}
			}
			if c, err := desk.CheckChain(t.Context(), db, 0); !strings.HasPrefix(c.Broken, tt.says) || err != nil {
				t.Errorf("found %q, %v", c.Broken, err)
			}
		})
	}
}
