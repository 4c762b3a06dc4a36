package reader

import (
	"context"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// AccountStore is what accounts need of a storage.
type AccountStore interface {
	ReaderByForm(ctx context.Context, form string) (Reader, bool, error)
	// AddReader makes an account unless the form has one; false if it had.
	AddReader(ctx context.Context, r Reader, form string) (bool, error)
	// UseCode uses a living code up; false if it was used, replaced or expired.
	UseCode(ctx context.Context, codeID string, now time.Time) (bool, error)
	// VerifyReader marks the address proven; false if it already was.
	VerifyReader(ctx context.Context, readerID string, now time.Time) (bool, error)
	// EndSessions ends a reader's sessions, all but keep's public id, and gives
	// the hashes of their tokens.
	EndSessions(ctx context.Context, readerID, keep string) ([]string, error)
}

// Accounts finds, makes and proves accounts.
type Accounts struct {
	store     AccountStore
	addresses Addresses
}

// NewAccounts joins the parts.
func NewAccounts(store AccountStore, addresses Addresses) *Accounts {
	return &Accounts{store: store, addresses: addresses}
}

// Entered is what a proof opened.
type Entered struct {
	Reader Reader
	New    bool // the account was made now
	First  bool // the address was proven for the first time
	// Ended are the token hashes of sessions that this ended: whoever caches
	// sessions must forget them once the transaction stands.
	Ended []string
}

// Enter uses a proof up and gives its account, made if there was none. The first
// proof of an address ends every session of the account: they were opened by
// somebody who had not shown that it is theirs. It belongs in a transaction.
func (a *Accounts) Enter(ctx context.Context, p Proof, wall, paper time.Time) (Entered, error) {
	used, err := a.store.UseCode(ctx, p.CodeID, wall)
	if err != nil {
		return Entered{}, err
	}
	if !used {
		return Entered{}, Spent()
	}
	r, made, err := a.findOrMake(ctx, p.Address, Reader{Created: paper})
	if err != nil {
		return Entered{}, err
	}
	out := Entered{Reader: r, New: made}
	if out.First, err = a.store.VerifyReader(ctx, r.ID, paper); err != nil || !out.First {
		return out, err
	}
	out.Reader.Verified = paper
	out.Ended, err = a.store.EndSessions(ctx, r.ID, "")
	return out, err
}

// Buy makes an account for a purchase with a new address. It is unverified, and
// so is the session that it opens. Faults: Invalid for the address; SignIn when
// the address is known, and must be proven first.
func (a *Accounts) Buy(ctx context.Context, email string, paper time.Time) (Reader, error) {
	addr, err := a.addresses.Parse(email)
	if err != nil {
		return Reader{}, err
	}
	r, made, err := a.findOrMake(ctx, addr, Reader{Created: paper, Bought: true})
	if err != nil {
		return Reader{}, err
	}
	if !made {
		return Reader{}, fault.New(fault.SignIn, "There is an account with that address. Sign in first, and the purchase goes on from there.", nil)
	}
	return r, nil
}

// Invite gives the account of an address, made if there was none: for the desk
// and for demo readers.
func (a *Accounts) Invite(ctx context.Context, email, name string, paper time.Time) (Reader, error) {
	addr, err := a.addresses.Parse(email)
	if err != nil {
		return Reader{}, err
	}
	r, _, err := a.findOrMake(ctx, addr, Reader{Created: paper, Name: name})
	return r, err
}

// findOrMake makes the account as blank says, unless the address has one.
func (a *Accounts) findOrMake(ctx context.Context, addr Address, blank Reader) (Reader, bool, error) {
	if r, ok, err := a.store.ReaderByForm(ctx, addr.Form); ok || err != nil {
		return r, false, err
	}
	blank.ID, blank.Email = id.New(blank.Created), addr.Email
	made, err := a.store.AddReader(ctx, blank, addr.Form)
	if made || err != nil {
		return blank, made, err
	}
	// Somebody else made it since we looked.
	r, ok, err := a.store.ReaderByForm(ctx, addr.Form)
	if err == nil && !ok {
		err = fault.New(fault.Unavailable, "The account couldn't be opened just now. Please try again.", nil)
	}
	return r, false, err
}
