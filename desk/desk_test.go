package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/reader"
)

// The table, as somebody would tell it: a change of it is a change here.
func TestTheTableOfRoles(t *testing.T) {
	t.Parallel()
	want := map[reader.Role][]Permission{
		reader.Editor:      {Enter, StoryWrite, StoryWriteAny, StoryPublish, FrontCurate, CommentModerate, CommentRules, GateEdit, NumbersSee, VoicesEdit, AlertSend},
		reader.Writer:      {Enter, StoryWrite},
		reader.Moderator:   {Enter, CommentModerate},
		reader.Circulation: {Enter, ReaderSee, ReaderAddress, MoneySee, NumbersSee, PrintRun, AdsEdit},
		reader.Support:     {Enter, ReaderSee, ReaderAddress, ReaderHelp, ReaderView, ReaderExport, ReaderErase, MoneySee, MoneyRefund, HouseSee},
		"":                 nil,
		"king":             nil,
	}
	seen := map[Permission]bool{}
	for _, r := range Rules() {
		if seen[r.Permission] {
			t.Errorf("%s has two rows", r.Permission)
		}
		seen[r.Permission] = true
		if !Can(reader.Owner, r.Permission) {
			t.Errorf("an owner may not %s", r.Doing)
		}
		for role, may := range want {
			if got := Can(role, r.Permission); got != slices.Contains(may, r.Permission) {
				t.Errorf("%s × %s: %v", role, r.Permission, got)
			}
		}
	}
	for role, may := range want {
		for _, p := range may {
			if !seen[p] {
				t.Errorf("%s × %s: there is no such row", role, p)
			}
		}
	}
	if Can(reader.Owner, "made.up") {
		t.Error("an owner may do what nobody has written down")
	}
}

// RFC 6238, appendix B, in the six digits that apps show.
func TestOneTimeCodesOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totpAt(secret, stepOf(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestAClockMayBeOffByHalfAMinute(t *testing.T) {
	t.Parallel()
	secret, at := []byte("12345678901234567890"), time.Unix(1_800_000_015, 0)
	for off, want := range map[time.Duration]bool{0: true, 30 * time.Second: true, -30 * time.Second: true, time.Minute: false, -time.Minute: false} {
		if _, ok := matchTOTP(secret, totpAt(secret, stepOf(at.Add(off))), at); ok != want {
			t.Errorf("off by %s: %v", off, ok)
		}
	}
}

func TestTheAddressForApps(t *testing.T) {
	t.Parallel()
	got := totpAddress([]byte("12345678901234567890"), "The Test & Co", "ruth+desk@example.org")
	want := "otpauth://totp/The%20Test%20&%20Co:ruth+desk@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=The%20Test%20%26%20Co"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	k, err := NewKeys("the secret of this test")
	if err != nil {
		t.Fatal(err)
	}
	code := newRecoveryCodes()[0]
	mac := k.recoveryMAC("olive", code)
	for _, typed := range []string{strings.ToUpper(code), strings.ReplaceAll(code, "-", ""), strings.ReplaceAll(code, "-", " ")} {
		if k.recoveryMAC("olive", typed) != mac {
			t.Errorf("%q is not %q", typed, code)
		}
	}
	if k.recoveryMAC("otto", code) == mac {
		t.Error("a code of one member is another's")
	}
	if k.recoveryMAC("olive", "short") != "" {
		t.Error("what can be none is looked up")
	}
}

// Every part of an entry is sealed: nothing can be altered or moved unseen.
func TestAnEntryIsSealed(t *testing.T) {
	t.Parallel()
	base := Entry{Seq: 7, Wall: time.Unix(1, 0), Paper: time.Unix(2, 0), Staff: "olive", Role: reader.Owner, Session: "s", Network: "192.0.2.1", Kind: "gate.edit", Subject: "gate", ID: "1", Before: "{}", After: "{}", Prev: "p"}
	for name, alter := range map[string]func(*Entry){
		"seq": func(e *Entry) { e.Seq++ }, "wall": func(e *Entry) { e.Wall = e.Wall.Add(time.Microsecond) }, "paper": func(e *Entry) { e.Paper = e.Paper.Add(time.Microsecond) },
		"staff": func(e *Entry) { e.Staff = "otto" }, "role": func(e *Entry) { e.Role = reader.Editor }, "session": func(e *Entry) { e.Session = "" },
		"network": func(e *Entry) { e.Network = "" }, "kind": func(e *Entry) { e.Kind = "x" }, "subject": func(e *Entry) { e.Subject = "x" }, "id": func(e *Entry) { e.ID = "2" },
		"before": func(e *Entry) { e.Before = "" }, "after": func(e *Entry) { e.After = "" }, "prev": func(e *Entry) { e.Prev = "" },
		"moved": func(e *Entry) { e.Subject, e.ID = "gate1", "" },
	} {
		e := base
		if alter(&e); e.Sum() == base.Sum() {
			t.Errorf("%s can be altered", name)
		}
	}
}

func TestAMarkHolds(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	for name, tt := range map[string]struct {
		mark Mark
		want bool
	}{
		"none":                    {Mark{}, false},
		"just shown":              {Mark{Shown: at, Seen: at}, true},
		"an hour without anybody": {Mark{Shown: at.Add(-time.Hour), Seen: at.Add(-time.Hour)}, false},
		"somebody was there":      {Mark{Shown: at.Add(-11 * time.Hour), Seen: at.Add(-59 * time.Minute)}, true},
		"twelve hours in all":     {Mark{Shown: at.Add(-12 * time.Hour), Seen: at}, false},
		"seen, and nothing shown": {Mark{Seen: at}, false},
	} {
		if got := tt.mark.Holds(at); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
