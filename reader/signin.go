package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// SignInStore is what signing in needs of a storage. Every method is one atomic
// statement, in the transaction that ctx carries.
type SignInStore interface {
	Throttle
	InTx(ctx context.Context, fn func(context.Context) error) error
	ReaderByForm(ctx context.Context, form string) (Reader, bool, error)
	// PutCode replaces the address's code, unless one made after rested is still
	// alive and has tries left.
	PutCode(ctx context.Context, c Code, rested time.Time) (bool, error)
	// TryCode takes one try from the address's living code. Tries counts it.
	TryCode(ctx context.Context, form string, now time.Time) (Code, bool, error)
	CodeByLink(ctx context.Context, linkMAC string) (Code, bool, error)
}

// CodeMail is all that a sign-in mail says. It exists until it is sent.
type CodeMail struct {
	ID     string // unique: one mail for each
	To     string
	Digits string
	Token  string // of the link
	Life   time.Duration
}

// Postman takes a sign-in mail for delivery, in the transaction that ctx carries.
type Postman interface {
	PostCode(ctx context.Context, m CodeMail) error
}

// SignIns asks for codes and checks them. It never says whether an address has
// an account: both cases do and say the same.
type SignIns struct {
	store     SignInStore
	keys      Keys
	addresses Addresses
	post      Postman
}

// NewSignIns joins the parts.
func NewSignIns(store SignInStore, keys Keys, addresses Addresses, post Postman) *SignIns {
	return &SignIns{store: store, keys: keys, addresses: addresses, post: post}
}

// Ask is a request for a code.
type Ask struct {
	Email   string // as typed
	Network string // the client's network; "" when it isn't known
	Return  string // local path to go to once signed in
	Now     time.Time
}

// Asked is what became of it.
type Asked struct {
	Email string // as it will be shown and sent back with the code
	Again bool   // nothing was sent: a code less than a minute old is on its way
}

// AskCode mails a code and a link. Faults: Invalid for the address, TooMany
// with a *Limited cause.
func (s *SignIns) AskCode(ctx context.Context, ask Ask) (Asked, error) {
	addr, err := s.addresses.Parse(ask.Email)
	if err != nil {
		return Asked{}, err
	}
	digits, err := newDigits()
	if err != nil {
		return Asked{}, err
	}
	token := newToken()
	code := Code{
		ID: id.New(ask.Now), Address: addr, LinkMAC: s.keys.linkMAC(token), Return: ask.Return,
		Made: ask.Now, Expires: ask.Now.Add(CodeLife),
	}
	code.CodeMAC = s.keys.codeMAC(code.ID, addr.Form, digits)
	asked := Asked{Email: addr.Email}
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		put, err := s.store.PutCode(ctx, code, ask.Now.Add(-CodeRest))
		if err != nil || !put {
			asked.Again = err == nil
			return err
		}
		if err := s.takeMail(ctx, addr, ask); err != nil {
			return err
		}
		// A known address is written to as its owner spelt it, so that another
		// spelling can never lead the mail elsewhere.
		to := addr.Email
		if r, known, err := s.store.ReaderByForm(ctx, addr.Form); err != nil {
			return err
		} else if known {
			to = r.Email
		}
		return s.post.PostCode(ctx, CodeMail{ID: code.ID, To: to, Digits: digits, Token: token, Life: CodeLife})
	})
	return asked, err
}

// takeMail counts a mail. A refusal rolls the new code back with it, so that
// the one that was sent before stays good.
func (s *SignIns) takeMail(ctx context.Context, addr Address, ask Ask) error {
	err := take(ctx, s.store, s.keys, MailsFromNetwork, ask.Network,
		"Many codes were sent from your network within the hour. Please try again in %s.", ask.Now)
	if err != nil {
		return err
	}
	return take(ctx, s.store, s.keys, MailsToAddress, addr.Form,
		"We have sent as many codes to that address as we send in an hour. The newest one works for fifteen minutes; another can be sent in %s.", ask.Now)
}

