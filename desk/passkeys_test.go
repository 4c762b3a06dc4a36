package desk_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/id"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

var now = desk.Now{Wall: noon, Paper: noon}

const origin = "https://paper.example"

// room is the second factors of a desk on a fresh database, with a member who
// is signed in as a reader.
type room struct {
	*desk.Secrets
	db     *store.DB
	member desk.Member
}

func newRoom(t *testing.T) room {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, storetest.Lite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r := reader.Reader{ID: id.New(noon), Email: "olive@example.org", Created: noon, Verified: noon}
	if _, err := db.AddReader(ctx, r, r.Email); err != nil {
		t.Fatal(err)
	}
	session := reader.NewSession("s1", r.ID, false, "", noon)
	raw, err := session.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Sessions(hand{}).CommitCtx(ctx, "hash", raw, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	keys, err := desk.NewKeys("the secret of this room")
	if err != nil {
		t.Fatal(err)
	}
	limits, err := reader.NewKeys("the secret of this room")
	if err != nil {
		t.Fatal(err)
	}
	secrets := desk.NewSecrets(desk.SecretParts{Store: db, Keys: keys, Limits: limits, Paper: desk.Paper{
		Origin: origin, Name: func(context.Context) (string, error) { return "The Test", nil },
	}})
	return room{secrets, db, desk.Member{ID: r.ID, Email: r.Email, Role: reader.Owner, Session: "s1"}}
}

type hand struct{}

func (hand) Now() time.Time { return noon }

// device is an authenticator with one key, as W3C's WebAuthn describes it.
type device struct {
	key *ecdsa.PrivateKey
	id  []byte
}

func newDevice(t *testing.T) device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return device{key, []byte("the id of a key")}
}

// asked is what a browser is told, as far as the device cares.
type asked struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
	} `json:"publicKey"`
}

func challengeOf(t *testing.T, options any) string {
	t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	var a asked
	if err := json.Unmarshal(raw, &a); err != nil || a.PublicKey.Challenge == "" {
		t.Fatal(string(raw), err)
	}
	return a.PublicKey.Challenge
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func clientData(kind, challenge, origin string) []byte {
	raw, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return raw
}

// data is the authenticator data: user present and verified.
func (d device) data(party string, count uint32, with []byte) []byte {
	sum := sha256.Sum256([]byte(party))
	flags := byte(0x05)
	if with != nil {
		flags |= 0x40
	}
	out := append(sum[:], flags)
	return append(binary.BigEndian.AppendUint32(out, count), with...)
}

// made is a browser's answer to the making of a key.
func (d device) made(t *testing.T, challenge, origin, party string) string {
	t.Helper()
	point, err := d.key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	xy := point.Bytes()[1:]
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: xy[:32], -3: xy[32:]})
	if err != nil {
		t.Fatal(err)
	}
	with := append(make([]byte, 16), 0, byte(len(d.id)))
	with = append(append(with, d.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d.data(party, 0, with)})
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": text(clientData("webauthn.create", challenge, origin)), "attestationObject": text(object)})
}

// signed is a browser's answer to a challenge.
func (d device) signed(t *testing.T, challenge, origin, party string, count uint32) string {
	t.Helper()
	client, data := clientData("webauthn.get", challenge, origin), d.data(party, count, nil)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)})
}

