package lite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// open is a database with one connection, and what that one keeps.
func open(t testing.TB) (*sql.DB, func(func(*conn))) {
	t.Helper()
	db, err := Open("file:" + filepath.Join(t.TempDir(), "a.db") + "?_txlock=immediate&_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, db, `CREATE TABLE stories (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE)`)
	return db, func(look func(*conn)) {
		one, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer one.Close()
		if err := one.Raw(func(raw any) error { look(raw.(*conn)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func must(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func title(t testing.TB, db *sql.DB, id int) (out string) {
	t.Helper()
	if err := db.QueryRow(`SELECT title FROM stories WHERE id = $1`, id).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStatementsAreKeptAndRunAgain(t *testing.T) {
	t.Parallel()
	db, look := open(t)
	for i := range 3 {
		must(t, db, `INSERT INTO stories (id, title) VALUES ($1, $2)`, i, fmt.Sprint("story ", i))
	}
	for i := range 3 {
		if got := title(t, db, i); got != fmt.Sprint("story ", i) {
			t.Errorf("story %d is %q", i, got)
		}
	}
	look(func(c *conn) {
		if len(c.kept) != 2 || c.turns != 6 {
			t.Errorf("%d statements are kept after %d uses", len(c.kept), c.turns)
		}
	})
}

// A statement whose rows are being read is not the one that the same text gets.
func TestTheSameTextTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db, look := open(t)
	for i := range 4 {
		must(t, db, `INSERT INTO stories (id, title) VALUES ($1, $2)`, i, fmt.Sprint(i))
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	const text = `SELECT id FROM stories WHERE id >= $1 ORDER BY id`
	pairs := ""
	read := func(from int, each func(int)) {
		rows, err := tx.Query(text, from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id int
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			each(id)
		}
	}
	read(2, func(a int) { read(a, func(b int) { pairs += fmt.Sprint(a, b, " ") }) })
	if pairs != "2 2 2 3 3 3 " {
		t.Errorf("read %q", pairs)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	look(func(c *conn) {
		if c.kept[text] == nil {
			t.Error("neither was kept")
		}
	})
}

// What failed is not kept, and does not spoil what comes after it.
func TestAfterAFailure(t *testing.T) {
	t.Parallel()
	db, look := open(t)
	const text = `INSERT INTO stories (id, title) VALUES ($1, $2)`
	must(t, db, text, 1, "one")
	if _, err := db.Exec(text, 2, "one"); err == nil || !strings.Contains(err.Error(), "UNIQUE") {
		t.Fatalf("a second story of that title: %v", err)
	}
	look(func(c *conn) {
		if c.kept[text] != nil {
			t.Error("the statement that failed was kept")
		}
	})
	must(t, db, text, 2, "two")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := db.ExecContext(ctx, text, 3, "three"); err == nil {
		t.Error("written with a context that had ended")
	}
	must(t, db, text, 3, "three")
	if got := title(t, db, 3); got != "three" {
		t.Errorf("story 3 is %q", got)
	}
}

// The schema may change under a statement that is kept, by this connection or
// another.
func TestTheSchemaChanges(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	must(t, db, `INSERT INTO stories (id, title) VALUES ($1, $2)`, 1, "one")
	if got := title(t, db, 1); got != "one" {
		t.Fatal(got)
	}
	must(t, db, `ALTER TABLE stories ADD COLUMN words INTEGER NOT NULL DEFAULT 0`)
	must(t, db, `CREATE TRIGGER refuse BEFORE INSERT ON stories BEGIN SELECT RAISE(ABORT, 'refused'); END`)
	if _, err := db.Exec(`INSERT INTO stories (id, title) VALUES ($1, $2)`, 2, "two"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a kept statement passed a trigger that came later: %v", err)
	}
	must(t, db, `DROP TRIGGER refuse`)
	must(t, db, `INSERT INTO stories (id, title) VALUES ($1, $2)`, 2, "two")
	if got := title(t, db, 2); got != "two" {
		t.Errorf("story 2 is %q", got)
	}
	must(t, db, `DROP TABLE stories`)
	if _, err := db.Exec(`INSERT INTO stories (id, title) VALUES ($1, $2)`, 3, "three"); err == nil {
		t.Error("written into a table that is gone")
	}
}

func TestOnlySoManyAreKept(t *testing.T) {
	t.Parallel()
	db, look := open(t)
	must(t, db, `INSERT INTO stories (id, title) VALUES (1, 'one')`)
	for i := range 3 * most {
		var n int
		if err := db.QueryRow(fmt.Sprintf(`SELECT count(*) + %d FROM stories`, i)).Scan(&n); err != nil || n != i+1 {
			t.Fatalf("%d: %d, %v", i, n, err)
		}
		title(t, db, 1) // in use all the time
	}
	look(func(c *conn) {
		if len(c.kept) != most || c.kept[`SELECT title FROM stories WHERE id = $1`] == nil {
			t.Errorf("%d are kept, what is used among them: %t", len(c.kept), c.kept[`SELECT title FROM stories WHERE id = $1`] != nil)
		}
	})
}

func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	must(t, db, `INSERT INTO stories (id, title) VALUES (1, '0')`)
	db.SetMaxOpenConns(4)
	must(t, db, `PRAGMA busy_timeout = 10000`)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if got := title(t, db, 1); got != "0" {
					t.Errorf("read %q", got)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkRead is a short read of one row.
func BenchmarkRead(b *testing.B) {
	db, _ := open(b)
	must(b, db, `INSERT INTO stories (id, title) VALUES (1, 'one')`)
	for b.Loop() {
		title(b, db, 1)
	}
}
