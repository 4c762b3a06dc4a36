package desk

import (
	"regexp"
	"strings"

	"broadsheet/billing"
	"broadsheet/internal/id"
	"broadsheet/reader"
)

// Lookup is what the desk looks for among the readers. At most one of its parts
// but Name and Email is set; with none, all readers are meant, the newest first.
type Lookup struct {
	ID     string // a reader's
	Stripe string // an id of Stripe's: cus_…, sub_…, in_…, cs_…, ch_…
	Gift   string // hash of a gift's code
	Name   string // what the name begins with, in the form of reader.NameForm
	Email  string // what the address begins with, in the form of an account
	After  Place  // the page before ended there
	Limit  int
}

// Place is where a page of readers ended: behind a reader, among those who were
// found by their names or by their addresses.
type Place struct {
	Reader  string
	ByEmail bool
}

// Found is a reader in a list.
type Found struct {
	reader.Reader
	Role reader.Role
	Subs []billing.Subscription
}

// stripeID is how Stripe writes its ids, but for those of things that no reader
// has. pi_, re_ and du_ lead to a customer as well.
var stripeID = regexp.MustCompile(`^(cus|sub|in|cs|ch|py|pi|re|pyr|du|dp)_[A-Za-z0-9_]+$`)

// ParseLookup tells from what was typed what is looked for.
func ParseLookup(typed string) Lookup {
	s := strings.TrimSpace(typed)
	switch {
	case s == "":
		return Lookup{}
	case stripeID.MatchString(s):
		return Lookup{Stripe: s}
	case id.Valid(strings.ToLower(s)):
		return Lookup{ID: strings.ToLower(s)}
	}
	if hash, err := billing.GiftCodeHash(s); err == nil {
		return Lookup{Gift: hash}
	}
	if strings.Contains(s, "@") {
		l := Lookup{Email: strings.ToLower(s)}
		if whole, err := (reader.Addresses{Local: true}).Parse(s); err == nil {
			l.Email = whole.Form
		}
		return l
	}
	return Lookup{Name: reader.NameForm(s), Email: strings.ToLower(s)}
}

// IsZero reports whether it looks for nobody in particular.
func (l Lookup) IsZero() bool { return l.ID+l.Stripe+l.Gift+l.Name+l.Email == "" }
