package stripepay_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76/webhook"

	"broadsheet/billing"
	"broadsheet/billing/stripepay"
	"broadsheet/internal/fault"
)

const disputeEvent = `{"id":"evt_1","object":"event","type":"charge.dispute.created","created":1712750400,"livemode":false,
 "api_version":"2023-10-16","data":{"object":{"id":"dp_1","object":"dispute","charge":"ch_1","payment_intent":"pi_1"}}}`

func TestConfigIsRefused(t *testing.T) {
	t.Parallel()
	ok := stripepay.Config{Key: "sk_test_1", WebhookSecrets: []string{"whsec_1"}}
	tests := map[string]func(*stripepay.Config){
		"no key":           func(c *stripepay.Config) { c.Key = "" },
		"publishable key":  func(c *stripepay.Config) { c.Key = "pk_test_1" },
		"no secret":        func(c *stripepay.Config) { c.WebhookSecrets = nil },
		"empty secret":     func(c *stripepay.Config) { c.WebhookSecrets = []string{""} },
		"one empty secret": func(c *stripepay.Config) { c.WebhookSecrets = []string{"whsec_1", " "} },
		"live elsewhere":   func(c *stripepay.Config) { c.Key, c.APIBase = "rk_live_1", "http://127.0.0.1:8081" },
	}
	if _, err := stripepay.New(ok); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range tests {
		c := ok
		spoil(&c)
		if _, err := stripepay.New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	live, err := stripepay.New(stripepay.Config{Key: "rk_live_1", WebhookSecrets: []string{"whsec_1"}})
	if err != nil || !live.Livemode() {
		t.Error("a restricted live key is fine", err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s, err := stripepay.New(stripepay.Config{Key: "sk_test_1", WebhookSecrets: []string{"whsec_new", "whsec_old"}})
	if err != nil {
		t.Fatal(err)
	}
	wall := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC) // not the machine's: signatures are compared with what is given
	sign := func(at time.Time, body, secret string) string {
		return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(webhook.ComputeSignature(at, []byte(body), secret)))
	}
	tests := []struct {
		name, body, header string
		ok                 bool
	}{
		{"signed", disputeEvent, sign(wall, disputeEvent, "whsec_new"), true},
		{"signed with the secret that is rolled out", disputeEvent, sign(wall, disputeEvent, "whsec_old"), true},
		{"signed with both", disputeEvent, sign(wall, disputeEvent, "whsec_other") + ",v1=" + sign(wall, disputeEvent, "whsec_old")[len("t=1712750400,v1="):], true},
		{"another version of the API", strings.Replace(disputeEvent, "2023-10-16", "2025-01-01", 1), "", true},
		{"at the tolerance", disputeEvent, sign(wall.Add(-stripepay.Tolerance), disputeEvent, "whsec_new"), true},
		{"stale", disputeEvent, sign(wall.Add(-stripepay.Tolerance-time.Second), disputeEvent, "whsec_new"), false},
		{"of the future", disputeEvent, sign(wall.Add(stripepay.Tolerance+time.Second), disputeEvent, "whsec_new"), false},
		{"wrong secret", disputeEvent, sign(wall, disputeEvent, "whsec_wrong"), false},
		{"tampered", strings.Replace(disputeEvent, "ch_1", "ch_2", 1), sign(wall, disputeEvent, "whsec_new"), false},
		{"tampered time", disputeEvent, strings.Replace(sign(wall.Add(-time.Hour), disputeEvent, "whsec_new"), fmt.Sprint(wall.Add(-time.Hour).Unix()), fmt.Sprint(wall.Unix()), 1), false},
		{"one byte more", disputeEvent + " ", sign(wall, disputeEvent, "whsec_new"), false},
		{"unsigned", disputeEvent, "none", false},
		{"no time", disputeEvent, "v1=" + strings.Repeat("0", 64), false},
		{"signed, and no JSON", "{", "", false},
		{"signed, and no event", "{}", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.header == "" {
				tt.header = sign(wall, tt.body, "whsec_new")
			}
			got, err := s.Verify([]byte(tt.body), tt.header, wall)
			if !tt.ok {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("accepted: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != "evt_1" || got.Object != (billing.Ref{Kind: "dispute", ID: "dp_1"}) || string(got.Payload) != tt.body {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestHintsNameTheCustomerOrWhatLeadsThere(t *testing.T) {
	t.Parallel()
	s, err := stripepay.New(stripepay.Config{Key: "sk_test_1", WebhookSecrets: []string{"whsec_1"}})
	if err != nil {
		t.Fatal(err)
	}
	type hint struct {
		Object, Via billing.Ref
		Customer    string
	}
	ref := func(kind, id string) billing.Ref { return billing.Ref{Kind: kind, ID: id} }
	tests := map[string]struct {
		data string
		want hint
	}{
		"dispute":            {`{"object":{"id":"dp_1","object":"dispute","charge":"ch_1"}}`, hint{Object: ref("dispute", "dp_1"), Via: ref("charge", "ch_1")}},
		"dispute, expanded":  {`{"object":{"id":"dp_1","object":"dispute","charge":{"id":"ch_1","object":"charge"}}}`, hint{Object: ref("dispute", "dp_1"), Via: ref("charge", "ch_1")}},
		"invoice":            {`{"object":{"id":"in_1","object":"invoice","customer":"cus_1"}}`, hint{Object: ref("invoice", "in_1"), Via: ref("invoice", "in_1"), Customer: "cus_1"}},
		"customer":           {`{"object":{"id":"cus_1","object":"customer"}}`, hint{Object: ref("customer", "cus_1")}},
		"price":              {`{"object":{"id":"price_1","object":"price"}}`, hint{Object: ref("price", "price_1")}},
		"card taken off":     {`{"object":{"id":"pm_1","object":"payment_method","customer":null},"previous_attributes":{"customer":"cus_1"}}`, hint{Object: ref("payment_method", "pm_1"), Customer: "cus_1"}},
		"session of a guest": {`{"object":{"id":"cs_1","object":"checkout.session","customer":null}}`, hint{Object: ref("checkout.session", "cs_1"), Via: ref("checkout.session", "cs_1")}},
		"an odd shape":       {`{"object":{"id":"x_1","object":"x","customer":7,"charge":[1]}}`, hint{Object: ref("x", "x_1")}},
	}
	for name, tt := range tests {
		body := `{"id":"evt_1","object":"event","type":"a.b","created":1,"data":` + tt.data + `}`
		at := time.Unix(1712750400, 0)
		header := fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(webhook.ComputeSignature(at, []byte(body), "whsec_1")))
		got, err := s.Verify([]byte(body), header, at)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, hint{got.Object, got.Via, got.Customer}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
