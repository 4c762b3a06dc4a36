package reader

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NameForm is a name as it is looked for: "Élodie  Núñez" is "elodie nunez".
// Two names may have one form; nothing is told apart by it.
func NameForm(name string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	return strings.Join(strings.Fields(bare), " ")
}
