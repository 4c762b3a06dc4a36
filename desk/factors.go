package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/reader"
)

// TOTP is a member's authenticator app.
type TOTP struct {
	Member   string
	Secret   string // sealed
	Made     time.Time
	LastStep int64 // of the last code that was taken
}

// Factors are what a member can show.
type Factors struct {
	TOTP     time.Time // when the app was set up; zero for none
	Passkeys []Passkey
	Recovery int // codes that are left
}

// Any reports whether there is a factor beside the recovery codes.
func (f Factors) Any() bool { return !f.TOTP.IsZero() || len(f.Passkeys) > 0 }

// Count is how many there are beside the recovery codes.
func (f Factors) Count() int {
	n := len(f.Passkeys)
	if !f.TOTP.IsZero() {
		n++
	}
	return n
}

// factorStore keeps second factors. Every method is atomic, in the transaction
// that ctx carries.
type factorStore interface {
	reader.Throttle
	InTx(ctx context.Context, fn func(context.Context) error) error
	FactorsOf(ctx context.Context, member string) (Factors, error)
	TOTPOf(ctx context.Context, member string) (TOTP, bool, error)
	// AddTOTP keeps an app; false if the member has one.
	AddTOTP(ctx context.Context, t TOTP) (bool, error)
	// TakeStep takes a code's step; false if it or a later one was taken.
	TakeStep(ctx context.Context, member string, step int64) (bool, error)
	DropTOTP(ctx context.Context, member string) (bool, error)
	AddPasskey(ctx context.Context, member string, p Passkey) error
	UsePasskey(ctx context.Context, member string, p Passkey) (bool, error)
	DropPasskey(ctx context.Context, member, id string) (Passkey, bool, error)
	// PutRecovery replaces all recovery codes.
	PutRecovery(ctx context.Context, member string, macs []string) error
	UseRecovery(ctx context.Context, member, mac string, now time.Time) (bool, error)
	PutChallenge(ctx context.Context, session, purpose, doc string, expires time.Time) error
	Challenge(ctx context.Context, session, purpose string, now time.Time) (string, bool, error)
	// TakeChallenge takes it away: it is good for one try.
	TakeChallenge(ctx context.Context, session, purpose string, now time.Time) (string, bool, error)
	MarkSession(ctx context.Context, session string, m Mark) error
}

// Secrets are the second factors of the desk: it sets them up and checks them.
type Secrets struct {
	store   factorStore
	journal *Journal
	keys    Keys
	limits  reader.Keys
	paper   Paper
}

// Paper is what an authenticator shows beside a code, and where passkeys work.
type Paper struct {
	Name   func(ctx context.Context) (string, error)
	Origin string // scheme and host of the paper: "https://paper.example.org"
}

// SecretParts is what Secrets are made of.
type SecretParts struct {
	Store interface {
		factorStore
		journalStore
	}
	Keys   Keys
	Limits reader.Keys
	Paper  Paper
}

// NewSecrets joins the parts.
func NewSecrets(p SecretParts) *Secrets {
	return &Secrets{store: p.Store, journal: NewJournal(p.Store), keys: p.Keys, limits: p.Limits, paper: p.Paper}
}

// Of gives what a member can show.
func (s *Secrets) Of(ctx context.Context, member string) (Factors, error) {
	return s.store.FactorsOf(ctx, member)
}

// The limits of guessing. They are kept in the database, so that they hold for
// all machines of the paper together.
var (
	triesOfMember  = reader.Limit{Name: "second factor of member", Most: 8, Every: 15 * time.Minute}
	triesInADay    = reader.Limit{Name: "second factor of member in a day", Most: 40, Every: 24 * time.Hour}
	triesOfNetwork = reader.Limit{Name: "second factor from network", Most: 60, Every: 15 * time.Minute}
)

// takeTry counts a try, outside of any transaction: a refusal must not take it
// back.
func (s *Secrets) takeTry(ctx context.Context, m Member, now time.Time) error {
	const sentence = "There were many tries. Nothing was changed; please try again in %s."
	for _, l := range []struct {
		limit reader.Limit
		whom  string
	}{{triesOfNetwork, m.Network}, {triesOfMember, m.ID}, {triesInADay, m.ID}} {
		if err := reader.TakeFrom(ctx, s.store, s.limits, l.limit, l.whom, sentence, now); err != nil {
			return err
		}
	}
	return nil
}

// Enrolment is what an authenticator app must be told.
type Enrolment struct {
	Secret  string // as people type it
	Address string // the same, as an otpauth: address
	QR      QR     // and as a picture
}

const (
	purposeTOTP = "totp"
	enrolLife   = time.Hour
)

