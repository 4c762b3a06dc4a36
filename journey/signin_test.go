package journey_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/internal/pgtest"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
	letters "broadsheet/views/mail"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// bench is a paper's way in, with its letters caught before they leave.
type bench struct {
	*journey.SignIn
	db    *store.DB
	queue *caught
	pools *joined
}

// caught is a queue that keeps what it is given, in the transaction of ctx as
// far as a test needs: what is rolled back was refused before.
type caught struct {
	mu   sync.Mutex
	sent []mail.Message
	err  error
}

func (q *caught) Enqueue(_ context.Context, n jobs.New) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	raw, err := json.Marshal(n.Payload)
	if err != nil {
		return err
	}
	var m mail.Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	q.sent = append(q.sent, m)
	return nil
}

func (q *caught) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.sent)
}

type joined struct {
	mu   sync.Mutex
	with []string
	err  error
}

func (j *joined) Join(_ context.Context, visitor, readerID string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.with = append(j.with, visitor+" "+readerID)
	return j.err
}

func (j *joined) Forget(...string) {}

// onBoth runs a test on either engine.
func onBoth(t *testing.T, run func(t *testing.T, b *bench)) {
	t.Helper()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return storetest.Lite(t) },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			run(t, newBench(t, db))
		})
	}
}

func newBench(t *testing.T, db *store.DB) *bench {
	t.Helper()
	keys, err := reader.NewKeys("the secret of this bench")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{db: db, queue: &caught{}, pools: &joined{}}
	b.SignIn = journey.NewSignIn(journey.SignInParts{
		Store: db, Pools: b.pools, Outbox: journey.Outbox{Queue: b.queue}, Keys: keys,
		House: func(context.Context) (letters.House, error) {
			return letters.House{Paper: news.Publication{Name: "The Paper"}, BaseURL: "https://paper.example"}, nil
		},
		Link: func(token string) string { return "https://paper.example/signin/link/" + token },
	})
	return b
}

var (
	digitsIn = regexp.MustCompile(`\b\d{6}\b`)
	tokenIn  = regexp.MustCompile(`/signin/link/([a-z2-7]{26})`)
)

// ask asks for a code and reads the mail.
func (b *bench) ask(t *testing.T, email string, at time.Time) (to, digits, token string) {
	t.Helper()
	asked, err := b.Ask(t.Context(), reader.Ask{Email: email, Network: "192.0.2.1", Return: "/stories/bread", Now: at})
	if err != nil || asked.Again {
		t.Fatalf("ask %s: %+v, %v", email, asked, err)
	}
	m := b.queue.sent[len(b.queue.sent)-1]
	link := tokenIn.FindStringSubmatch(m.Text)
	if link == nil || !strings.Contains(m.HTML, link[1]) {
		t.Fatalf("the mail lacks a link:\n%s", m.Text)
	}
	return m.To, digitsIn.FindString(m.Text), link[1]
}

func device(visitor string, at time.Time) journey.Device {
	return journey.Device{Visitor: visitor, Network: "192.0.2.1", Wall: at, Paper: at.Add(1000 * time.Hour)}
}

// other is a wrong code.
func other(digits string) string {
	if digits == "111111" {
		return "222222"
	}
	return "111111"
}

