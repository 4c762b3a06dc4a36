package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/clock"
	"broadsheet/internal/id"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

// A load that began before a session was ended must not bring it back, and
// nobody who asks afterwards may be given its answer.
func TestALoadThatBeganBeforeTheEndIsNotKept(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	ended, loads := false, 0
	p := newPrincipals(time.Hour, func(context.Context, string) (*reader.Principal, error) {
		mu.Lock()
		gone := ended
		loads++
		first := loads == 1
		mu.Unlock()
		if first {
			close(began)
			<-release
		}
		if gone {
			return nil, nil
		}
		return &reader.Principal{SessionID: "s"}, nil
	})
	defer p.close()
	var wg sync.WaitGroup
	wg.Go(func() {
		if who, err := p.get(t.Context(), "hash"); who == nil || err != nil {
			t.Error("the early request was refused", err)
		}
	})
	<-began
	mu.Lock()
	ended = true
	mu.Unlock()
	p.forget("hash")
	if who, err := p.get(t.Context(), "hash"); who != nil || err != nil {
		t.Error("a request after the end joined a load from before it:", who, err)
	}
	close(release)
	wg.Wait()
	if who, err := p.get(t.Context(), "hash"); who != nil || err != nil {
		t.Error("the early load was kept:", who, err)
	}
}

func TestEndingRacesLoading(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	alive := map[string]bool{}
	p := newPrincipals(time.Hour, func(_ context.Context, hash string) (*reader.Principal, error) {
		mu.Lock()
		defer mu.Unlock()
		if !alive[hash] {
			return nil, nil
		}
		return &reader.Principal{SessionID: hash}, nil
	})
	defer p.close()
	for range 200 {
		hash := id.New(time.UnixMilli(1))
		mu.Lock()
		alive[hash] = true
		mu.Unlock()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := p.get(t.Context(), hash); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			mu.Lock()
			alive[hash] = false
			mu.Unlock()
			p.forget(hash)
			if who, _ := p.get(t.Context(), hash); who != nil {
				t.Error("somebody stands behind a session that was just ended")
			}
		})
		wg.Wait()
		if who, _ := p.get(t.Context(), hash); who != nil {
			t.Fatal("an ended session stayed in memory")
		}
	}
}

// counting is a store that counts what it is asked and told.
type counting struct {
	*store.DB
	mu    sync.Mutex
	asked int
}

func (c *counting) PrincipalByToken(ctx context.Context, hash string, now time.Time) (*reader.Principal, error) {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	return c.DB.PrincipalByToken(ctx, hash, now)
}

type sessionBench struct {
	*Sessions
	store *counting
	db    *store.DB
	of    reader.Reader
}

func newSessionBench(t *testing.T, secure bool, remember time.Duration) *sessionBench {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.Lite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := &sessionBench{store: &counting{DB: db}, db: db}
	b.of = reader.Reader{ID: id.New(time.Now()), Email: "maud@example.org", Created: time.Now(), Verified: time.Now()}
	if _, err := db.AddReader(t.Context(), b.of, b.of.Email); err != nil {
		t.Fatal(err)
	}
	b.Sessions = NewSessions(SessionParts{Table: db.Sessions(clock.Wall{}), Store: b.store, Wall: clock.Wall{}, Secure: secure, Remember: remember})
	t.Cleanup(b.Close)
	return b
}

// request is a request with these cookies, and where its answer goes.
func request(cookies ...*http.Cookie) (echo.Context, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	return echo.New().NewContext(r, w), w
}

// signedIn opens a session and gives its cookie.
func (b *sessionBench) signedIn(t *testing.T, had ...*http.Cookie) *http.Cookie {
	t.Helper()
	c, w := request(had...)
	if err := b.open(c, b.of.ID, false); err != nil {
		t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies were set", len(cookies))
	}
	return cookies[0]
}

