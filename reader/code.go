package reader

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// What a code may do.
const (
	CodeLife   = 15 * time.Minute // from the asking, in wall time
	CodeTries  = 5                // wrong or right
	CodeDigits = 6
	// CodeRest is how long a code that was just sent stands before another is
	// made: a second press of the button sends no second mail.
	CodeRest = time.Minute
)

// Code is a sign-in code as it is kept: what was sent is not in it.
type Code struct {
	ID      string
	Address Address
	CodeMAC string
	LinkMAC string
	Return  string // a local path
	Made    time.Time
	Expires time.Time
	Tries   int // used up so far
	Used    time.Time
}

// Alive reports whether the code or its link can still sign somebody in.
func (c Code) Alive(now time.Time) bool { return c.Used.IsZero() && now.Before(c.Expires) }

// Keys seal what the room keeps: codes, link tokens, and the names of what is
// limited. Each has a key of its own, derived from the paper's secret.
type Keys struct{ code, link, limit []byte }

// minSecret is the least a secret may hold, in bytes.
const minSecret = 16

// NewKeys derives the keys from the paper's secret (APP_SECRET).
func NewKeys(secret string) (Keys, error) {
	if len(secret) < minSecret {
		return Keys{}, fmt.Errorf("the secret has %d bytes and needs at least %d", len(secret), minSecret)
	}
	var k Keys
	var errs [3]error
	k.code, errs[0] = hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet sign-in code v1", sha256.Size)
	k.link, errs[1] = hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet sign-in link v1", sha256.Size)
	k.limit, errs[2] = hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet limit key v1", sha256.Size)
	return k, errors.Join(errs[:]...)
}

// codeMAC binds a code to its address and its row: a code for one address is
// nothing at another, and a table of a million macs cannot be made once for all.
func (k Keys) codeMAC(id, form, digits string) string { return mac(k.code, id, form, digits) }

func (k Keys) linkMAC(token string) string { return mac(k.link, token) }

// limitKey hides whom a limit counts.
func (k Keys) limitKey(limit, whom string) string { return mac(k.limit, limit, whom) }

// mac seals parts, none of which may run over into the next.
func mac(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func sameMAC(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// newDigits makes a code, every one of them equally likely.
func newDigits() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("sign-in code: %w", err)
	}
	return fmt.Sprintf("%0*d", CodeDigits, n.Int64()), nil
}

// tokenLen is what rand.Text gives: 26 characters of base 32, 130 bits.
const tokenLen = 26

// newToken makes a link's token.
func newToken() string { return strings.ToLower(rand.Text()) }

// plausibleToken spares the database what cannot be a token.
func plausibleToken(s string) bool {
	return len(s) == tokenLen && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// parseDigits reads what somebody typed as a code: spaces and hyphens between
// the digits are theirs to use.
func parseDigits(typed string) (string, error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == ' ', r == '-', r == '\u00a0', r == '\t':
			return -1
		case r >= '０' && r <= '９': // full width, as some keyboards give
			return r - '０' + '0'
		}
		return r
	}, typed)
	switch {
	case s == "":
		return "", invalid("Type the six digits from the e-mail.", nil)
	case strings.Trim(s, "0123456789") != "":
		return "", invalid("The code is made of digits only.", nil)
	case len(s) != CodeDigits:
		return "", invalid(fmt.Sprintf("That is %s. The code has six.", countDigits(len(s))), nil)
	}
	return s, nil
}

func countDigits(n int) string {
	words := []string{"", "one digit", "two digits", "three digits", "four digits", "five digits", "", "seven digits", "eight digits"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprintf("%d digits", n)
}
