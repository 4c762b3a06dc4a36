package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"broadsheet/internal/clock"
	"broadsheet/internal/id"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/reader"
)

// sessionCookie is the cookie's name, under https with the prefix that binds it
// to this host.
const sessionCookie = "session"

// rememberPrincipal is how long a session may live on in this process after
// another process ended it.
const rememberPrincipal = time.Second

// sessionTable is where the session manager keeps sessions.
type sessionTable interface {
	scs.CtxStore
}

// sessionStore answers what the manager doesn't ask.
type sessionStore interface {
	PrincipalByToken(ctx context.Context, hash string, now time.Time) (*reader.Principal, error)
	SessionsOf(ctx context.Context, readerID string, now time.Time) ([]reader.Session, error)
	EndSession(ctx context.Context, readerID, sessionID string) ([]string, error)
	EndSessions(ctx context.Context, readerID, keep string) ([]string, error)
}

// Accounts is what the site needs for accounts.
type Accounts struct {
	Sessions *Sessions
	Entry    *journey.SignIn
	Box      *mail.Box // where mails are kept in development; nil elsewhere
}

// SessionParts is what Sessions are made of.
type SessionParts struct {
	Table    sessionTable
	Store    sessionStore
	Wall     clock.Clock
	Secure   bool          // the paper is read over https
	Remember time.Duration // for which an end in another process may go unseen; 0 is a second
}

// Sessions keeps browsers signed in. A request without the cookie costs nothing,
// one with it a look into memory, and nothing is written by reading.
type Sessions struct {
	manager *scs.SessionManager
	store   sessionStore
	wall    clock.Clock
	known   *principals
}

// NewSessions sets up the session manager.
func NewSessions(p SessionParts) *Sessions {
	m := scs.New()
	m.Store, m.Codec, m.HashTokenInStore = p.Table, sessionCodec{}, true
	m.Lifetime, m.IdleTimeout = reader.SessionLife, 0
	m.Cookie.Name, m.Cookie.Secure = sessionCookie, p.Secure
	if p.Secure {
		m.Cookie.Name = "__Host-" + sessionCookie
	}
	if p.Remember == 0 {
		p.Remember = rememberPrincipal
	}
	s := &Sessions{manager: m, store: p.Store, wall: p.Wall}
	s.known = newPrincipals(p.Remember, func(ctx context.Context, hash string) (*reader.Principal, error) {
		return s.store.PrincipalByToken(ctx, hash, s.wall.Now())
	})
	return s
}

// Close ends what runs in the background.
func (s *Sessions) Close() { s.known.close() }

// Forget makes sessions be looked up again that something else has ended, by the
// hashes of their tokens. Call it once that is committed.
func (s *Sessions) Forget(hashes ...string) { s.known.forget(hashes...) }

// tokenHash is how the session manager names a token in its store.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// tokenLen is 32 random bytes in base 64, as the session manager makes them.
const tokenLen = 43

// token is the session's token that the request carries; "" for none that could
// be one, which spares the database what people make up.
func (s *Sessions) token(c echo.Context) string {
	got, err := c.Request().Cookie(s.manager.Cookie.Name)
	if err != nil || len(got.Value) != tokenLen || strings.ContainsFunc(got.Value, notBase64URL) {
		return ""
	}
	return got.Value
}

