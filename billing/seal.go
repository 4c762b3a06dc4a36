package billing

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// errNotSealed is the cause when a token is not one of ours.
var errNotSealed = errors.New("the token is not ours")

// seal writes and reads tokens that whoever holds them can read, and nobody can
// make or change. Each use has a key of its own, so that a token of one opens
// nothing of another.
type seal struct{ key []byte }

// newSeal derives the key of a use from the paper's secret (APP_SECRET).
func newSeal(secret, use string) (seal, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, use, sha256.Size)
	return seal{key}, err
}

// close writes a text as a token for an address.
func (k seal) close(plain string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(plain)) + "." + base64.RawURLEncoding.EncodeToString(k.sum(plain))
}

// open gives the text of a token that close wrote.
func (k seal) open(token string) (string, error) {
	head, tail, _ := strings.Cut(token, ".")
	plain, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return "", err
	}
	sum, err := base64.RawURLEncoding.DecodeString(tail)
	if err != nil || len(k.key) == 0 || !hmac.Equal(sum, k.sum(string(plain))) {
		return "", errNotSealed
	}
	return string(plain), nil
}

func (k seal) sum(plain string) []byte {
	h := hmac.New(sha256.New, k.key)
	h.Write([]byte(plain))
	return h.Sum(nil)
}
