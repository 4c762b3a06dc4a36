package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Secret is a value that is never printed: not by fmt, not by slog, not as
// JSON. Reveal is the one way to it.
type Secret struct{ value string }

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{s} }

const hidden = "[hidden]"

// Reveal is the value itself, for the one who must use it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return hidden
}

// Format hides the value from every verb of fmt, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// GoString hides the value from debuggers that ask for it.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from JSON, YAML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value from the environment.
func (s *Secret) UnmarshalText(text []byte) error { s.value = string(text); return nil }

// Prefixes is a list of networks, written as CIDR blocks with commas between.
type Prefixes []netip.Prefix

// UnmarshalText reads the list.
func (p *Prefixes) UnmarshalText(text []byte) error {
	*p = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			return fmt.Errorf("%q is not a CIDR block", part)
		}
		*p = append(*p, prefix.Masked())
	}
	return nil
}

// parsers read the kinds of value whose stock parsers speak to programmers.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[bool](): func(s string) (any, error) {
		switch strings.ToLower(s) {
		case "1", "true", "yes", "on":
			return true, nil
		case "0", "false", "no", "off", "":
			return false, nil
		}
		return nil, fmt.Errorf("%q is neither 1 nor 0", s)
	},
	reflect.TypeFor[url.URL](): func(s string) (any, error) {
		u, err := url.Parse(s)
		if err != nil {
			return nil, errors.New("is not an address that a browser could open")
		}
		return *u, nil
	},
	reflect.TypeFor[Environment](): func(s string) (any, error) {
		if e := Environment(s); e == Development || e == Production {
			return e, nil
		}
		return nil, fmt.Errorf("%q is neither development nor production", s)
	},
}
