package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"broadsheet/internal/browsertest"
)

// startNamed runs a paper at localhost: a browser makes passkeys for names, and
// not for addresses in digits.
func startNamed(t *testing.T) *Paper {
	t.Helper()
	p, err := newPaper(t.TempDir(), Options{})
	must(t, err)
	p.URL = strings.Replace(p.URL, "127.0.0.1", "localhost", 1)
	p.env = append(p.env, "BASE_URL="+p.URL)
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop the paper: %v", err)
		}
	})
	must(t, p.launch())
	return p
}

// giveDevice plugs an authenticator into the tab, which says yes by itself.
func (b *tab) giveDevice() {
	b.t.Helper()
	must(b.t, b.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	})))
}

func TestAPasskeyInABrowser(t *testing.T) {
	t.Parallel()
	p := startNamed(t)
	email := newEmail()
	p.Do(t, "staff", "add", email, "--role", "editor")
	b := newTab(t, p)
	b.giveDevice()
	b.open("/signin?return=/newsroom").register(email).at("/newsroom/enrol")
	b.press(`form[data-passkey="make"] button`).says("Keep these codes")
	b.press(`main a.btn`).at("/newsroom").says("What waits")

	// Signed out and in again, the passkey opens the desk.
	b.press(`.desk-who form button`)
	b.open("/signin?return=/newsroom/you").register(email).at("/newsroom/signin")
	b.press(`form[data-passkey="sign"] button`).at("/newsroom/you").says("You opened the desk with a passkey")

	// The same device is not taken twice, and the page says so.
	if err := b.Do(clickOn(`form[data-passkey="make"] button`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page says that the device is known", func() bool {
		return strings.Contains(b.text(`form[data-passkey="make"] [role="status"]`), "already")
	})
	b.Problems() // the refused fetch of a device that is known is no complaint of ours

	// What was signed once is worth nothing again.
	b.press(`.desk-who form button`)
	b.open("/signin?return=/newsroom").register(email).at("/newsroom/signin")
	if got, err := browsertest.Eval[string](b.Tab, fmt.Sprintf(replay, "/newsroom/signin/key/ask", "/newsroom/signin/key")); err != nil || got != "200 422" {
		t.Errorf("sent once and again: %q, %v", got, err)
	}
	b.Problems() // the browser notes the 422
	b.open("/newsroom").says("What waits")

	// On a device without the passkey, a browser without script gets in by a
	// recovery code or not at all: the page does not pretend.
	other := p.Browser(t)
	other.SignIn(email)
	door := other.Get("/newsroom").At("/newsroom/signin").Is(http.StatusOK).Says("A passkey needs JavaScript")
	if door.Find(`form[data-passkey]:not([hidden])`).Length() != 0 {
		t.Error("a button that does nothing is shown")
	}
	other.Get("/newsroom/staff").At("/newsroom/signin")
}

// replay asks for a challenge, signs it, and sends the answer twice. It answers
// with the statuses: a redirect to the desk ends in 200.
const replay = `(async () => {
	const bytes = t => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
	const text = b => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
	const { publicKey: o } = await (await fetch(%q, { method: "POST" })).json();
	const s = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: o.allowCredentials.map(c => ({ ...c, id: bytes(c.id) })) } });
	const answer = JSON.stringify({ id: s.id, rawId: text(s.rawId), type: s.type, clientExtensionResults: {}, response: {
		clientDataJSON: text(s.response.clientDataJSON), authenticatorData: text(s.response.authenticatorData), signature: text(s.response.signature),
	} });
	const send = async () => (await fetch(%q, { method: "POST", body: new URLSearchParams({ answer }) })).status;
	return (await send()) + " " + (await send());
})()`
