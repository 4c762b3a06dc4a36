package reader

import (
	"strings"
	"testing"
)

func TestCodesBelongToTheirAddressAndRow(t *testing.T) {
	t.Parallel()
	k, err := NewKeys("a secret of this paper")
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKeys("a secret of another one")
	if err != nil {
		t.Fatal(err)
	}
	mac := k.codeMAC("row", "maud@example.org", "123456")
	for what, got := range map[string]string{
		"another address": k.codeMAC("row", "ed@example.org", "123456"),
		"another row":     k.codeMAC("row2", "maud@example.org", "123456"),
		"another code":    k.codeMAC("row", "maud@example.org", "123457"),
		"another secret":  other.codeMAC("row", "maud@example.org", "123456"),
		"a shifted seam":  k.codeMAC("rowm", "aud@example.org", "123456"),
		"a link":          k.linkMAC("123456"),
	} {
		if sameMAC(mac, got) {
			t.Errorf("the code is good for %s", what)
		}
	}
	if !sameMAC(mac, k.codeMAC("row", "maud@example.org", "123456")) {
		t.Error("the code is not even good for itself")
	}
	if _, err := NewKeys("short"); err == nil {
		t.Error("a short secret was accepted")
	}
}

// A biased generator (a byte modulo ten, say) fails this; a fair one does so
// less than once in a million runs.
func TestDigitsAreFair(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var seen [CodeDigits][10]int
	for range n {
		s, err := newDigits()
		if err != nil || len(s) != CodeDigits {
			t.Fatal(s, err)
		}
		for i, c := range s {
			seen[i][c-'0']++
		}
	}
	for i, digits := range seen {
		sum := 0.0
		for _, got := range digits {
			d := float64(got) - n/10
			sum += d * d / (n / 10)
		}
		if sum > 50 { // chi-squared, 9 degrees of freedom
			t.Errorf("place %d: %v", i, digits)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a, b := newToken(), newToken()
	if a == b || !plausibleToken(a) || !plausibleToken(b) {
		t.Error(a, b)
	}
	for _, s := range []string{"", a[1:], a + "a", strings.ToUpper(a), strings.Repeat("1", tokenLen), a[:25] + "/"} {
		if plausibleToken(s) {
			t.Errorf("%q passes for a token", s)
		}
	}
}

func TestTypedCodes(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"012345": "012345", " 012 345\t": "012345", "012-345": "012345", "０１２３４５": "012345"} {
		if got, err := parseDigits(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for typed, why := range map[string]string{
		"": "Type the six", "01234": "That is five digits. The code has six.", "0123456": "seven", "0123456789": "10 digits", "O12345": "digits only", "12345٣": "digits only",
	} {
		if _, err := parseDigits(typed); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