func (d device) answer(response map[string]any) string {
	raw, _ := json.Marshal(map[string]any{"id": text(d.id), "rawId": text(d.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	return string(raw)
}

func (r room) begin(t *testing.T) string {
	t.Helper()
	options, err := r.BeginPasskey(t.Context(), r.member, noon)
	if err != nil {
		t.Fatal(err)
	}
	return challengeOf(t, options)
}

func (r room) ask(t *testing.T) string {
	t.Helper()
	options, err := r.AskPasskey(t.Context(), r.member, noon)
	if err != nil {
		t.Fatal(err)
	}
	return challengeOf(t, options)
}

const party = "paper.example"

func TestAPasskeyIsMadeForThisPaperOnly(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(t *testing.T, d device, challenge string) string{
		"for another site": func(t *testing.T, d device, c string) string {
			return d.made(t, c, "https://paper.example.evil.test", party)
		},
		"for another party": func(t *testing.T, d device, c string) string { return d.made(t, c, origin, "evil.test") },
		"over http":         func(t *testing.T, d device, c string) string { return d.made(t, c, "http://paper.example", party) },
		"for another challenge": func(t *testing.T, d device, _ string) string {
			return d.made(t, text([]byte("a challenge of my own making!!!!")), origin, party)
		},
		"nonsense": func(*testing.T, device, string) string { return "{}" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, d := newRoom(t), newDevice(t)
			if _, err := r.AddPasskey(t.Context(), r.member, "", answer(t, d, r.begin(t)), now); !fault.Is(err, fault.Invalid) {
				t.Errorf("taken: %v", err)
			}
			if had, err := r.Of(t.Context(), r.member.ID); had.Any() || err != nil {
				t.Error("kept", err)
			}
		})
	}
}

// enrolled is a room whose member has a passkey.
func enrolled(t *testing.T) (room, device) {
	t.Helper()
	r, d := newRoom(t), newDevice(t)
	codes, err := r.AddPasskey(t.Context(), r.member, "A key", d.made(t, r.begin(t), origin, party), now)
	if err != nil || len(codes) != 10 {
		t.Fatal(codes, err)
	}
	return r, d
}

func TestAPasskeyOpensTheDeskOnce(t *testing.T) {
	t.Parallel()
	r, d := enrolled(t)
	answer := d.signed(t, r.ask(t), origin, party, 1)
	if err := r.CheckPasskey(t.Context(), r.member, answer, now); err != nil {
		t.Fatal(err)
	}
	if err := r.CheckPasskey(t.Context(), r.member, answer, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("the same answer was taken twice: %v", err)
	}
	r.ask(t) // even while something else is asked
	if err := r.CheckPasskey(t.Context(), r.member, answer, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("the answer to an older challenge was taken: %v", err)
	}
}

func TestAPasskeyThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(t *testing.T, r room, d device) error{
		"signed for another site": func(t *testing.T, r room, d device) error {
			return r.CheckPasskey(t.Context(), r.member, d.signed(t, r.ask(t), "https://evil.test", party, 1), now)
		},
		"signed for another party": func(t *testing.T, r room, d device) error {
			return r.CheckPasskey(t.Context(), r.member, d.signed(t, r.ask(t), origin, "evil.test", 1), now)
		},
		"signed by another key": func(t *testing.T, r room, d device) error {
			return r.CheckPasskey(t.Context(), r.member, newDevice(t).signed(t, r.ask(t), origin, party, 1), now)
		},
		"an answer to the making of a key": func(t *testing.T, r room, d device) error {
			return r.CheckPasskey(t.Context(), r.member, d.made(t, r.ask(t), origin, party), now)
		},
		"too late": func(t *testing.T, r room, d device) error {
			later := desk.Now{Wall: noon.Add(6 * time.Minute), Paper: noon}
			return r.CheckPasskey(t.Context(), r.member, d.signed(t, r.ask(t), origin, party, 1), later)
		},
		"from another session": func(t *testing.T, r room, d device) error {
			answer := d.signed(t, r.ask(t), origin, party, 1)
			r.member.Session = "s2"
			return r.CheckPasskey(t.Context(), r.member, answer, now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, d := enrolled(t)
			if err := check(t, r, d); !fault.Is(err, fault.Invalid) {
				t.Errorf("it opened the desk: %v", err)
			}
		})
	}
	t.Run("a copy of it", func(t *testing.T) {
		t.Parallel()
		r, d := enrolled(t)
		if err := r.CheckPasskey(t.Context(), r.member, d.signed(t, r.ask(t), origin, party, 7), now); err != nil {
			t.Fatal(err)
		}
		if err := r.CheckPasskey(t.Context(), r.member, d.signed(t, r.ask(t), origin, party, 7), now); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a counter that stands still: %v", err)
		}
	})
}

func TestASecondFactorIsNotAddedWithoutTheFirst(t *testing.T) {
	t.Parallel()
	r, _ := enrolled(t)
	offer, err := r.BeginTOTP(t.Context(), r.member, noon)
	if err != nil {
		t.Fatal(err)
	}
	code, err := desk.TOTPCode(offer.Secret, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ConfirmTOTP(t.Context(), r.member, code, now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a mailbox alone added an app: %v", err)
	}
	r.member.Mark = desk.Mark{Method: desk.ByPasskey, Shown: noon, Seen: noon}
	if codes, err := r.ConfirmTOTP(t.Context(), r.member, code, now); err != nil || len(codes) != 0 {
		t.Errorf("beside the passkey: %d codes, %v", len(codes), err)
	}
}

func TestTheLastFactorStays(t *testing.T) {
	t.Parallel()
	r, d := enrolled(t)
	if err := r.Remove(t.Context(), r.member, text(d.id), now); !fault.Is(err, fault.Invalid) {
		t.Errorf("the last one went: %v", err)
	}
	if err := r.GiveApp(t.Context(), r.member.ID, noon); err != nil {
		t.Fatal(err)
	}
	if had, err := r.Of(t.Context(), r.member.ID); had.Count() != 1 || err != nil {
		t.Error("whoever has a factor was given an app", err)
	}
}

// What the database holds opens nothing by itself.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	offer, err := r.BeginTOTP(t.Context(), r.member, noon)
	if err != nil {
		t.Fatal(err)
	}
	code, err := desk.TOTPCode(offer.Secret, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ConfirmTOTP(t.Context(), r.member, code, now); err != nil {
		t.Fatal(err)
	}
	kept, ok, err := r.db.TOTPOf(t.Context(), r.member.ID)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if plain := strings.ReplaceAll(offer.Secret, " ", ""); strings.Contains(strings.ToUpper(kept.Secret), plain) {
		t.Error("the secret lies open")
	}
	moved := r.member
	moved.ID = id.New(noon)
	if _, err := r.db.AddReader(t.Context(), reader.Reader{ID: moved.ID, Email: "otto@example.org", Created: noon, Verified: noon}, "otto@example.org"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.db.AddTOTP(t.Context(), desk.TOTP{Member: moved.ID, Secret: kept.Secret, Made: noon}); err != nil {
		t.Fatal(err)
	}
	later := desk.Now{Wall: noon.Add(time.Minute), Paper: noon}
	if code, err = desk.TOTPCode(offer.Secret, later.Wall); err != nil {
		t.Fatal(err)
	}
	if err := r.CheckTOTP(t.Context(), moved, code, later); err == nil {
		t.Error("a secret that was moved to another row opens that one")
	}
}
