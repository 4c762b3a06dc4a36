package reader_test

import (
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"broadsheet/internal/fault"
	"broadsheet/reader"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]reader.Address{
		"maud@example.org":               {Email: "maud@example.org", Form: "maud@example.org"},
		"  Maud.F+news@Example.ORG \n":   {Email: "Maud.F+news@example.org", Form: "maud.f+news@example.org"},
		"maud@Bücher.example":            {Email: "maud@bücher.example", Form: "maud@xn--bcher-kva.example"},
		"maud@XN--BCHER-KVA.example":     {Email: "maud@bücher.example", Form: "maud@xn--bcher-kva.example"},
		"maud@bu\u0308cher.example":      {Email: "maud@bücher.example", Form: "maud@xn--bcher-kva.example"},
		"jose\u0301@example.org":         {Email: "josé@example.org", Form: "josé@example.org"},
		"m\u0130ke@example.org":          {Email: "m\u0130ke@example.org", Form: "m\u0130ke@example.org"}, // not mike
		"o'brien!#$%&*/=?^_`{|}~@ex.org": {Email: "o'brien!#$%&*/=?^_`{|}~@ex.org", Form: "o'brien!#$%&*/=?^_`{|}~@ex.org"},
	} {
		got, err := reader.Addresses{}.Parse(typed)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", typed, got, err)
		}
	}
}

func TestAddressesThatAreRefusedSayWhy(t *testing.T) {
	t.Parallel()
	for typed, why := range map[string]string{
		"":                                     "Type your e-mail",
		"   ":                                  "Type your e-mail",
		"maud":                                 "has an @ in it",
		"maud@@example.org":                    "has one @",
		"@example.org":                         "before the @ is missing",
		"maud@":                                "after the @ is missing",
		"maud@example":                         "no dot",
		"maud@localhost":                       "no dot",
		"maud@192.0.2.1":                       "a number",
		"maud@[192.0.2.1]":                     "can't carry",
		"maud@example..org":                    "name of a mail server",
		"maud@-example.org":                    "name of a mail server",
		"maud f@example.org":                   "a space inside",
		"maud@exam\u200bple.org\r\nBcc: a@b.c": "has one @",
		"maud\r\nBcc:x@example.org":            "a space inside",
		"maud\x00@example.org":                 "can't carry",
		"\"maud\"@example.org":                 "can't carry",
		"Maud <maud@example.org>":              "a space inside",
		"<maud@example.org>":                   "can't carry",
		"a@example.org,b@example.org":          "has one @",
		".maud@example.org":                    "Look for",
		"ma..ud@example.org":                   "Look for",
		"maud\xff@example.org":                 "can't carry",
		strings.Repeat("a", 65) + "@ex.org":    "longer than",
		"m@" + strings.Repeat("abcdefgh.", 30) + "org": "longer than",
	} {
		got, err := reader.Addresses{}.Parse(typed)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.SentenceOf(err), why) {
			t.Errorf("%q: %+v, %v; want %q", typed, got, err, why)
		}
	}
}

func TestLoopbackIsAnAddressInDevelopment(t *testing.T) {
	t.Parallel()
	got, err := reader.Addresses{Local: true}.Parse("Maud@LocalHost")
	if err != nil || got.Form != "maud@localhost" {
		t.Error(got, err)
	}
	if _, err := (reader.Addresses{Local: true}).Parse("maud@intranet"); err == nil {
		t.Error("another name without a dot was accepted")
	}
}

// What is accepted is one address that mail can be sent to, and reading it
// again changes nothing.
func TestFormIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(
			rapid.String(),
			rapid.Custom(func(t *rapid.T) string {
				return rapid.StringN(0, 20, -1).Draw(t, "local") + "@" + rapid.StringN(0, 20, -1).Draw(t, "domain") + ".org"
			}),
			rapid.StringMatching(`[ ]?[A-Za-z0-9.+_-]{1,20}@[A-Za-z0-9-]{1,10}\.[A-Za-z]{2,6}[ ]?`),
		).Draw(t, "typed")
		a, err := reader.Addresses{}.Parse(typed)
		if err != nil {
			if fault.SentenceOf(err) == "" {
				t.Fatalf("%q is refused without a sentence: %v", typed, err)
			}
			return
		}
		if len(a.Email) > 254 || !utf8.ValidString(a.Email) || strings.ContainsAny(a.Email, "\r\n\x00 ") {
			t.Fatalf("%q became %q", typed, a.Email)
		}
		if p, err := mail.ParseAddress(a.Email); err != nil || p.Address != a.Email {
			t.Fatalf("%q is read as %v, %v", a.Email, p, err)
		}
		for _, again := range []string{a.Email, a.Form, " " + strings.ToUpper(typed[:0]) + a.Email + "\t"} {
			if b, err := (reader.Addresses{}).Parse(again); err != nil || b.Form != a.Form {
				t.Fatalf("%q has form %q, and read again %q, %v", typed, a.Form, b.Form, err)
			}
		}
	})
}
