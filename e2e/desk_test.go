package e2e

import (
	"net/url"
	"testing"
)

// Mute makes the stand-in hold every webhook.
func (p *Paper) Mute(t testing.TB) {
	t.Helper()
	res, err := plain.PostForm(p.Standin+"/_faults", url.Values{"mute": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 400 {
		t.Fatalf("mute the webhooks: %s", res.Status)
	}
}