func notBase64URL(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// who stands behind the request; nil for nobody. A cookie that means nobody is
// left alone: another request may just be replacing it.
func (s *Sessions) who(c echo.Context) (*reader.Principal, error) {
	token := s.token(c)
	if token == "" {
		return nil, nil
	}
	return s.known.get(c.Request().Context(), tokenHash(token))
}

// open signs the browser in under a new token, so that a token that somebody
// planted before is worth nothing, and ends the session it had.
func (s *Sessions) open(c echo.Context, readerID string, unverified bool) error {
	now, old := s.wall.Now(), s.token(c)
	ctx, err := s.load(c.Request().Context(), old)
	if err != nil {
		return err
	}
	if err := errors.Join(s.manager.Clear(ctx), s.manager.RenewToken(ctx)); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	if old != "" {
		s.known.forget(tokenHash(old))
	}
	s.manager.SetDeadline(ctx, now.Add(reader.SessionLife))
	s.manager.Put(ctx, sessionKey, reader.NewSession(id.New(now), readerID, unverified, c.Request().UserAgent(), now))
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	s.manager.WriteSessionCookie(ctx, c.Response(), token, expires)
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return nil
}

// close ends the session of the request, if it has one, and takes the cookie back.
func (s *Sessions) close(c echo.Context) error {
	token := s.token(c)
	ctx, err := s.load(c.Request().Context(), token)
	if err != nil {
		return err
	}
	if token != "" {
		if err := s.manager.Destroy(ctx); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		s.known.forget(tokenHash(token))
	}
	s.manager.WriteSessionCookie(ctx, c.Response(), "", time.Time{})
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return nil
}

// load begins the manager's work on a token. A session that this version cannot
// read is none.
func (s *Sessions) load(ctx context.Context, token string) (context.Context, error) {
	loaded, err := s.manager.Load(ctx, token)
	if errors.Is(err, errCodec) {
		loaded, err = s.manager.Load(ctx, "")
	}
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	return loaded, nil
}

// list gives the reader's sessions, the one seen last first.
func (s *Sessions) list(ctx context.Context, readerID string) ([]reader.Session, error) {
	return s.store.SessionsOf(ctx, readerID, s.wall.Now())
}

// end ends one of the reader's sessions by its public id; no such session is no
// fault, since it has ended already.
func (s *Sessions) end(ctx context.Context, readerID, sessionID string) error {
	hashes, err := s.store.EndSession(ctx, readerID, sessionID)
	s.known.forget(hashes...)
	return err
}

// endAll ends all of the reader's sessions but the one with the public id keep;
// "" keeps none.
func (s *Sessions) endAll(ctx context.Context, readerID, keep string) error {
	hashes, err := s.store.EndSessions(ctx, readerID, keep)
	s.known.forget(hashes...)
	return err
}

// sessionKey is the one value that a session holds.
const sessionKey = "session"

var errCodec = errors.New("session of an unknown shape")

// sessionCodec writes a session's one value as the reader room does. The
// deadline is the row's own column, so only living sessions are read.
type sessionCodec struct{}

func (sessionCodec) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	s, ok := values[sessionKey].(reader.Session)
	if !ok || len(values) != 1 {
		return nil, fmt.Errorf("%w: it holds %d values", errCodec, len(values))
	}
	return s.MarshalBinary()
}

func (sessionCodec) Decode(raw []byte) (time.Time, map[string]any, error) {
	var s reader.Session
	if err := s.UnmarshalBinary(raw); err != nil {
		return time.Time{}, nil, fmt.Errorf("%w: %w", errCodec, err)
	}
	return s.Created.Add(reader.SessionLife), map[string]any{sessionKey: s}, nil
}

const principalKey = "principal"

// session is who stands behind the request, asked once for each request; nil for
// somebody who is signed out.
func (s *Site) session(c echo.Context) (*reader.Principal, error) {
	if asked, ok := c.Get(principalKey).(*reader.Principal); ok {
		return asked, nil
	}
	who, err := s.Sessions.who(c)
	if err != nil {
		return nil, err
	}
	c.Set(principalKey, who)
	return who, nil
}

// principal is session for callers that treat a database that doesn't answer as
// signed out; what they ask next will fail with it.
func (s *Site) principal(c echo.Context) *reader.Principal {
	who, err := s.session(c)
	if err != nil {
		s.Log.Error("a session could not be read", "err", err, "id", requestID(c))
	}
	return who
}

// signIn opens a session for the reader in this browser.
func (s *Site) signIn(c echo.Context, r reader.Reader, unverified bool) error {
	if err := s.Sessions.open(c, r.ID, unverified); err != nil {
		return err
	}
	c.Set(principalKey, nil)
	return nil
}

// signOutHere ends this browser's session.
func (s *Site) signOutHere(c echo.Context) error {
	if err := s.Sessions.close(c); err != nil {
		return err
	}
	c.Set(principalKey, (*reader.Principal)(nil))
	return nil
}