func TestACodeOpensAnAccount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		to, digits, _ := b.ask(t, "Maud@Example.org", noon)
		if to != "Maud@example.org" {
			t.Error("the mail went to", to)
		}
		in, err := b.ByCode(t.Context(), "maud@EXAMPLE.org", digits[:3]+" "+digits[3:], device("visitor", noon))
		if err != nil {
			t.Fatal(err)
		}
		if !in.New || !in.First || in.ShowBought || in.Return != "/stories/bread" || !in.Reader.Verified.Equal(noon.Add(1000*time.Hour)) {
			t.Errorf("entered %+v", in)
		}
		if len(b.pools.with) != 1 || b.pools.with[0] != "visitor "+in.Reader.ID {
			t.Error("joined", b.pools.with)
		}
		if _, err := b.ByCode(t.Context(), "maud@example.org", digits, device("visitor", noon)); !errors.Is(err, reader.ErrSpent) {
			t.Error("the code worked twice:", err)
		}
		_, digits, _ = b.ask(t, "MAUD@example.org", noon.Add(time.Hour))
		again, err := b.ByCode(t.Context(), "MAUD@example.org", digits, device("", noon.Add(time.Hour)))
		if err != nil || again.New || again.First || again.Reader.ID != in.Reader.ID {
			t.Errorf("the second time: %+v, %v", again, err)
		}
		if b.queue.sent[1].To != "Maud@example.org" {
			t.Error("a known address was written to as somebody else spelt it:", b.queue.sent[1].To)
		}
	})
}

func TestALinkOpensOnceAndPeekingChangesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		_, digits, token := b.ask(t, "maud@example.org", noon)
		for range 3 {
			if p, err := b.Peek(t.Context(), token, noon); err != nil || p.Address.Email != "maud@example.org" {
				t.Fatal(p, err)
			}
		}
		// Wrong tries of the code do not spoil the link.
		for range reader.CodeTries {
			if _, err := b.ByCode(t.Context(), "maud@example.org", other(digits), device("", noon)); !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := b.ByLink(t.Context(), token, device("elsewhere", noon))
				if err == nil {
					in.Add(1)
				} else if !errors.Is(err, reader.ErrSpent) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("the link signed in %d times", in.Load())
		}
		if _, err := b.Peek(t.Context(), token, noon); !errors.Is(err, reader.ErrSpent) {
			t.Error("a used link still shows a button:", err)
		}
	})
}

func TestWrongCodes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		_, digits, _ := b.ask(t, "maud@example.org", noon)
		try := func(code string) error {
			_, err := b.ByCode(t.Context(), "maud@example.org", code, device("", noon))
			return err
		}
		if err := try("12345"); !strings.Contains(fault.SentenceOf(err), "five digits") {
			t.Error(err)
		}
		for _, left := range []string{"4 tries are left", "3 tries are left", "2 tries are left", "One try is left", "last try"} {
			err := try(other(digits))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.SentenceOf(err), left) {
				t.Errorf("%v, want %q", err, left)
			}
		}
		if err := try(digits); !errors.Is(err, reader.ErrSpent) {
			t.Error("the right code after five wrong ones:", err)
		}
		b.ask(t, "maud@example.org", noon) // a new one is sent at once
	})
}

func TestParallelGuessesGetFive(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		_, digits, _ := b.ask(t, "maud@example.org", noon)
		var wrong atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := b.ByCode(t.Context(), "maud@example.org", other(digits), device("", noon))
				if fault.Is(err, fault.Invalid) && (!errors.Is(err, reader.ErrSpent) || strings.Contains(err.Error(), "last try")) {
					wrong.Add(1)
				}
			})
		}
		wg.Wait()
		if wrong.Load() != reader.CodeTries {
			t.Errorf("%d guesses were compared", wrong.Load())
		}
	})
}

func TestCodesAgeAndReplaceEachOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		_, first, link := b.ask(t, "maud@example.org", noon)
		again, err := b.Ask(t.Context(), reader.Ask{Email: "maud@example.org", Now: noon.Add(59 * time.Second)})
		if err != nil || !again.Again || b.queue.count() != 1 {
			t.Errorf("within a minute: %+v, %v, %d mails", again, err, b.queue.count())
		}
		_, second, _ := b.ask(t, "maud@example.org", noon.Add(time.Minute))
		if _, err := b.ByLink(t.Context(), link, device("", noon.Add(time.Minute))); !errors.Is(err, reader.ErrSpent) {
			t.Error("an older link still works:", err)
		}
		if first != second {
			if _, err := b.ByCode(t.Context(), "maud@example.org", first, device("", noon.Add(time.Minute))); !fault.Is(err, fault.Invalid) {
				t.Error("an older code still works:", err)
			}
		}
		if _, err := b.ByCode(t.Context(), "maud@example.org", second, device("", noon.Add(16*time.Minute))); !errors.Is(err, reader.ErrSpent) {
			t.Error("an expired code still works:", err)
		}
		_, third, _ := b.ask(t, "maud@example.org", noon.Add(20*time.Minute))
		if _, err := b.ByCode(t.Context(), "ed@example.org", third, device("", noon.Add(20*time.Minute))); !errors.Is(err, reader.ErrSpent) {
			t.Error("a code works for another address:", err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, b *bench, email, network string, at time.Time) error {
		_, err := b.Ask(t.Context(), reader.Ask{Email: email, Network: network, Now: at})
		return err
	}
	try := func(t *testing.T, b *bench, email, network string, at time.Time) error {
		d := device("", at)
		d.Network = network
		_, err := b.ByCode(t.Context(), email, "111111", d)
		return err
	}
	for name, c := range map[string]struct {
		limit reader.Limit
		one   func(t *testing.T, b *bench, i int, at time.Time) error
	}{
		"mails to an address": {reader.MailsToAddress, func(t *testing.T, b *bench, i int, at time.Time) error {
			return ask(t, b, "maud@example.org", fmt.Sprint("net", i), at)
		}},
		"mails from a network": {reader.MailsFromNetwork, func(t *testing.T, b *bench, i int, at time.Time) error {
			return ask(t, b, fmt.Sprintf("r%d@example.org", i), "net", at)
		}},
		"tries for an address": {reader.TriesForAddress, func(t *testing.T, b *bench, i int, at time.Time) error {
			return try(t, b, "Maud@example.org", fmt.Sprint("net", i), at)
		}},
		"tries from a network": {reader.TriesFromNetwork, func(t *testing.T, b *bench, i int, at time.Time) error {
			return try(t, b, fmt.Sprintf("r%d@example.org", i), "net", at)
		}},
		"a network of nobody's": {reader.Limit{Most: 70}, func(t *testing.T, b *bench, i int, at time.Time) error {
			return try(t, b, fmt.Sprintf("r%d@example.org", i), "", at)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, b *bench) {
				step := c.limit.Every / time.Duration(2*c.limit.Most)
				for i := range c.limit.Most {
					if err := c.one(t, b, i, noon.Add(time.Duration(i)*step)); fault.Is(err, fault.TooMany) {
						t.Fatalf("number %d of %d: %v", i+1, c.limit.Most, err)
					}
				}
				if c.limit.Every == 0 {
					return
				}
				mails := b.queue.count()
				err := c.one(t, b, c.limit.Most, noon.Add(c.limit.Every-time.Minute))
				limited, ok := errors.AsType[*reader.Limited](err)
				if !ok || !fault.Is(err, fault.TooMany) || limited.RetryAfter() != time.Minute || !strings.Contains(fault.SentenceOf(err), "in a minute") {
					t.Errorf("one too many: %v", err)
				}
				if b.queue.count() != mails {
					t.Error("it was mailed all the same")
				}
				if err := c.one(t, b, c.limit.Most+1, noon.Add(c.limit.Every)); fault.Is(err, fault.TooMany) {
					t.Error("the limit never ends:", err)
				}
			})
		})
	}
}

// Whoever asks for code after code gets few guesses a day, and the owner's link
// works all the same.
func TestGuessingDayAfterDayGainsLittle(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		guess := func(at time.Time) (compared bool) {
			_, digits, token := b.ask(t, "maud@example.org", at)
			_, err := b.ByCode(t.Context(), "maud@example.org", other(digits), device("", at))
			if fault.Is(err, fault.TooMany) && !strings.Contains(fault.SentenceOf(err), "hours") {
				t.Errorf("a wait of half a day: %q", fault.SentenceOf(err))
			}
			if _, err := b.Peek(t.Context(), token, at); err != nil {
				t.Error("the link:", err)
			}
			return fault.Is(err, fault.Invalid)
		}
		n := 0
		for i := range 36 { // in twelve hours
			if guess(noon.Add(time.Duration(i) * 20 * time.Minute)) {
				n++
			}
		}
		if n != reader.CodesTriedForAddress.Most {
			t.Errorf("%d guesses were compared in a day", n)
		}
		if !guess(noon.Add(24 * time.Hour)) {
			t.Error("the limit never ends")
		}
	})
}

