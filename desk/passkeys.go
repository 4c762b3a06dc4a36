package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"broadsheet/internal/fault"
)

// Passkey is a key that a member's device or browser holds.
type Passkey struct {
	ID         string // of the credential, base 64
	Name       string // "Firefox on Linux", or what its owner calls it
	Credential string // as the library keeps it, JSON; there is no secret in it
	Added      time.Time
	Used       time.Time // zero until it opened the desk
}

// challengeLife is how long a browser may take to sign.
const challengeLife = 5 * time.Minute

// The purposes of challenges: one cannot be used for the other.
const (
	purposeAdd   = "passkey add"
	purposeEnter = "passkey enter"
)

// PasskeysWork reports whether passkeys can be used at the paper's address. A
// browser ties them to a name, and an address in digits is none.
func (s *Secrets) PasskeysWork() bool {
	u, err := url.Parse(s.paper.Origin)
	if err != nil || u.Hostname() == "" {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err != nil && (u.Scheme == "https" || u.Hostname() == "localhost")
}

// party is the paper as WebAuthn knows it.
func (s *Secrets) party(ctx context.Context) (*webauthn.WebAuthn, error) {
	if !s.PasskeysWork() {
		return nil, fault.New(fault.Invalid, "Passkeys need the paper to have a name and https. Use an authenticator app here.", nil)
	}
	name, err := s.paper.Name(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.paper.Origin)
	if err != nil {
		return nil, err
	}
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: name, RPOrigins: []string{s.paper.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
	})
}

// holder is a member as WebAuthn knows it.
type holder struct {
	member Member
	keys   []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.member.ID) }
func (h holder) WebAuthnName() string                       { return h.member.Email }
func (h holder) WebAuthnDisplayName() string                { return h.member.Called() }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Secrets) holder(ctx context.Context, m Member) (holder, error) {
	had, err := s.store.FactorsOf(ctx, m.ID)
	if err != nil {
		return holder{}, err
	}
	h := holder{member: m}
	for _, k := range had.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Credential), &c); err != nil {
			return holder{}, fmt.Errorf("passkey %s: %w", k.ID, err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// BeginPasskey is what a browser needs to make a passkey, as JSON.
func (s *Secrets) BeginPasskey(ctx context.Context, m Member, now time.Time) (any, error) {
	party, err := s.party(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, m)
	if err != nil {
		return nil, err
	}
	known := make([]protocol.CredentialDescriptor, len(h.keys))
	for i := range h.keys {
		known[i] = h.keys[i].Descriptor()
	}
	options, session, err := party.BeginRegistration(h, webauthn.WithExclusions(known))
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	return options, s.challenge(ctx, m, purposeAdd, session, now)
}

// AskPasskey is what a browser needs to sign with a passkey, as JSON.
func (s *Secrets) AskPasskey(ctx context.Context, m Member, now time.Time) (any, error) {
	party, err := s.party(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, m)
	if err != nil {
		return nil, err
	}
	if len(h.keys) == 0 {
		return nil, invalid("There is no passkey for this account.")
	}
	options, session, err := party.BeginLogin(h)
	if err != nil {
		return nil, fmt.Errorf("ask passkey: %w", err)
	}
	return options, s.challenge(ctx, m, purposeEnter, session, now)
}

func (s *Secrets) challenge(ctx context.Context, m Member, purpose string, session *webauthn.SessionData, now time.Time) error {
	doc, err := json.Marshal(session)
	if err != nil {
		return err
	}
	return s.store.PutChallenge(ctx, m.Session, purpose, string(doc), now.Add(challengeLife))
}

// taken is the challenge that the session was given, which is then gone: what
// was signed is good for one try.
func (s *Secrets) taken(ctx context.Context, m Member, purpose string, now time.Time) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	doc, ok, err := s.store.TakeChallenge(ctx, m.Session, purpose, now)
	if err != nil {
		return session, err
	}
	if !ok {
		return session, invalid("That was asked too long ago, or was answered already. Press the button once more.")
	}
	return session, json.Unmarshal([]byte(doc), &session)
}

const badPasskey = "The passkey’s answer does not fit what was asked, so it was not taken. Press the button once more."

// AddPasskey keeps a passkey that a browser made, and opens the desk. For a
// first factor it gives recovery codes. Faults: Invalid, TooMany, Forbidden.
func (s *Secrets) AddPasskey(ctx context.Context, m Member, name, answer string, now Now) ([]string, error) {
	if err := s.takeTry(ctx, m, now.Wall); err != nil {
		return nil, err
	}
	session, err := s.taken(ctx, m, purposeAdd, now.Wall)
	if err != nil {
		return nil, err
	}
	party, err := s.party(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, m)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, fault.New(fault.Invalid, badPasskey, detail(err))
	}
	made, err := party.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, fault.New(fault.Invalid, badPasskey, detail(err))
	}
	key, err := passkeyOf(*made, name)
	if err != nil {
		return nil, err
	}
	key.Added = now.Wall
	return s.enrol(ctx, m, now, ByPasskey, func(ctx context.Context) error { return s.store.AddPasskey(ctx, m.ID, key) })
}

const maxKeyName = 60

func passkeyOf(c webauthn.Credential, name string) (Passkey, error) {
	doc, err := json.Marshal(c)
	if name = strings.TrimSpace(name); len(name) > maxKeyName {
		name = strings.ToValidUTF8(name[:maxKeyName], "")
	}
	return Passkey{ID: base64.RawURLEncoding.EncodeToString(c.ID), Name: name, Credential: string(doc)}, err
}

// CheckPasskey opens the desk with what a passkey signed. Faults: Invalid,
// TooMany.
func (s *Secrets) CheckPasskey(ctx context.Context, m Member, answer string, now Now) error {
	if err := s.takeTry(ctx, m, now.Wall); err != nil {
		return err
	}
	session, err := s.taken(ctx, m, purposeEnter, now.Wall)
	if err != nil {
		return err
	}
	party, err := s.party(ctx)
	if err != nil {
		return err
	}
	h, err := s.holder(ctx, m)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return fault.New(fault.Invalid, badPasskey, detail(err))
	}
	used, err := party.ValidateLogin(h, session, parsed)
	if err != nil {
		return fault.New(fault.Invalid, badPasskey, detail(err))
	}
	if used.Authenticator.CloneWarning {
		return fault.New(fault.Forbidden, "That passkey has been used in two places, as a copy would be. Use another factor, and remove this one.", nil)
	}
	key, err := passkeyOf(*used, "")
	if err != nil {
		return err
	}
	key.Used = now.Wall
	return s.enter(ctx, m, now, ByPasskey, func(ctx context.Context) (bool, error) { return s.store.UsePasskey(ctx, m.ID, key) }, "That passkey is not this account’s any more.")
}

// detail is what the library says of a refusal, for the log.
func detail(err error) error {
	if known, ok := errors.AsType[*protocol.Error](err); ok {
		return fmt.Errorf("%s: %s (%s)", known.Type, known.Details, known.DevInfo)
	}
	return err
}
