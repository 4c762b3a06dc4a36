package standin

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestIntervalFollowsTheAnchor(t *testing.T) {
	t.Parallel()
	month, year := interval{"month", 1}, interval{"year", 1}
	for _, tc := range []struct {
		every  interval
		anchor string
		want   []string
	}{
		{month, "2023-01-31", []string{"2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31"}},
		{month, "2024-01-31", []string{"2024-02-29", "2024-03-31"}},
		{month, "2023-11-30", []string{"2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"}},
		{interval{"month", 3}, "2023-11-30", []string{"2024-02-29", "2024-05-30"}},
		{year, "2024-02-29", []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"}},
		{interval{"week", 2}, "2023-12-25", []string{"2024-01-08"}},
		{interval{"day", 10}, "2024-02-25", []string{"2024-03-06"}},
	} {
		anchor, err := time.Parse(time.DateOnly, tc.anchor)
		if err != nil {
			t.Fatal(err)
		}
		at := anchor.Unix()
		var got []string
		for range tc.want {
			at = tc.every.next(anchor.Unix(), at)
			got = append(got, time.Unix(at, 0).UTC().Format(time.DateOnly))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("every %v from %s: %s", tc.every, tc.anchor, diff)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"$12.05": money(1205, "usd"), "−$0.50": money(-50, "usd"), "¥500": money(500, "jpy"), "CHF 4.00": money(400, "chf"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, tc := range []struct {
		amount  int64
		percent string
		want    int64
	}{{1200, "33.33", 400}, {999, "50", 500}, {1, "50.00", 1}, {1, "49.99", 0}, {1900, "100", 1900}, {12345, "12.5", 1543}} {
		share, ok := hundredths(tc.percent)
		if got := percentOf(tc.amount, share); got != tc.want || !ok {
			t.Errorf("%v %% of %d is %d, want %d", tc.percent, tc.amount, got, tc.want)
		}
	}
	// Half a minor unit goes up, as Stripe's page on rounding has it, whose sums
	// these are: https://support.stripe.com/questions/rounding-rules-for-stripe-fees
	for _, tc := range []struct{ amount, hundredths, want int64 }{{250, 100, 3}, {240, 100, 2}, {43, 15_00, 6}, {484, 15_00, 73}} {
		if got := percentOf(tc.amount, tc.hundredths); got != tc.want {
			t.Errorf("%d hundredths of a percent of %d are %d, want %d", tc.hundredths, tc.amount, got, tc.want)
		}
	}
	for _, bad := range []string{"", ".5", "-1", "1e1", "12.345", "1000000000000000000", "5,5", "0x1", "<nil>"} {
		if n, ok := hundredths(bad); ok {
			t.Errorf("%q is %d hundredths", bad, n)
		}
	}
}

func TestSpreadLosesNoCent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 8).Draw(t, "amounts")
		var sum int64
		for _, a := range amounts {
			sum += a
		}
		total := rapid.Int64Range(0, sum).Draw(t, "total")
		var got int64
		for _, part := range spread(total, amounts) {
			got += part
		}
		if got != total {
			t.Fatalf("parts of %d sum to %d", total, got)
		}
	})
}

// The first three are Stripe's own figures: the worked example of
// https://stripe.com/docs/billing/subscriptions/prorations, a preview that it
// answered in September 2020, and one of 2017 that is published at
// https://gist.github.com/matthewarkin/27bcfdf622eb91d3508ea082d0ad50b8.
func TestProrated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ amount, left, whole, want int64 }{
		{1000, 15, 30, 500}, {3252, 1599427688 - 1598982148, 31 * 86400, 541},
		{-1000, 1489449600 - 1488568488, 28 * 86400, -364}, {-1, 1, 2, -1}, {1, 1, 2, 1}, {1, 1, 3, 0},
		{-999, 0, 30, 0}, {999, 30, 30, 999}, {999, 40, 30, 999}, {1 << 60, 31_536_000, 31_622_400, 1149771445851090563},
	} {
		if got := prorated(tc.amount, tc.left, tc.whole); got != tc.want {
			t.Errorf("%d × %d/%d is %d, want %d", tc.amount, tc.left, tc.whole, got, tc.want)
		}
	}
}

