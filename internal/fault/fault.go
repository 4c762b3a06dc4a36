// Package fault gives every failure a kind and a sentence for the person who
// met it. It knows nothing of HTTP: one table in handlers maps kinds to
// statuses, so a rule can say "forbidden" without knowing who asked.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure this is, in terms that a caller can act on.
type Kind int

const (
	// Internal is our own failure. Its sentence is never specific.
	Internal Kind = iota
	// Missing: the thing asked for is not there.
	Missing
	// Invalid: the input cannot be accepted; the person can mend it.
	Invalid
	// Forbidden: the person is known and may not do this.
	Forbidden
	// SignIn: the person must sign in first.
	SignIn
	// Conflict: the state changed since the person looked.
	Conflict
	// TooMany: a rate limit was met; try again later.
	TooMany
	// Unavailable: something we depend on does not answer; try again soon.
	Unavailable
	// TooLarge: the body exceeds what this route takes.
	TooLarge
	// NotAllowed: this address does not take that method.
	NotAllowed
)

var names = map[Kind]string{
	Internal: "internal", Missing: "missing", Invalid: "invalid", Forbidden: "forbidden",
	SignIn: "sign in", Conflict: "conflict", TooMany: "too many", Unavailable: "unavailable",
	TooLarge: "too large", NotAllowed: "not allowed",
}

func (k Kind) String() string { return names[k] }

// Fault is a failure with a sentence for its reader. The cause is for the log
// only and never reaches a page.
type Fault struct {
	Kind     Kind
	Sentence string
	Cause    error
}

// New makes a fault. The sentence says what happened and what to do next, in
// plain words; cause may be nil.
func New(kind Kind, sentence string, cause error) *Fault {
	return &Fault{Kind: kind, Sentence: sentence, Cause: cause}
}

func (f *Fault) Error() string {
	if f.Cause == nil {
		return fmt.Sprintf("%s: %s", f.Kind, f.Sentence)
	}
	return fmt.Sprintf("%s: %s: %v", f.Kind, f.Sentence, f.Cause)
}

func (f *Fault) Unwrap() error { return f.Cause }

// KindOf finds the kind of the outermost fault in err; Internal if it has none.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Internal
}

// Is reports whether err carries a fault of that kind.
func Is(err error, kind Kind) bool {
	f, ok := errors.AsType[*Fault](err)
	return ok && f.Kind == kind
}

// SentenceOf is what a reader may be told of err; "" if it carries no sentence.
func SentenceOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok && f.Kind != Internal {
		return f.Sentence
	}
	return ""
}