func TestARefusedMailLeavesTheOlderCodeGood(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		var digits string
		at := noon
		for range reader.MailsToAddress.Most {
			_, digits, _ = b.ask(t, "maud@example.org", at)
			at = at.Add(2 * time.Minute)
		}
		if _, err := b.Ask(t.Context(), reader.Ask{Email: "maud@example.org", Now: at}); !fault.Is(err, fault.TooMany) {
			t.Fatal(err)
		}
		b.queue.err = errors.New("the queue is broken")
		if _, err := b.Ask(t.Context(), reader.Ask{Email: "ed@example.org", Now: at}); err == nil {
			t.Fatal("asked without a mail")
		}
		b.queue.err = nil
		b.ask(t, "ed@example.org", at) // nothing is left of the attempt that would keep it from being sent
		if _, err := b.ByCode(t.Context(), "maud@example.org", digits, device("", at)); err != nil {
			t.Error("the newest code that was sent:", err)
		}
	})
}

func TestTheFirstProofEndsWhatABuyerOpened(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		accounts := reader.NewAccounts(b.db, reader.Addresses{})
		bought, err := accounts.Buy(t.Context(), "Maud@example.org", noon)
		if err != nil || bought.IsVerified() || !bought.Bought {
			t.Fatal(bought, err)
		}
		if _, err := accounts.Buy(t.Context(), "mAUD@example.org", noon); !fault.Is(err, fault.SignIn) {
			t.Error("a known address bought without signing in:", err)
		}
		raw, err := reader.NewSession("s", bought.ID, true, "", noon).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.db.Sessions(clock.Fixed(noon)).Commit("hash", raw, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		_, digits, _ := b.ask(t, "maud@example.org", noon)
		in, err := b.ByCode(t.Context(), "maud@example.org", digits, device("", noon))
		if err != nil || in.Reader.ID != bought.ID || in.New || !in.First || !in.ShowBought || len(in.Ended) != 1 || in.Ended[0] != "hash" {
			t.Errorf("entered %+v, %v", in, err)
		}
		if p, err := b.db.PrincipalByToken(t.Context(), "hash", noon); p != nil || err != nil {
			t.Error("the buyer is still in:", p, err)
		}
	})
}

func TestAFailedMergeSignsNobodyIn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		_, digits, _ := b.ask(t, "maud@example.org", noon)
		b.pools.err = errors.New("the meter is broken")
		if _, err := b.ByCode(t.Context(), "maud@example.org", digits, device("v", noon)); !errors.Is(err, b.pools.err) {
			t.Fatal(err)
		}
		if _, ok, err := b.db.ReaderByForm(t.Context(), "maud@example.org"); ok || err != nil {
			t.Error("an account was left behind", err)
		}
		b.pools.err = nil
		if _, err := b.ByCode(t.Context(), "maud@example.org", digits, device("v", noon)); err != nil {
			t.Error("the code was lost with it:", err)
		}
	})
}

func TestMailJob(t *testing.T) {
	t.Parallel()
	box, err := mail.OpenBox(t.TempDir(), "post@paper.example", clock.Fixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	send := journey.SendMail(box)
	raw, err := json.Marshal(mail.Message{To: "maud@example.org", Subject: "s", Text: "t", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a retried job doubles nothing
		if err := send(t.Context(), jobs.Job{Payload: raw}); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := box.List(); err != nil || len(all) != 1 {
		t.Error(len(all), err)
	}
}
