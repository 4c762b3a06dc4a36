package drill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// stage is a drill that is under way.
type stage struct {
	Options
	tally
	paper, standin *child
	desk           *desk
	post           *post
	db             *sql.DB // the paper's database, for the weather
	dice           *rand.Rand
	readers        []*reader
	byAddress      map[string]*reader
	letters        int // of the post that were looked through
	gifts          gifts
	orders         orders
	story          string // for subscribers only
	now            time.Time
	diary          *os.File // each leg, its weather and how long it took
}

// open starts both processes, the stand-in first, and sells the demo's plans.
func open(ctx context.Context, o Options) (_ *stage, err error) {
	s := &stage{Options: o, dice: rand.New(rand.NewPCG(o.Seed, 0)), tally: tally{began: time.Now(), done: map[string]int{}, away: map[string]int{}}}
	s.paper, s.standin = children(o)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.diary, err = os.Create(filepath.Join(o.Dir, "diary.log")); err != nil {
		return nil, err
	}
	if s.post, err = openPost(o.mailPath()); err != nil {
		return nil, err
	}
	if s.db, err = openWeather(o); err != nil {
		return nil, err
	}
	if err := s.mustBeEmpty(ctx); err != nil {
		return nil, err
	}
	for _, c := range []*child{s.standin, s.paper} {
		if err := c.start(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := s.paper.command(ctx, "plans", "push", "--webhook", s.paper.url+"/webhooks/stripe"); err != nil {
		return nil, err
	}
	if err := s.makeCodes(ctx); err != nil {
		return nil, err
	}
	if err := s.db.QueryRowContext(ctx, `SELECT slug FROM stories WHERE access = 'subscribers' ORDER BY slug LIMIT 1`).Scan(&s.story); err != nil {
		return nil, fmt.Errorf("find a story that is for subscribers only: %w", err)
	}
	s.desk = newDesk(s.standin.url)
	if s.now, err = s.desk.advance(ctx, time.Minute); err != nil {
		return nil, err
	}
	s.readers, s.byAddress = newReaders(o, s.paper.url, s.now), map[string]*reader{}
	for _, r := range s.readers {
		s.byAddress[r.email] = r
	}
	return s, nil
}

// mustBeEmpty refuses a PostgreSQL database that somebody uses.
func (s *stage) mustBeEmpty(ctx context.Context) error {
	if !s.onPostgres() {
		return nil
	}
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()`).Scan(&n)
	if err == nil && n > 0 {
		err = errors.New("the database is not empty: a drill writes whatever it likes, so give it one of its own")
	}
	return err
}

// close ends both processes.
func (s *stage) close() error {
	var all error
	for _, c := range []*child{s.paper, s.standin} {
		all = errors.Join(all, c.stop())
		if s.diary != nil {
			fmt.Fprintf(s.diary, "%s: %s of processor time\n", c.name, time.Duration(c.busy.Load()))
		}
	}
	if s.diary != nil {
		all = errors.Join(all, s.diary.Close())
	}
	if s.db != nil {
		all = errors.Join(all, s.db.Close())
	}
	return all
}

// customerOf is the newest customer of the account with that address.
func (s *stage) customerOf(ctx context.Context, email string) (id string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT customers.id FROM customers JOIN readers ON readers.id = customers.reader_id
		WHERE readers.email_form = $1 AND NOT customers.deleted ORDER BY customers.created_at DESC LIMIT 1`, email).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// Billing runs the drill. The error says what is wrong, in lines for people;
// everything that it rests on is then still in the folder.
func Billing(ctx context.Context, o Options) error {
	e, err := run(ctx, o)
	if err != nil {
		return err
	}
	return e.judge(o)
}

// run lives the lives and takes the evidence.
func run(ctx context.Context, o Options) (e *evidence, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.mailPath(), 0o700); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "drill: %d readers live %d days on %s; seed %d\n", o.Readers, int(o.Life/day), engineName(o), o.Seed)
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.live(ctx); err != nil {
		return nil, err
	}
	if e, err = s.settle(ctx); err != nil {
		return nil, err
	}
	s.figures(e)
	return e, nil
}

func engineName(o Options) string {
	if o.onPostgres() {
		return "PostgreSQL"
	}
	return "SQLite"
}