// BeginTOTP offers a secret. It is the session's alone, so that nobody else can
// have seen it before, and stays the same while its page is reloaded.
func (s *Secrets) BeginTOTP(ctx context.Context, m Member, now time.Time) (Enrolment, error) {
	name, err := s.paper.Name(ctx)
	if err != nil {
		return Enrolment{}, err
	}
	secret, err := s.offered(ctx, m, now)
	if err != nil {
		return Enrolment{}, err
	}
	if secret == nil {
		secret = newTOTPSecret()
		if err := s.store.PutChallenge(ctx, m.Session, purposeTOTP, s.keys.seal(m.ID, secret), now.Add(enrolLife)); err != nil {
			return Enrolment{}, err
		}
	}
	out := Enrolment{Secret: secretText(secret), Address: totpAddress(secret, name, m.Email)}
	out.QR, err = newQR(out.Address)
	return out, err
}

func (s *Secrets) offered(ctx context.Context, m Member, now time.Time) ([]byte, error) {
	doc, ok, err := s.store.Challenge(ctx, m.Session, purposeTOTP, now)
	if err != nil || !ok {
		return nil, err
	}
	return s.keys.open(m.ID, doc)
}

// ConfirmTOTP keeps the offered secret once the app has shown that it holds it,
// and opens the desk. For a first factor it gives new recovery codes. Faults:
// Invalid for the code, TooMany, Forbidden.
func (s *Secrets) ConfirmTOTP(ctx context.Context, m Member, typed string, now Now) ([]string, error) {
	if err := s.takeTry(ctx, m, now.Wall); err != nil {
		return nil, err
	}
	secret, err := s.offered(ctx, m, now.Wall)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		return nil, invalid("That was more than an hour ago, so the code on this page is a new one. Scan it again.")
	}
	code, err := digits(typed)
	if err != nil {
		return nil, err
	}
	step, ok := matchTOTP(secret, code, now.Wall)
	if !ok {
		return nil, invalid("That isn’t the code for this paper. Check the clock of the telephone, and type the six digits that it shows now.")
	}
	return s.enrol(ctx, m, now, ByTOTP, func(ctx context.Context) error {
		if _, _, err := s.store.TakeChallenge(ctx, m.Session, purposeTOTP, now.Wall); err != nil {
			return err
		}
		added, err := s.store.AddTOTP(ctx, TOTP{Member: m.ID, Secret: s.keys.seal(m.ID, secret), Made: now.Wall, LastStep: step})
		if err == nil && !added {
			err = fault.New(fault.Conflict, "There is an authenticator app already. Remove it first, if another is to take its place.", nil)
		}
		return err
	})
}