func TestLuhn(t *testing.T) {
	t.Parallel()
	for _, c := range cards {
		if !luhn(c.number) {
			t.Errorf("test card %s has a wrong check digit", c.number)
		}
		wrong := c.number[:len(c.number)-1] + string('0'+(c.number[len(c.number)-1]-'0'+1)%10)
		if luhn(wrong) {
			t.Errorf("%s passes", wrong)
		}
	}
	for _, bad := range []string{"", "4242", "4242 4242 4242 4242", "424242424242424x"} {
		if luhn(bad) {
			t.Errorf("%q passes", bad)
		}
	}
	if digits("4242 4242-4242\u00a04242") != "4242424242424242" {
		t.Error("spaces are not dropped")
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	read := func(query string) *params {
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		return parseParams(form)
	}
	p := read("items[10][price]=c&items[0][price]=a&items[2][price]=b&expand[]=x&expand[]=y&metadata[a b]=1&metadata[gone]=")
	var prices []string
	for _, item := range p.items("items") {
		prices = append(prices, item.str("price"))
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, prices); diff != "" {
		t.Errorf("items out of order: %s", diff)
	}
	if diff := cmp.Diff([]string{"x", "y"}, p.strings("expand")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"a b": "1", "gone": ""}, p.metadata("metadata")); diff != "" {
		t.Error(diff)
	}
	if bad := p.verdict(); bad != nil {
		t.Errorf("all was read, yet %v", bad)
	}
	if bad := read("a[b][c]=1").verdict(); bad == nil || bad.param != "a[b][c]" {
		t.Errorf("an unread parameter: %v", bad)
	}
	p = read("n=1.5")
	if _, sent := p.optInt("n"); sent || p.verdict() == nil || p.verdict().code != "parameter_invalid_integer" {
		t.Errorf("a broken number: %v", p.verdict())
	}
}

func TestPreviousAttributes(t *testing.T) {
	t.Parallel()
	before := obj{"name": "a", "same": int64(1), "deep": obj{"x": "1", "y": "2"}, "gone": "g", hiddenKey: obj{"due": int64(1)}}
	after := obj{"name": "b", "same": int64(1), "deep": obj{"x": "1", "y": "3"}, "gone": nil, "new": "n"}
	want := obj{"name": "a", "deep": obj{"y": "2"}, "gone": "g", "new": nil}
	if diff := cmp.Diff(want, previous(before, after)); diff != "" {
		t.Error(diff)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	var got []string
	for n := 1; n <= 8; n++ {
		got = append(got, backoff(n).String())
	}
	if s := strings.Join(got, " "); s != "1s 2s 4s 8s 16s 32s 1m0s 1m0s" {
		t.Errorf("backoff is %s", s)
	}
}

// The cross-reference table of the PDF must name each object's true place.
func TestPDF(t *testing.T) {
	t.Parallel()
	raw := pdf([]string{`Invoice (1) \ €5 – “x”`})
	_, table, ok := bytes.Cut(raw, []byte("\nxref\n0 6\n"))
	if !ok {
		t.Fatal("no cross-reference table")
	}
	for i, line := range strings.Split(string(table), "\n")[1:6] {
		var at int
		if _, err := fmt.Sscanf(line, "%010d", &at); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d 0 obj", i+1); !bytes.HasPrefix(raw[at:], []byte(want)) {
			t.Errorf("object %d is not at %d", i+1, at)
		}
	}
	if !bytes.Contains(raw, []byte("Invoice \\(1\\) \\\\ \x805 ? ?x?")) {
		t.Error("text is not escaped")
	}
}
