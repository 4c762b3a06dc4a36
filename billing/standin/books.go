package standin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"broadsheet/internal/lite"
)

// The columns beside body are computed from it, so that the JSON stays the
// only truth and lists are still found by index.
const schema = `
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  created INTEGER GENERATED ALWAYS AS (body->>'$.created') VIRTUAL,
  customer TEXT GENERATED ALWAYS AS (body->>'$.customer') VIRTUAL,
  subscription TEXT GENERATED ALWAYS AS (body->>'$.subscription') VIRTUAL,
  payment_intent TEXT GENERATED ALWAYS AS (body->>'$.payment_intent') VIRTUAL,
  due INTEGER GENERATED ALWAYS AS (body->>'$._.due') VIRTUAL
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_created ON objects (kind, created);
CREATE INDEX IF NOT EXISTS objects_customer ON objects (customer, kind, seq);
CREATE INDEX IF NOT EXISTS objects_subscription ON objects (subscription, kind, seq);
CREATE INDEX IF NOT EXISTS objects_payment_intent ON objects (payment_intent, kind, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due, seq) WHERE due IS NOT NULL;

CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,            -- waiting, delivered, dropped
  attempts INTEGER NOT NULL DEFAULT 0,
  last TEXT NOT NULL DEFAULT '',   -- what the last attempt met
  next_wall INTEGER NOT NULL,      -- not before, wall time in milliseconds
  not_before INTEGER NOT NULL      -- not before, paper time in seconds
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (id) WHERE status = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);

CREATE TABLE IF NOT EXISTS attempts (
  delivery INTEGER NOT NULL,
  at_wall INTEGER NOT NULL,        -- wall time in milliseconds
  status INTEGER NOT NULL,         -- the HTTP status, 0 when there was none
  note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_delivery ON attempts (delivery);

CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY,
  request TEXT NOT NULL,           -- hash of method, path and parameters
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  at_wall INTEGER NOT NULL         -- wall time in seconds
);

CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`

// openBooks opens the file, or memory. One connection: the firm does one thing
// at a time, so that two requests can never see half of each other's work.
func openBooks(path string) (*sql.DB, error) {
	dsn := "file::memory:?_txlock=immediate"
	if path != ":memory:" {
		dsn = "file:" + (&url.URL{Path: path}).EscapedPath() +
			"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	}
	db, err := lite.Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open the stand-in's books: %w", err)
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if _, err := db.Exec(schema); err != nil {
		return nil, errors.Join(fmt.Errorf("open the stand-in's books %s: %w", path, err), db.Close())
	}
	return db, nil
}

// work is one transaction on the books: everything that one request, or one
// thing that fell due, changes and announces.
type work struct {
	ctx     context.Context
	s       *Server
	tx      *sql.Tx
	now     int64  // paper time, seconds
	request string // the API request's id, "" when time itself did it
	idemKey string // its Idempotency-Key
	spoke   bool   // an event was written
}

// do runs fn in a transaction and commits when it returns nil.
func (s *Server) do(ctx context.Context, fn func(*work) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("stand-in's books: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	w := &work{ctx: ctx, s: s, tx: tx, now: s.now().Unix()}
	if err := fn(w); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("stand-in's books: %w", err)
	}
	if w.spoke {
		s.nudge()
	}
	return nil
}

// find is the object with that id, whatever it is; nil when there is none.
func (w *work) find(id string) (obj, error) {
	var raw []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT body FROM objects WHERE id = $1`, id).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", id, err)
	}
	return decode(raw)
}

// get is the object of that kind and id, or Stripe's "No such …".
func (w *work) get(kind, id string) (obj, error) {
	o, err := w.find(id)
	if err != nil {
		return nil, err
	}
	if o == nil || o.str("object") != kind {
		return nil, missing(kind, id)
	}
	return o, nil
}

// live is get for what can be deleted: a deleted object is as good as missing.
func (w *work) live(kind, id string) (obj, error) {
	o, err := w.get(kind, id)
	if err == nil && o.flag("deleted") {
		return nil, missing(kind, id)
	}
	return o, err
}

// put writes the object, new or changed.
func (w *work) put(o obj) error {
	_, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO objects (kind, id, body) VALUES ($1, $2, $3)
		 ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
		o.str("object"), o.str("id"), string(encode(o)))
	if err != nil {
		return fmt.Errorf("write %s: %w", o.str("id"), err)
	}
	return nil
}

// change lets fn alter the object, writes it and announces event with what was
// before; event "" announces nothing.
func (w *work) change(o obj, event string, fn func()) error {
	before := o.clone()
	fn()
	if err := w.put(o); err != nil {
		return err
	}
	if event == "" {
		return nil
	}
	return w.emitChange(event, before, o)
}

// query picks objects of one kind.
type query struct {
	kind  string
	where []string
	args  []any
}

func of(kind string) *query { return &query{kind: kind} }

// is adds field = value; an empty value adds nothing. Fields are our own
// words, never a client's.
func (q *query) is(field string, value any) *query {
	if s, ok := value.(string); ok && s == "" {
		return q
	}
	return q.cond(column(field)+" = ?", value)
}

func (q *query) cond(sql string, args ...any) *query {
	q.where = append(q.where, sql)
	q.args = append(q.args, args...)
	return q
}

func column(field string) string {
	switch field {
	case "created", "customer", "subscription", "payment_intent", "due", "seq", "id":
		return field
	}
	return "body->>'$." + field + "'"
}

func (q *query) sql() string {
	if len(q.where) == 0 {
		return "kind = ?"
	}
	return "kind = ? AND " + strings.Join(q.where, " AND ")
}

// all are the objects that q picks, oldest first.
func (w *work) all(q *query) ([]obj, error) {
	return w.rows(`SELECT body FROM objects WHERE `+q.sql()+` ORDER BY seq`, append([]any{q.kind}, q.args...)...)
}

func (w *work) rows(text string, args ...any) ([]obj, error) {
	rows, err := w.tx.QueryContext(w.ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read the books: %w", err)
	}
	defer rows.Close()
	var out []obj
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("read the books: %w", err)
		}
		o, err := decode(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}
