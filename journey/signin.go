package journey

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/mail"
	"broadsheet/numbers"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// outbox takes a message for delivery, in the transaction that ctx carries.
type outbox interface {
	Post(ctx context.Context, m mail.Message) error
}

// pools brings a device's reads into its reader's pool. The storing half takes
// part in the transaction; Forget clears what memory holds of it.
type pools interface {
	Join(ctx context.Context, visitor, reader string) error
	Forget(ids ...string)
}

// signInStore is the storage of what signing in touches.
type signInStore interface {
	reader.SignInStore
	reader.AccountStore
}

// SignInParts is what a SignIn is made of.
type SignInParts struct {
	Store     signInStore
	Pools     pools
	Outbox    outbox
	House     func(ctx context.Context) (letters.House, error) // who writes
	Keys      reader.Keys
	Addresses reader.Addresses
	Link      func(token string) string // the absolute address of a sign-in link
	Counts    *Counts                   // nil counts nothing
}

// SignIn is the way from an address to an open account.
type SignIn struct {
	parts    SignInParts
	codes    *reader.SignIns
	accounts *reader.Accounts
}

// NewSignIn joins the parts.
func NewSignIn(p SignInParts) *SignIn {
	s := &SignIn{parts: p, accounts: reader.NewAccounts(p.Store, p.Addresses)}
	s.codes = reader.NewSignIns(p.Store, p.Keys, p.Addresses, s)
	return s
}

// PostCode puts the sign-in mail into the outbox. It makes a SignIn the reader
// room's postman: that room doesn't know how a mail looks.
func (s *SignIn) PostCode(ctx context.Context, m reader.CodeMail) error {
	house, err := s.parts.House(ctx)
	if err != nil {
		return fmt.Errorf("sign-in mail: %w", err)
	}
	letter, err := letters.Code{Code: m.Digits, Link: s.parts.Link(m.Token), Minutes: int(m.Life / time.Minute)}.Letter(house)
	if err != nil {
		return fmt.Errorf("sign-in mail: %w", err)
	}
	return s.parts.Outbox.Post(ctx, mail.Message{
		To: m.To, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Key: signInMails + m.ID,
	})
}

// Ask mails a code and a link. See reader.SignIns.AskCode.
func (s *SignIn) Ask(ctx context.Context, ask reader.Ask) (reader.Asked, error) {
	return s.codes.AskCode(ctx, ask)
}

// Peek says whom a link would sign in, and changes nothing.
func (s *SignIn) Peek(ctx context.Context, token string, wall time.Time) (reader.Proof, error) {
	return s.codes.PeekLink(ctx, token, wall)
}

// Device is where somebody signs in.
type Device struct {
	Visitor string // the device's id; "" if it has none
	Network string // "" if it isn't known
	Wall    time.Time
	Paper   time.Time
}

// Entered is an account that was opened.
type Entered struct {
	reader.Entered
	Return string // where the reader wanted to go when they asked; a local path
	// ShowBought: the owner proved the address just now, and must be shown what
	// was bought for it before.
	ShowBought bool
}

// ByCode opens the account of an address by a code. See reader.SignIns.CheckCode
// for its faults.
func (s *SignIn) ByCode(ctx context.Context, email, code string, d Device) (Entered, error) {
	proof, err := s.codes.CheckCode(ctx, reader.Try{Email: email, Code: code, Network: d.Network, Now: d.Wall})
	if err != nil {
		return Entered{}, err
	}
	return s.enter(ctx, proof, d)
}

// ByLink opens the account of an address by a link whose button was pressed, on
// any device.
func (s *SignIn) ByLink(ctx context.Context, token string, d Device) (Entered, error) {
	proof, err := s.codes.CheckLink(ctx, token, d.Network, d.Wall)
	if err != nil {
		return Entered{}, err
	}
	return s.enter(ctx, proof, d)
}

// enter does in one transaction what must not come apart: the code is used up,
// the account is found or made, the address is proven, the sessions of whoever
// used it before are ended, and the device's reads join the account's. The
// caller opens the new session afterwards and forgets the ended ones.
func (s *SignIn) enter(ctx context.Context, proof reader.Proof, d Device) (Entered, error) {
	out := Entered{Return: proof.Return}
	err := s.parts.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if out.Entered, err = s.accounts.Enter(ctx, proof, d.Wall, d.Paper); err != nil {
			return err
		}
		if out.New {
			if err := s.parts.Counts.At(ctx, numbers.Registered, proof.Return); err != nil {
				return err
			}
		}
		if d.Visitor == "" {
			return nil
		}
		return s.parts.Pools.Join(ctx, d.Visitor, out.Reader.ID)
	})
	if err != nil {
		return Entered{}, err
	}
	// Again, now that it is committed: a load in between may have kept what was.
	s.parts.Pools.Forget(d.Visitor, out.Reader.ID)
	out.ShowBought = out.First && out.Reader.Bought
	return out, nil
}
