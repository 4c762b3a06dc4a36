package billing

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"broadsheet/internal/fault"
)

// giftAlphabet has no two characters that are taken for each other when they
// are read aloud or in print: of 0 O, 1 I L, 2 Z, 5 S, 8 B and U V there is none.
// Its 23 is a prime, so that a sum with weights tells every single wrong
// character and every two that changed places.
const giftAlphabet = "34679ACDEFGHJKMNPQRTWXY"

// A code is 18 characters that nobody can guess, 81 bits, and two that check
// them; in print, five groups of four.
const (
	giftSecret = 18
	giftCheck  = 2
	giftGroup  = 4
)

// GiftCodes makes codes. A code is not kept: it follows from the paper's secret
// and the gift, so that it can be mailed and printed on its day, and only its
// hash is in the database. The hash needs no secret: codes that were sent are
// good after the paper's secret was changed.
type GiftCodes struct{ key []byte }

// NewGiftCodes derives the key from the paper's secret (APP_SECRET).
func NewGiftCodes(secret string) (GiftCodes, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet gift code v1", sha256.Size)
	return GiftCodes{key}, err
}

// code is the gift's code as it is written.
func (k GiftCodes) code(gift string, serial int) string {
	sum := hmacSum(k.key, fmt.Sprintf("%s/%d", gift, serial))
	n, base, digit := new(big.Int).SetBytes(sum), big.NewInt(int64(len(giftAlphabet))), new(big.Int)
	digits := make([]int, giftSecret)
	for i := range digits {
		n.DivMod(n, base, digit)
		digits[i] = int(digit.Int64())
	}
	return grouped(append(digits, checkDigits(digits)...))
}

func hmacSum(key []byte, what string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(what))
	return h.Sum(nil)
}

// checkDigits are two sums with different weights.
func checkDigits(digits []int) []int {
	a, b := 0, 0
	for i, d := range digits {
		a += (i + 1) * d
		b += (i + 1) * (i + 1) * d
	}
	return []int{a % len(giftAlphabet), b % len(giftAlphabet)}
}

func grouped(digits []int) string {
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && i%giftGroup == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(giftAlphabet[d])
	}
	return out.String()
}

// ParseGiftCode reads a code as somebody typed it, in any case and however it
// is split, and writes it as we do. Its fault is Invalid and says what is wrong;
// nothing was looked up.
func ParseGiftCode(typed string) (string, error) {
	var digits []int
	for _, r := range strings.ToUpper(typed) {
		switch {
		case r == ' ' || r == '-' || r == '‐' || r == '–' || r == '.' || r == '\t' || r == '\u00a0':
		case strings.ContainsRune(giftAlphabet, r):
			digits = append(digits, strings.IndexRune(giftAlphabet, r))
		default:
			return "", fault.New(fault.Invalid, fmt.Sprintf("No code of ours holds %q. Please compare it with the card or the e-mail.", string(r)), nil)
		}
	}
	switch n := len(digits); {
	case n == 0:
		return "", fault.New(fault.Invalid, "Type the code from the card or the e-mail.", nil)
	case n != giftSecret+giftCheck:
		return "", fault.New(fault.Invalid, fmt.Sprintf("That is %d characters. The code has %d.", n, giftSecret+giftCheck), nil)
	}
	for i, d := range checkDigits(digits[:giftSecret]) {
		if digits[giftSecret+i] != d {
			return "", fault.New(fault.Invalid, "There is a slip in this code: a character is wrong, or two changed places. Please compare it with the card or the e-mail.", nil)
		}
	}
	return grouped(digits), nil
}

// hashGiftCode is what is kept of a code. It has 81 bits of chance in it, so
// that nobody finds it by trying hashes.
func hashGiftCode(code string) string {
	sum := sha256.Sum256([]byte("broadsheet gift " + code))
	return hex.EncodeToString(sum[:])
}

// GiftLinks seals the links that lead a buyer, with an account or without, to a
// gift: to its state, its card, and the way to take it back.
type GiftLinks struct{ key []byte }

// NewGiftLinks derives the key from the paper's secret (APP_SECRET).
func NewGiftLinks(secret string) (GiftLinks, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "broadsheet gift link v1", sha256.Size)
	return GiftLinks{key}, err
}

// Seal writes the token of a gift's link.
func (k GiftLinks) Seal(gift string) string {
	return gift + "." + base64.RawURLEncoding.EncodeToString(hmacSum(k.key, gift)[:16])
}

// Open reads a token. Missing for one that we did not seal.
func (k GiftLinks) Open(token string) (string, error) {
	gift, _, _ := strings.Cut(token, ".")
	if !hmac.Equal([]byte(k.Seal(gift)), []byte(token)) {
		return "", noGift()
	}
	return gift, nil
}

func noGift() error {
	return fault.New(fault.Missing, "There is no gift at this address. The link in the e-mail about your gift leads to it.", nil)
}
