package reader

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"broadsheet/internal/fault"
)

// maxAddress is the longest address that mail can be sent to, in bytes.
// RFC 5321, 4.5.3.1.3, less the two angle brackets.
const maxAddress = 254

// maxLocal is the longest part before the @, in bytes. RFC 5321, 4.5.3.1.1.
const maxLocal = 64

// Address is an e-mail address that can be written to.
type Address struct {
	// Email is the address to send to: as typed, with the domain in lower case.
	Email string
	// Form is the address as accounts are told apart by it: two spellings of one
	// mailbox have the same form. Only ASCII letters are folded before the @. To
	// fold more would let a look-alike (a dotted capital İ for an i) enter the
	// account of another mailbox.
	Form string
}

// Addresses says which addresses are accepted.
type Addresses struct {
	// Local accepts a domain without a dot on this machine, for development.
	Local bool
}

// Parse reads what somebody typed into an e-mail field. Its faults are Invalid
// and say what is wrong with it.
func (a Addresses) Parse(typed string) (Address, error) {
	s := norm.NFC.String(strings.TrimSpace(typed))
	if err := looksWrong(s); err != nil {
		return Address{}, err
	}
	at := strings.LastIndexByte(s, '@')
	local, domain := s[:at], s[at+1:]
	ascii, err := a.domain(domain)
	if err != nil {
		return Address{}, err
	}
	shown, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return Address{}, invalid("The part after the @ isn't the name of a mail server.", err)
	}
	out := Address{Email: local + "@" + shown, Form: lowerASCII(local) + "@" + ascii}
	// The parser has the last word: what it reads otherwise could be sent elsewhere.
	parsed, err := mail.ParseAddress(out.Email)
	if err != nil || parsed.Address != out.Email || parsed.Name != "" {
		return Address{}, invalid("That isn't an address that mail can be sent to. Look for a comma, a space or a missing letter.", err)
	}
	if len(out.Email) > maxAddress || len(out.Form) > maxAddress || len(local) > maxLocal {
		return Address{}, invalid("That address is longer than mail allows.", nil)
	}
	return out, nil
}

// looksWrong finds what people mistype, in the order in which it helps to say.
func looksWrong(s string) error {
	switch {
	case s == "":
		return invalid("Type your e-mail address.", nil)
	case len(s) > maxAddress:
		return invalid("That address is longer than mail allows.", nil)
	case !utf8.ValidString(s):
		return invalid("That address holds characters that mail can't carry.", nil)
	case !strings.Contains(s, "@"):
		return invalid("An e-mail address has an @ in it, and this one doesn't.", nil)
	case strings.Count(s, "@") > 1:
		return invalid("An e-mail address has one @, and this one has more.", nil)
	case strings.HasPrefix(s, "@"):
		return invalid("The part before the @ is missing.", nil)
	case strings.HasSuffix(s, "@"):
		return invalid("The part after the @ is missing.", nil)
	case strings.ContainsFunc(s, unicode.IsSpace):
		return invalid("There is a space inside that address.", nil)
	case strings.ContainsFunc(s, unprintable), strings.ContainsAny(s, `"()<>[]:;,\`):
		return invalid("That address holds a character that mail can't carry.", nil)
	}
	return nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// domain brings the part after the @ into the form that the network uses.
func (a Addresses) domain(typed string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(typed)
	if err != nil {
		return "", invalid("The part after the @ isn't the name of a mail server.", err)
	}
	ascii = lowerASCII(ascii)
	if a.Local && ascii == "localhost" {
		return ascii, nil
	}
	labels := strings.Split(ascii, ".")
	if len(labels) < 2 {
		return "", invalid("The part after the @ has no dot in it, as in example.org.", nil)
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return "", invalid("The part after the @ isn't the name of a mail server.", nil)
		}
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "", invalid("The part after the @ is a number, not the name of a mail server.", nil)
	}
	return ascii, nil
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func invalid(sentence string, cause error) error { return fault.New(fault.Invalid, sentence, cause) }