// Proof is an address that somebody just showed to be theirs. It is worth
// nothing until its code is used up, in the transaction that acts on it.
type Proof struct {
	CodeID  string
	Address Address
	Return  string
}

// ErrSpent is the cause of a fault when a code or link can sign nobody in any
// more, and only a new one helps.
var ErrSpent = errors.New("code is expired, used, replaced or out of tries")

// Spent is the fault for a code or a link that is no longer good.
func Spent() error {
	return fault.New(fault.Invalid, "That code no longer works: codes last fifteen minutes, and a newer one replaces an older. We can send you another.", ErrSpent)
}

// Try is a code that somebody typed.
type Try struct {
	Email, Code string
	Network     string
	Now         time.Time
}

// CheckCode takes a try and checks it. Faults: Invalid for what was typed (with
// cause ErrSpent when only a new code helps), TooMany with a *Limited cause.
func (s *SignIns) CheckCode(ctx context.Context, t Try) (Proof, error) {
	addr, err := s.addresses.Parse(t.Email)
	if err != nil {
		return Proof{}, err
	}
	digits, err := parseDigits(t.Code)
	if err != nil {
		return Proof{}, err
	}
	if err := s.takeTry(ctx, t.Network, t.Now); err != nil {
		return Proof{}, err
	}
	err = take(ctx, s.store, s.keys, TriesForAddress, addr.Form, manyTries, t.Now)
	if err != nil {
		return Proof{}, err
	}
	code, ok, err := s.store.TryCode(ctx, addr.Form, t.Now)
	if err != nil {
		return Proof{}, err
	}
	if !ok {
		return Proof{}, Spent()
	}
	if err := take(ctx, s.store, s.keys, CodesTriedForAddress, addr.Form, manyTries, t.Now); err != nil {
		return Proof{}, err
	}
	if !sameMAC(code.CodeMAC, s.keys.codeMAC(code.ID, addr.Form, digits)) {
		return Proof{}, wrong(CodeTries - code.Tries)
	}
	return Proof{CodeID: code.ID, Address: code.Address, Return: code.Return}, nil
}

const manyTries = "That address has had many tries. The button in the e-mail still works; codes can be typed again in %s."

func (s *SignIns) takeTry(ctx context.Context, network string, now time.Time) error {
	return take(ctx, s.store, s.keys, TriesFromNetwork, network,
		"There were many tries from your network. Please try again in %s.", now)
}

// wrong says what is left to try.
func wrong(left int) error {
	switch {
	case left <= 0:
		return fault.New(fault.Invalid, "That isn't the code, and it was the last try for this one. We can send you another.", ErrSpent)
	case left == 1:
		return invalid("That isn't the code we sent. One try is left.", nil)
	}
	return invalid(fmt.Sprintf("That isn't the code we sent. %d tries are left.", left), nil)
}

// PeekLink says whose link this is and changes nothing: scanners open links.
func (s *SignIns) PeekLink(ctx context.Context, token string, now time.Time) (Proof, error) {
	if !plausibleToken(token) {
		return Proof{}, spentLink()
	}
	code, ok, err := s.store.CodeByLink(ctx, s.keys.linkMAC(token))
	if err != nil {
		return Proof{}, err
	}
	if !ok || !code.Alive(now) {
		return Proof{}, spentLink()
	}
	return Proof{CodeID: code.ID, Address: code.Address, Return: code.Return}, nil
}

// CheckLink checks a link whose button was pressed. Wrong tries of the code do
// not spoil it: it cannot be guessed.
func (s *SignIns) CheckLink(ctx context.Context, token, network string, now time.Time) (Proof, error) {
	if err := s.takeTry(ctx, network, now); err != nil {
		return Proof{}, err
	}
	return s.PeekLink(ctx, token, now)
}

func spentLink() error {
	return fault.New(fault.Invalid, "That link no longer works: it lasts fifteen minutes and signs in once. We can send you another.", ErrSpent)
}
