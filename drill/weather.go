package drill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the paper's database may be PostgreSQL
	_ "modernc.org/sqlite"             // or SQLite, as the stand-in's books always are
)

// weather is what one leg has to suffer.
type weather struct {
	kill     bool
	after    time.Duration // wall time from the leg's beginning to the blow
	refusals bool          // the database refuses a fifth of what is written
	cut      bool          // connections end (PostgreSQL), or the writer is held (SQLite)
	failures int           // calls to Stripe that fail, half of them after their effect
	mute     bool          // no webhook goes out in this leg
}

// always is what webhooks suffer all the time, in percent.
var always = []string{"drop", "12", "double", "12", "delay_share", "15", "delay", "60h", "reorder", "1"}

// forecast spreads the kills over the time, not over its last twentieth, and
// draws everything else leg by leg.
func (s *stage) forecast() func(until time.Time) weather {
	var blows []time.Time
	spread := s.Life * 19 / 20
	for i := range s.kills() {
		part := spread / time.Duration(s.kills())
		blows = append(blows, s.now.Add(time.Duration(i)*part+time.Duration(s.dice.Int64N(int64(part)))))
	}
	return func(until time.Time) weather {
		// Every draw is made in every leg, so that a seed means the same weather.
		w := weather{
			after:    time.Duration(s.dice.IntN(60)) * time.Millisecond,
			refusals: s.dice.IntN(100) < 6, cut: s.dice.IntN(100) < 4, mute: s.dice.IntN(100) < 4,
		}
		if n := s.dice.IntN(30); n < 4 {
			w.failures = n
		}
		for len(blows) > 0 && blows[0].Before(until) {
			w.kill, blows = true, blows[1:]
		}
		return w
	}
}

// brew prepares a leg's troubles; clear takes them away.
func (s *stage) brew(ctx context.Context, w weather) (clear func() error, err error) {
	orders := append([]string{"clear", "1"}, always...)
	if w.failures > 0 {
		orders = append(orders, "fail_before", fmt.Sprint((w.failures+1)/2), "fail_after", fmt.Sprint(w.failures/2))
		s.failures.Add(int64(w.failures))
	}
	if w.mute {
		orders = append(orders, "mute", "1")
	}
	if err := s.desk.order(ctx, orders...); err != nil {
		return nil, err
	}
	if !w.refusals {
		return func() error { return nil }, nil
	}
	s.refused.Add(1)
	return func() error { return s.refuse(context.WithoutCancel(ctx), false) }, s.refuse(ctx, true)
}

// strike does what comes suddenly.
func (s *stage) strike(ctx context.Context, w weather) error {
	if !w.kill && !w.cut {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(w.after):
	}
	if w.cut {
		s.cuts.Add(1)
		if err := s.cutOff(ctx, w.after*10); err != nil {
			return err
		}
	}
	if !w.kill {
		return nil
	}
	s.killed.Add(1)
	s.paper.kill()
	return s.paper.start(ctx)
}

// openWeather opens the paper's database for writing, as any process could.
func openWeather(o Options) (*sql.DB, error) {
	if o.onPostgres() {
		return sql.Open("pgx", o.Database)
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: o.databasePath()}).EscapedPath()+"?_txlock=immediate&_pragma=busy_timeout(10000)")
}

// fragile are the tables whose writers must bear a refusal in the middle of
// what they do.
var fragile = map[string][]string{
	"stripe_events": {"INSERT"}, "stripe_marks": {"INSERT", "UPDATE"}, "subscriptions": {"INSERT", "UPDATE"}, "invoices": {"INSERT", "UPDATE"},
	"billing_effects": {"INSERT"}, "jobs": {"INSERT", "UPDATE"}, "customers": {"UPDATE"}, "checkouts": {"INSERT", "UPDATE"},
}

// refuse has the database itself refuse a fifth of the rows that are written to
// those tables: a trigger raises an error, as a full disk or a broken index
// would, and what was written before it in the same transaction must go.
func (s *stage) refuse(ctx context.Context, yes bool) error {
	var all error
	if s.onPostgres() && yes {
		_, err := s.db.ExecContext(ctx, `CREATE OR REPLACE FUNCTION drill_refuses() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN IF random() < 0.2 THEN RAISE EXCEPTION 'the drill refuses'; END IF; RETURN NEW; END $$`)
		all = errors.Join(all, err)
	}
	for table, verbs := range fragile {
		for _, verb := range verbs {
			name := "drill_" + table + "_" + verb
			text := "DROP TRIGGER IF EXISTS " + name
			switch {
			case s.onPostgres() && yes:
				text = "CREATE TRIGGER " + name + " BEFORE " + verb + " ON " + table + " FOR EACH ROW EXECUTE FUNCTION drill_refuses()"
			case s.onPostgres():
				text += " ON " + table
			case yes:
				text = "CREATE TRIGGER " + name + " BEFORE " + verb + " ON " + table +
					" WHEN abs(random()) % 100 < 20 BEGIN SELECT RAISE(ABORT, 'the drill refuses'); END"
			}
			if _, err := s.db.ExecContext(ctx, text); err != nil {
				all = errors.Join(all, fmt.Errorf("%s: %w", text, err))
			}
		}
	}
	return all
}

// cutOff ends every connection to the database, or holds SQLite's one writer
// for a moment.
func (s *stage) cutOff(ctx context.Context, for_ time.Duration) error {
	if s.onPostgres() {
		_, err := s.db.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("hold the writer: %w", err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(for_):
	}
	return tx.Rollback()
}