// enrol adds a factor, gives recovery codes with the first, marks the session
// and writes it down. Whoever has a factor must have shown it in this session.
func (s *Secrets) enrol(ctx context.Context, m Member, now Now, by Method, add func(context.Context) error) ([]string, error) {
	var codes []string
	err := s.journal.Do(ctx, m, now, func(ctx context.Context) (Change, error) {
		had, err := s.store.FactorsOf(ctx, m.ID)
		if err != nil {
			return Change{}, err
		}
		if had.Any() && !m.Mark.Holds(now.Wall) {
			return Change{}, fault.New(fault.Forbidden, "This account has a second factor already. Show that one first.", nil)
		}
		if err := add(ctx); err != nil {
			return Change{}, err
		}
		if !had.Any() {
			codes = newRecoveryCodes()
			if err := s.putRecovery(ctx, m.ID, codes); err != nil {
				return Change{}, err
			}
		}
		if err := s.store.MarkSession(ctx, m.Session, Mark{Method: by, Shown: now.Wall, Seen: now.Wall}); err != nil {
			return Change{}, err
		}
		return Change{Kind: "factor.add", Subject: "staff", ID: m.ID, After: map[string]any{"method": by}}, nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Secrets) putRecovery(ctx context.Context, member string, codes []string) error {
	macs := make([]string, len(codes))
	for i, c := range codes {
		macs[i] = s.keys.recoveryMAC(member, c)
	}
	return s.store.PutRecovery(ctx, member, macs)
}

// CheckTOTP opens the desk with an app's code. A code is taken once. Faults:
// Invalid for the code, TooMany.
func (s *Secrets) CheckTOTP(ctx context.Context, m Member, typed string, now Now) error {
	code, err := digits(typed)
	if err != nil {
		return err
	}
	if err := s.takeTry(ctx, m, now.Wall); err != nil {
		return err
	}
	app, ok, err := s.store.TOTPOf(ctx, m.ID)
	if err != nil {
		return err
	}
	if !ok {
		return invalid("No authenticator app is set up for this account.")
	}
	secret, err := s.keys.open(m.ID, app.Secret)
	if err != nil {
		return err
	}
	step, ok := matchTOTP(secret, code, now.Wall)
	if !ok {
		return invalid("That isn’t the code that the app shows now. They change every half minute.")
	}
	return s.enter(ctx, m, now, ByTOTP, func(ctx context.Context) (bool, error) { return s.store.TakeStep(ctx, m.ID, step) },
		"That code was used already. Wait for the next one: they change every half minute.")
}

// CheckRecovery opens the desk with a recovery code, which is then used up.
func (s *Secrets) CheckRecovery(ctx context.Context, m Member, typed string, now Now) error {
	if err := s.takeTry(ctx, m, now.Wall); err != nil {
		return err
	}
	const wrong = "That isn’t one of the codes that are left."
	mac := s.keys.recoveryMAC(m.ID, typed)
	if mac == "" {
		return invalid("A recovery code has ten letters and digits, with a hyphen in the middle.")
	}
	return s.enter(ctx, m, now, ByRecovery, func(ctx context.Context) (bool, error) { return s.store.UseRecovery(ctx, m.ID, mac, now.Wall) }, wrong)
}

// enter takes what was shown, marks the session and writes it down.
func (s *Secrets) enter(ctx context.Context, m Member, now Now, by Method, take func(context.Context) (bool, error), refusal string) error {
	return s.journal.Do(ctx, m, now, func(ctx context.Context) (Change, error) {
		ok, err := take(ctx)
		if err != nil {
			return Change{}, err
		}
		if !ok {
			return Change{}, invalid(refusal)
		}
		if err := s.store.MarkSession(ctx, m.Session, Mark{Method: by, Shown: now.Wall, Seen: now.Wall}); err != nil {
			return Change{}, err
		}
		return Change{Kind: "desk.enter", Subject: "staff", ID: m.ID, After: map[string]any{"method": by}}, nil
	})
}

// NewRecovery makes new recovery codes and voids the old ones.
func (s *Secrets) NewRecovery(ctx context.Context, m Member, now Now) ([]string, error) {
	codes := newRecoveryCodes()
	err := s.journal.Do(ctx, m, now, func(ctx context.Context) (Change, error) {
		had, err := s.store.FactorsOf(ctx, m.ID)
		if err != nil {
			return Change{}, err
		}
		return Change{Kind: "factor.recovery", Subject: "staff", ID: m.ID, Before: map[string]any{"left": had.Recovery}, After: map[string]any{"left": len(codes)}},
			s.putRecovery(ctx, m.ID, codes)
	})
	return codes, err
}

// ThisApp names the authenticator app where a passkey would be named by its id.
const ThisApp = "totp"

// Remove takes one of the member's own factors away, but never the last.
func (s *Secrets) Remove(ctx context.Context, m Member, which string, now Now) error {
	return s.journal.Do(ctx, m, now, func(ctx context.Context) (Change, error) {
		had, err := s.store.FactorsOf(ctx, m.ID)
		if err != nil {
			return Change{}, err
		}
		if had.Count() <= 1 {
			return Change{}, invalid("This is the only second factor. Add another before you remove it.")
		}
		change := Change{Kind: "factor.remove", Subject: "staff", ID: m.ID, Before: map[string]any{"method": ByTOTP}}
		gone := false
		if which == ThisApp {
			gone, err = s.store.DropTOTP(ctx, m.ID)
		} else {
			var key Passkey
			key, gone, err = s.store.DropPasskey(ctx, m.ID, which)
			change.Before = map[string]any{"method": ByPasskey, "name": key.Name}
		}
		if err == nil && !gone {
			err = fault.New(fault.Missing, "That factor is gone already.", nil)
		}
		return change, err
	})
}

// CodeNow is the code that the member's app shows, or shows next if that one
// was taken, and from when it is good. Only a development paper asks: it puts
// the code into its mailbox. false without an app.
func (s *Secrets) CodeNow(ctx context.Context, member string, now time.Time) (code string, from time.Time, ok bool, err error) {
	app, ok, err := s.store.TOTPOf(ctx, member)
	if err != nil || !ok {
		return "", time.Time{}, false, err
	}
	secret, err := s.keys.open(member, app.Secret)
	if err != nil {
		return "", time.Time{}, false, err
	}
	step := max(stepOf(now), app.LastStep+1)
	return totpAt(secret, step), time.Unix((step-totpSkew)*int64(totpStep/time.Second), 0).UTC(), true, nil
}

// GiveApp sets up an app for an account that has no factor: for the demo desk
// of a development paper, whose codes lie in its mailbox.
func (s *Secrets) GiveApp(ctx context.Context, member string, now time.Time) error {
	had, err := s.store.FactorsOf(ctx, member)
	if err != nil || had.Any() {
		return err
	}
	_, err = s.store.AddTOTP(ctx, TOTP{Member: member, Secret: s.keys.seal(member, newTOTPSecret()), Made: now})
	return err
}

// digits reads six digits as somebody typed them.
func digits(typed string) (string, error) {
	s := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, typed)
	switch {
	case s == "":
		return "", invalid("Type the six digits that the app shows.")
	case strings.Trim(s, "0123456789") != "":
		return "", invalid("The code is made of digits only.")
	case len(s) != 6:
		return "", invalid(fmt.Sprintf("That has %d digits. The code has six.", len(s)))
	}
	return s, nil
}

func invalid(sentence string) error { return fault.New(fault.Invalid, sentence, nil) }
