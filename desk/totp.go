package desk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and every authenticator app use; HMAC does not rest on collisions
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Time-based one-time codes: RFC 6238 over RFC 4226, with the parameters that
// authenticator apps take for granted.
const (
	totpStep   = 30 * time.Second
	totpSecret = 20 // bytes: the length of the hash, as RFC 4226 recommends
	// totpSkew is how many steps a telephone's clock may be off, either way.
	totpSkew = 1
)

// newTOTPSecret makes a secret.
func newTOTPSecret() []byte {
	secret := make([]byte, totpSecret)
	_, _ = rand.Read(secret) // never fails since Go 1.24: the program would end
	return secret
}

// stepOf is the step that an instant lies in.
func stepOf(now time.Time) int64 { return now.Unix() / int64(totpStep/time.Second) }

// totpAt is the code of a step.
func totpAt(secret []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	h := hmac.New(sha1.New, secret)
	h.Write(counter[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// matchTOTP is the step near now whose code was typed; false for none.
func matchTOTP(secret []byte, code string, now time.Time) (int64, bool) {
	found, ok := int64(0), false
	for step := stepOf(now) - totpSkew; step <= stepOf(now)+totpSkew; step++ {
		if subtle.ConstantTimeCompare([]byte(totpAt(secret, step)), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// secretText is a secret as people type it: groups of four letters.
func secretText(secret []byte) string {
	s := base32Plain.EncodeToString(secret)
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

// totpAddress is what the QR code holds, as authenticator apps read it.
func totpAddress(secret []byte, paper, email string) string {
	label := url.PathEscape(paper) + ":" + url.PathEscape(email)
	q := "secret=" + base32Plain.EncodeToString(secret) + "&issuer=" + strings.ReplaceAll(url.QueryEscape(paper), "+", "%20")
	return "otpauth://totp/" + label + "?" + q
}

// TOTPCode computes the code that an authenticator app would show for a secret
// as people type it, for tests and for the development mailbox.
func TOTPCode(secret string, now time.Time) (string, error) {
	raw, err := base32Plain.DecodeString(strings.ToUpper(strings.ReplaceAll(secret, " ", "")))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return totpAt(raw, stepOf(now)), nil
}
