package reader_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"broadsheet/reader"
)

func aSession(t *rapid.T) reader.Session {
	at := func(name string) time.Time {
		return time.UnixMicro(rapid.Int64Range(-1<<50, 1<<52).Draw(t, name)).UTC()
	}
	return reader.Session{
		ID: rapid.String().Draw(t, "id"), ReaderID: rapid.String().Draw(t, "reader"), Agent: rapid.String().Draw(t, "agent"),
		Unverified: rapid.Bool().Draw(t, "unverified"), Created: at("created"), Seen: at("seen"),
	}
}

func TestSessionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := aSession(t)
		raw, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got reader.Session
		if err := got.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		if err := got.UnmarshalBinary(raw[:cut]); err == nil {
			t.Fatalf("%d of %d bytes were read as a session", cut, len(raw))
		}
		if err := got.UnmarshalBinary(append(raw, 0)); err == nil {
			t.Fatal("a byte too many was read over")
		}
		raw[0]++
		if err := got.UnmarshalBinary(raw); err == nil {
			t.Fatal("another version was read as this one")
		}
	})
}

func FuzzSession(f *testing.F) {
	raw, err := reader.NewSession("id", "reader", true, "agent", time.UnixMicro(1)).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s reader.Session
		_ = s.UnmarshalBinary(raw) // must neither panic nor allocate what a length claims
	})
}

func TestAgentsAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := reader.NewSession("id", "reader", false, rapid.StringN(0, 400, -1).Draw(t, "agent")+"\xff", time.UnixMicro(1))
		if len(s.Agent) > 200 {
			t.Fatalf("%d bytes are kept", len(s.Agent))
		}
	})
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                           "Firefox on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36 Edg/124.0":            "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36":                "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15":            "Safari on Mac",
		"curl/8.5.0": "curl",
		"":           "Unknown browser",
	} {
		if got := (reader.Session{Agent: agent}).Device(); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
