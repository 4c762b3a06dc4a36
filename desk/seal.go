package desk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys seal what the room keeps of second factors: whoever reads the database
// alone can neither compute a code nor use a recovery code.
type Keys struct {
	box      cipher.AEAD
	recovery []byte
}

// NewKeys derives the keys from the paper's secret (APP_SECRET).
func NewKeys(secret string) (Keys, error) {
	seal, errSeal := hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet second factor v1", 32)
	recovery, errRecovery := hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet recovery code v1", 32)
	if err := errors.Join(errSeal, errRecovery); err != nil {
		return Keys{}, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return Keys{}, err
	}
	box, err := cipher.NewGCM(block)
	return Keys{box: box, recovery: recovery}, err
}

// seal closes a secret for one member: in another's row it opens no more.
func (k Keys) seal(member string, secret []byte) string {
	nonce := make([]byte, k.box.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(k.box.Seal(nonce, nonce, secret, []byte(member)))
}

func (k Keys) open(member, sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < k.box.NonceSize() {
		return nil, errors.New("a second factor's secret is not one of ours")
	}
	secret, err := k.box.Open(nil, raw[:k.box.NonceSize()], raw[k.box.NonceSize():], []byte(member))
	if err != nil {
		return nil, fmt.Errorf("a second factor's secret does not open (was APP_SECRET changed?): %w", err)
	}
	return secret, nil
}

// Recovery codes: each is 50 bits, shown once and kept as a keyed hash.
const (
	recoveryCodes = 10
	recoveryLen   = 10
)

func newRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		s := strings.ToLower(rand.Text()[:recoveryLen])
		codes[i] = s[:recoveryLen/2] + "-" + s[recoveryLen/2:]
	}
	return codes
}

// recoveryMAC is how a code is kept; "" for what can be none.
func (k Keys) recoveryMAC(member, typed string) string {
	s := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, typed))
	if len(s) != recoveryLen {
		return ""
	}
	h := hmac.New(sha256.New, k.recovery)
	fmt.Fprintf(h, "%d:%s%s", len(member), member, s)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
