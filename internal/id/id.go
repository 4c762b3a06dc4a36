// Package id makes identifiers that sort by the time they were made, so that
// rows of a million readers stay together in an index, and that nobody can
// guess. It is UUIDv7's idea in Crockford's base 32.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Crockford's alphabet: no I, L, O, U, and in ascending byte order.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Len is the length of every identifier.
const Len = 26

// New makes an identifier: 48 bits of milliseconds, 80 bits from the system's
// random source.
func New(now time.Time) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	rand.Read(raw[6:])
	return encode(raw)
}

// encode writes 128 bits as 26 characters, the first of which carries 3 bits.
func encode(raw [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [Len]byte
	for i := Len - 1; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

// Valid reports whether s has the form of an identifier.
func Valid(s string) bool {
	if len(s) != Len || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u') {
			return false
		}
	}
	return true
}
