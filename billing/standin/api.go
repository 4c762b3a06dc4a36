package standin

import (
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody bounds a request to the API; Stripe's own objects are far smaller.
const maxBody = 1 << 20

// call is one request to the API at work on the books.
type call struct {
	*work
	p *params
	r *http.Request
}

// id is the {id} of the path.
func (c *call) id() string { return c.r.PathValue("id") }

// handler does what one route promises and answers an object.
type handler func(*call) (obj, error)

// answer is what goes back, and is kept for a replay.
type answer struct {
	status   int
	body     []byte
	replayed bool
}

// api wraps a handler in what all of Stripe's routes share: key, version,
// parameters, idempotency, expansion, the error envelope, and the faults that
// the desk asked for.
func (s *Server) api(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := s.dice.id("req_", 14)
		w.Header().Set("Request-Id", id)
		w.Header().Set("Stripe-Version", APIVersion)
		key := r.Header.Get("Idempotency-Key")
		if key != "" {
			w.Header().Set("Idempotency-Key", key)
		}
		got, err := s.handle(h, r, id, key)
		if err != nil {
			s.log.ErrorContext(r.Context(), "stand-in failed", "method", r.Method, "path", r.URL.Path, "request", id, "err", err)
			got = errorAnswer(&apiError{status: 500, typ: "api_error", message: "The stand-in itself failed; its log says why."})
		}
		if got.replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		s.log.DebugContext(r.Context(), "stand-in api", "method", r.Method, "path", r.URL.Path, "status", got.status, "request", id)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(got.status)
		_, _ = w.Write(got.body)
	}
}

func errorAnswer(e *apiError) answer { return answer{status: e.status, body: encode(e.envelope())} }

// handle answers one request; an error is the stand-in's own failure.
func (s *Server) handle(h handler, r *http.Request, id, key string) (answer, error) {
	if e := s.admit(r); e != nil {
		return errorAnswer(e), nil
	}
	p, sum, e := readParams(r)
	if e != nil {
		return errorAnswer(e), nil
	}
	if r.Method == http.MethodGet {
		key = "" // a GET is idempotent by itself; Stripe ignores the key
	}
	if len(key) > maxKey {
		return errorAnswer(invalid("", "Idempotency keys can be at most %d characters long.", maxKey)), nil
	}
	fault := s.faults.nextCall(r.Method, r.URL.Path)
	var got answer
	err := s.do(r.Context(), func(w *work) (err error) {
		w.request, w.idemKey = id, key
		var found bool
		if got, found, err = w.replay(key, sum); err != nil || found {
			return err
		}
		if fault == failBefore {
			got = errorAnswer(serverFault())
		} else if got, err = (&call{work: w, p: p, r: r}).perform(h); err != nil {
			return err
		}
		if fault == failAfter {
			got = errorAnswer(serverFault())
		}
		return w.keep(key, sum, got)
	})
	if bad := (*apiError)(nil); errors.As(err, &bad) {
		return errorAnswer(bad), nil
	}
	return got, err
}

// perform runs the handler and words its answer. An error undoes everything;
// a bank's no is an answer, since what it left in the books stays.
func (c *call) perform(h handler) (answer, error) {
	body, err := h(c)
	if err == nil {
		body, err = c.present(body, c.p.strings("expand"))
	}
	if bad := c.p.err; bad != nil {
		return answer{}, bad // a parameter that cannot be read explains whatever followed
	}
	if bad := (*apiError)(nil); errors.As(err, &bad) && bad.keeps() {
		return errorAnswer(bad), nil
	}
	if err != nil {
		return answer{}, err
	}
	if bad := c.p.verdict(); bad != nil {
		return answer{}, bad
	}
	return answer{status: http.StatusOK, body: encode(body)}, nil
}

// admit checks the key and the version.
func (s *Server) admit(r *http.Request) *apiError {
	key, _, basic := r.BasicAuth()
	if !basic {
		scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return unauthorized("You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.")
		}
		key = strings.TrimSpace(rest)
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.Key)) != 1 {
		return unauthorized("Invalid API Key provided: " + masked(key))
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != APIVersion {
		return invalid("", "Invalid Stripe API version: %s. This stand-in speaks %s only.", v, APIVersion)
	}
	return nil
}

// masked shows enough of a key to recognize it, as Stripe does.
func masked(key string) string {
	if len(key) < 16 {
		return "****"
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}

// readParams reads query and body, and sums up the request so that a replay
// with other parameters can be told.
func readParams(r *http.Request) (*params, string, *apiError) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, "", invalid("", "The request's body could not be read or is over %d bytes.", maxBody)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, "", invalid("", "The request's query could not be read.")
	}
	form := url.Values{}
	if len(body) > 0 {
		if ct := r.Header.Get("Content-Type"); ct != "" && !strings.HasPrefix(ct, "application/x-www-form-urlencoded") {
			return nil, "", invalid("", "Invalid request: the body must be application/x-www-form-urlencoded.")
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, "", invalid("", "The request's body could not be read as a form.")
		}
	}
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "?" + query.Encode() + "\n" + form.Encode()))
	return parseParams(query, form), hex.EncodeToString(sum[:]), nil
}

// replay is the answer that is kept for an Idempotency-Key. The same key with
// another request is refused.
// https://docs.stripe.com/api/idempotent_requests
func (w *work) replay(key, sum string) (answer, bool, error) {
	if key == "" {
		return answer{}, false, nil
	}
	var was string
	got := answer{replayed: true}
	err := w.tx.QueryRowContext(w.ctx, `SELECT request, status, body FROM idempotency WHERE key = $1`, key).
		Scan(&was, &got.status, &got.body)
	if errors.Is(err, sql.ErrNoRows) {
		return answer{}, false, nil
	}
	if err != nil {
		return answer{}, false, fmt.Errorf("read idempotency key: %w", err)
	}
	if was != sum {
		return errorAnswer(&apiError{status: http.StatusBadRequest, typ: "idempotency_error",
			message: "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
				"Try using a key other than '" + key + "' if you meant to execute a different request."}), true, nil
	}
	return got, true, nil
}

// keep stores an answer for its key. Refused parameters are not kept, since
// the request never began; a 500 is.
func (w *work) keep(key, sum string, got answer) error {
	if key == "" {
		return nil
	}
	_, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO idempotency (key, request, status, body, at_wall) VALUES ($1, $2, $3, $4, $5)`,
		key, sum, got.status, string(got.body), time.Now().Unix())
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", err)
	}
	return nil
}

// forgetKeys drops keys that are over a day old, as Stripe may.
func (w *work) forgetKeys() error {
	_, err := w.tx.ExecContext(w.ctx, `DELETE FROM idempotency WHERE at_wall < $1`, time.Now().Add(-24*time.Hour).Unix())
	return err
}

// unknownRoute answers every address under /v1 that isn't served.
func unknownRoute(c *call) (obj, error) {
	return nil, &apiError{status: http.StatusNotFound, typ: "invalid_request_error",
		message: fmt.Sprintf("Unrecognized request URL (%s: %s). This stand-in serves a part of Stripe's API.", c.r.Method, c.r.URL.Path)}
}
