package handlers

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/internal/clock"
	"broadsheet/paywall"
)

func TestInventedMethodsCostNoMemory(t *testing.T) {
	t.Parallel()
	s := &Site{metrics: newSiteMetrics(prometheus.NewRegistry()), log: newAccessLog(&AccessLog{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})}
	defer s.log.close()
	for i := range 1000 {
		s.record(entry{method: fmt.Sprint("X", i), route: "/", status: 405})
	}
	n := 0
	s.metrics.known.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d methods are remembered", n)
	}
}

func TestDocumentsOfAnOlderPaperAreForgotten(t *testing.T) {
	t.Parallel()
	d := newDocuments(func(*page) {})
	for version := range int64(100) {
		if _, err := d.get(version, fmt.Sprint("part ", version), func() ([]byte, error) { return []byte("x"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.kept) != 1 {
		t.Errorf("%d documents are kept", len(d.kept))
	}
}

// Two viewers with one key see the same bytes, so whatever a frame or a strip
// tells apart is in the key.
func TestTheKeyTellsApartWhatAPageShows(t *testing.T) {
	t.Parallel()
	s := &Site{Deps: Deps{Paper: clock.Fixed(time.Unix(0, 0))}, furniture: &furniture{}}
	s.furniture.current.Store(&set{zone: time.UTC, rules: paywall.DefaultRules()})
	d := paywall.Decision{Allowance: 5, Left: 3}
	key := func(v viewer) pageKey { return s.pageKey("front", "", v, d) }
	if key(viewer{audience: staff}) == key(viewer{audience: staff, unlimited: true}) {
		t.Error("staff that subscribe are shown the page of staff that do not")
	}
	if key(viewer{audience: registered}) == key(viewer{audience: registered, who: paywall.Who{Reader: "r"}}) {
		t.Error("an unverified session is shown the meter of a verified one")
	}
}

func TestAnIdentifierInAQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"session=cs_test_1": "cs_test_1", "": "", "session=%00": "", "session=a%ff": "", "session=" + strings.Repeat("a", 256): "",
	} {
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/checkout/done?"+query, nil), httptest.NewRecorder())
		if got := idParam(c, "session"); got != want {
			t.Errorf("%s: %q", query, got)
		}
	}
}
