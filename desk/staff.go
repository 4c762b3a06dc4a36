package desk

import (
	"context"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/reader"
)

// Listed is a member as the owner sees the desk.
type Listed struct {
	ID       string
	Email    string
	Name     string
	Role     reader.Role
	Since    time.Time // of this role, paper time
	Proven   bool      // has signed in by mail at least once
	TOTP     bool
	Passkeys int
	Recovery int       // codes left
	Sessions int       // browsers that are signed in
	Seen     time.Time // last at the desk, in a session that is still open; zero for never
}

// staffStore keeps who is of the desk.
type staffStore interface {
	journalStore
	reader.AccountStore
	// LockRecord makes other changes of the desk wait for this transaction.
	LockRecord(ctx context.Context) error
	Staff(ctx context.Context, now time.Time) ([]Listed, error)
	// RoleOf is the role of a member, proven or not; "" for none.
	RoleOf(ctx context.Context, member string) (reader.Role, error)
	SetStaff(ctx context.Context, readerID string, role reader.Role, now time.Time) (bool, error)
	RenameReader(ctx context.Context, readerID, name string) error
	// OtherOwners counts owners with a proven address beside the member.
	OtherOwners(ctx context.Context, member string) (int, error)
	DropFactors(ctx context.Context, member string) (Factors, error)
}

// Staff says who is of the desk.
type Staff struct {
	store    staffStore
	journal  *Journal
	accounts *reader.Accounts
}

// NewStaff joins the parts.
func NewStaff(store staffStore, addresses reader.Addresses) *Staff {
	return &Staff{store: store, journal: NewJournal(store), accounts: reader.NewAccounts(store, addresses)}
}

// List is everybody of the desk, by role and then by address.
func (s *Staff) List(ctx context.Context, now time.Time) ([]Listed, error) {
	return s.store.Staff(ctx, now)
}

// Given is what a change of roles did.
type Given struct {
	Member  string
	Changed bool
	// Ended are the token hashes of sessions that this ended: whoever caches
	// sessions must forget them.
	Ended []string
}

type roleDoc struct {
	Role reader.Role `json:"role"`
}

// Add gives an address a role, and makes the account if there is none. Faults:
// Invalid for the address, Conflict for the last owner.
func (s *Staff) Add(ctx context.Context, by Member, email, name string, role reader.Role, now Now) (Given, error) {
	var out Given
	err := s.journal.Do(ctx, by, now, func(ctx context.Context) (Change, error) {
		r, err := s.accounts.Invite(ctx, email, "", now.Paper)
		if err != nil {
			return Change{}, err
		}
		if name = strings.TrimSpace(name); name != "" && r.Name == "" {
			if err := s.store.RenameReader(ctx, r.ID, name); err != nil {
				return Change{}, err
			}
		}
		out.Member = r.ID
		return s.give(ctx, &out, role, now)
	})
	return out, err
}

// SetRole gives a member another role; "" takes it away, and the second factors
// with it. Faults: Missing for somebody who is not of the desk, Conflict for
// the last owner.
func (s *Staff) SetRole(ctx context.Context, by Member, member string, role reader.Role, now Now) (Given, error) {
	out := Given{Member: member}
	err := s.journal.Do(ctx, by, now, func(ctx context.Context) (Change, error) {
		was, err := s.store.RoleOf(ctx, member)
		if err == nil && was == "" {
			err = notOfTheDesk()
		}
		if err != nil {
			return Change{}, err
		}
		change, err := s.give(ctx, &out, role, now)
		if err == nil && role == "" && out.Changed {
			_, err = s.store.DropFactors(ctx, member)
		}
		return change, err
	})
	return out, err
}

// give sets the role of out.Member and ends that member's sessions.
func (s *Staff) give(ctx context.Context, out *Given, role reader.Role, now Now) (Change, error) {
	if err := s.store.LockRecord(ctx); err != nil {
		return Change{}, err
	}
	was, err := s.store.RoleOf(ctx, out.Member)
	if err != nil {
		return Change{}, err
	}
	if was == reader.Owner && role != reader.Owner {
		others, err := s.store.OtherOwners(ctx, out.Member)
		if err != nil {
			return Change{}, err
		}
		if others == 0 {
			return Change{}, fault.New(fault.Conflict, "This is the last owner who has signed in. Make somebody else an owner first: without one, nobody could.", nil)
		}
	}
	if out.Changed, err = s.store.SetStaff(ctx, out.Member, role, now.Paper); err != nil || !out.Changed {
		return Change{}, err
	}
	if out.Ended, err = s.store.EndSessions(ctx, out.Member, ""); err != nil {
		return Change{}, err
	}
	change := Change{Kind: "staff.role", Subject: "staff", ID: out.Member}
	if was != "" {
		change.Before = roleDoc{was}
	}
	if role != "" {
		change.After = roleDoc{role}
	}
	return change, nil
}

// EndSessions signs a member out everywhere.
func (s *Staff) EndSessions(ctx context.Context, by Member, member string, now Now) (Given, error) {
	out := Given{Member: member}
	err := s.journal.Do(ctx, by, now, func(ctx context.Context) (Change, error) {
		if err := s.known(ctx, member); err != nil {
			return Change{}, err
		}
		var err error
		if out.Ended, err = s.store.EndSessions(ctx, member, ""); err != nil || len(out.Ended) == 0 {
			return Change{}, err
		}
		out.Changed = true
		return Change{Kind: "staff.signout", Subject: "staff", ID: member, Before: map[string]any{"sessions": len(out.Ended)}, After: map[string]any{"sessions": 0}}, nil
	})
	return out, err
}

// ResetFactors takes a member's second factors away and signs them out: the
// next time they sign in they set up a new one.
func (s *Staff) ResetFactors(ctx context.Context, by Member, member string, now Now) (Given, error) {
	out := Given{Member: member}
	err := s.journal.Do(ctx, by, now, func(ctx context.Context) (Change, error) {
		if err := s.known(ctx, member); err != nil {
			return Change{}, err
		}
		had, err := s.store.DropFactors(ctx, member)
		if err != nil || !had.Any() {
			return Change{}, err
		}
		out.Changed = true
		if out.Ended, err = s.store.EndSessions(ctx, member, ""); err != nil {
			return Change{}, err
		}
		return Change{Kind: "factor.reset", Subject: "staff", ID: member, Before: map[string]any{"app": !had.TOTP.IsZero(), "passkeys": len(had.Passkeys)}}, nil
	})
	return out, err
}

func (s *Staff) known(ctx context.Context, member string) error {
	role, err := s.store.RoleOf(ctx, member)
	if err == nil && role == "" {
		err = notOfTheDesk()
	}
	return err
}

func notOfTheDesk() error {
	return fault.New(fault.Missing, "That person is not of the desk, or not any more.", nil)
}
