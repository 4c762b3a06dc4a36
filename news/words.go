package news

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// apart is true for letters of scripts that are written without spaces
// between words.
func apart(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer)
}

// CountWords counts the words of a text: what stands between spaces and holds
// a letter or a digit. In scripts written without spaces every letter counts
// as one, as newsrooms there count.
func CountWords(text string) int {
	n := 0
	for field := range strings.FieldsSeq(text) {
		word := false
		for _, r := range field {
			switch {
			case apart(r):
				n++
			case unicode.IsLetter(r) || unicode.IsNumber(r):
				word = true
			}
		}
		if word {
			n++
		}
	}
	return n
}

// latin spells letters that Unicode does not take apart into a letter and a
// mark.
var latin = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ĸ", "k", "ŋ", "n", "ŧ", "t", "ə", "e",
	"'", "", "’", "", "ʼ", "",
)

// plain is a text in lower case without marks on its Latin letters.
func plain(text string) string {
	text = latin.Replace(strings.ToLower(norm.NFKC.String(text)))
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

const (
	slugMax  = 80
	slugHash = 8
)

// Slugify makes the last part of an address of a name: lower case ASCII words
// joined by hyphens, at most 80 letters. Latin letters are spelt without their
// marks. A name that leaves nothing ("東京") becomes "story-" and a hash of it,
// and one that is too long ends in a hash of the whole, so that different
// names have different addresses and the same name always has the same.
func Slugify(name string) string {
	var b strings.Builder
	for _, r := range plain(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.TrimSuffix(b.String(), "-")
	sum := sha256.Sum256([]byte(norm.NFC.String(name)))
	hash := hex.EncodeToString(sum[:])[:slugHash]
	switch {
	case slug == "":
		return "story-" + hash
	case len(slug) > slugMax:
		return strings.TrimRight(slug[:slugMax-slugHash-1], "-") + "-" + hash
	}
	return slug
}

// ValidSlug reports whether s can stand at the end of an address.
func ValidSlug(s string) bool {
	if s == "" || len(s) > slugMax || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// termMax bounds a term, so that no index entry grows with its text.
const termMax = 40

// Terms are the words by which a text is found, each once, sorted: lower case,
// without marks. Scripts without spaces are found by each pair of letters that
// stand together (and by a lone letter).
func Terms(text string) []string {
	var terms []string
	for _, word := range strings.FieldsFunc(plain(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		terms = appendTerms(terms, []rune(word))
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

func appendTerms(terms []string, word []rune) []string {
	for len(word) > 0 {
		n := 1
		for n < len(word) && apart(word[n]) == apart(word[0]) {
			n++
		}
		run := word[:n]
		word = word[n:]
		switch {
		case !apart(run[0]):
			terms = append(terms, string(run[:min(len(run), termMax)]))
		case len(run) == 1:
			terms = append(terms, string(run))
		default:
			for i := range len(run) - 1 {
				terms = append(terms, string(run[i:i+2]))
			}
		}
	}
	return terms
}