func (b *sessionBench) behind(t *testing.T, cookie *http.Cookie) *reader.Principal {
	t.Helper()
	c, w := request(cookie)
	who, err := b.who(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Header()) != 0 {
		t.Error("looking who it is wrote", w.Header())
	}
	return who
}

func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	for secure, name := range map[bool]string{false: "session", true: "__Host-session"} {
		b := newSessionBench(t, secure, 0)
		got := b.signedIn(t)
		if got.Name != name || got.Secure != secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" {
			t.Errorf("secure %v: %+v", secure, got)
		}
		if age := time.Duration(got.MaxAge) * time.Second; age < reader.SessionLife-time.Minute || age > reader.SessionLife+time.Minute {
			t.Errorf("it lasts %s", age)
		}
		if who := b.behind(t, got); who == nil || who.Reader.Email != b.of.Email {
			t.Error("nobody is signed in")
		}
		if raw, ok, err := b.db.Sessions(clock.Wall{}).FindCtx(t.Context(), got.Value); ok || err != nil {
			t.Error("the token itself is in the table", raw, err)
		}
	}
}

func TestATokenIsRenewedAtSignIn(t *testing.T) {
	t.Parallel()
	b := newSessionBench(t, false, time.Hour)
	planted := &http.Cookie{Name: "session", Value: strings.Repeat("a", tokenLen)}
	first := b.signedIn(t, planted)
	if first.Value == planted.Value {
		t.Fatal("a planted token was signed in")
	}
	b.behind(t, first) // in memory now
	second := b.signedIn(t, first)
	if second.Value == first.Value {
		t.Error("the token was not renewed")
	}
	if who := b.behind(t, first); who != nil {
		t.Error("the older token still works")
	}
	all, err := b.list(t.Context(), b.of.ID)
	if err != nil || len(all) != 1 {
		t.Error("sessions left:", len(all), err)
	}
}

func TestReadingASessionCostsOneLook(t *testing.T) {
	t.Parallel()
	b := newSessionBench(t, false, time.Hour)
	cookie := b.signedIn(t)
	for range 50 {
		if b.behind(t, cookie) == nil {
			t.Fatal("signed out")
		}
	}
	for _, forged := range []string{"", "x", strings.Repeat("é", 30), strings.Repeat("a", tokenLen-1) + "!", strings.Repeat("a", 5000)} {
		c, _ := request()
		c.Request().Header.Set("Cookie", "session="+forged)
		if who, err := b.who(c); who != nil || err != nil {
			t.Error(forged, who, err)
		}
	}
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if b.store.asked != 1 {
		t.Errorf("the database was asked %d times", b.store.asked)
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	b := newSessionBench(t, false, time.Hour)
	here, there, elsewhere := b.signedIn(t), b.signedIn(t), b.signedIn(t)
	for _, c := range []*http.Cookie{here, there, elsewhere} {
		if b.behind(t, c) == nil {
			t.Fatal("not signed in")
		}
	}
	if err := b.end(t.Context(), b.of.ID, b.behind(t, there).SessionID); err != nil || b.behind(t, there) != nil {
		t.Error("one was not ended", err)
	}
	if err := b.endAll(t.Context(), b.of.ID, b.behind(t, here).SessionID); err != nil || b.behind(t, elsewhere) != nil || b.behind(t, here) == nil {
		t.Error("all others were not ended, or this one was", err)
	}
	c, w := request(here)
	if err := b.close(c); err != nil || b.behind(t, here) != nil {
		t.Error("this one was not ended", err)
	}
	if got := w.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 || got[0].Value != "" {
		t.Error("the cookie was not taken back:", got)
	}
}

func TestAnEndInAnotherProcessIsSeenInTime(t *testing.T) {
	t.Parallel()
	b := newSessionBench(t, false, 50*time.Millisecond)
	cookie := b.signedIn(t)
	if b.behind(t, cookie) == nil {
		t.Fatal("not signed in")
	}
	if _, err := b.db.EndSessions(t.Context(), b.of.ID, ""); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); b.behind(t, cookie) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("it lives on")
		}
	}
}
