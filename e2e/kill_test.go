package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
	"broadsheet/news"
)

// A count that a reader has seen survives the power cut: whatever was given as
// "allowance" is "counted" after the restart, and used up.

func TestCountsSurviveKill(t *testing.T) {
	t.Parallel()
	countsSurviveKill(t, Start(t, Options{}))
}

func TestCountsSurviveKillPostgreSQL(t *testing.T) {
	t.Parallel()
	countsSurviveKill(t, Start(t, Options{Database: pgtest.Copy(t)}))
}

// receipt is one story that a visitor was given before the kill.
type receipt struct {
	client *http.Client
	slug   string
	count  int // the visitor's how-manieth
}

func countsSurviveKill(t *testing.T, p *Paper) {
	t.Helper()
	metered := slugs(t, news.Metered)
	for range proof.Size(1, 5) {
		given := readUntilKilled(t, p, metered, proof.Size(150, 2000))
		p.Restart(t)
		checkReceipts(t, p, given, metered)
	}
}

// readUntilKilled lets new visitors read their two free stories, and kills the
// paper while they do. A receipt is a page that came whole.
func readUntilKilled(t *testing.T, p *Paper, metered []string, enough int) []receipt {
	t.Helper()
	const readers = 24
	var (
		mu    sync.Mutex
		given []receipt
		n     atomic.Int64
		all   sync.WaitGroup
		kill  = make(chan struct{})
		once  sync.Once
	)
	for reader := range readers {
		all.Go(func() {
			for i := 0; ; i++ {
				jar, _ := cookiejar.New(nil)
				client := &http.Client{Transport: transport, Jar: jar, Timeout: 10 * time.Second}
				for j := range 2 {
					slug := metered[(reader+i+j*5)%len(metered)]
					gate, err := readWhole(client, p.URL+storyPath(slug))
					if err != nil {
						return // the paper is dead
					}
					if gate != "open allowance" {
						t.Errorf("a new visitor's story number %d: %q", j+1, gate)
						return
					}
					mu.Lock()
					given = append(given, receipt{client, slug, j + 1})
					mu.Unlock()
					if n.Add(1) == int64(enough) {
						once.Do(func() { close(kill) })
					}
				}
			}
		})
	}
	select {
	case <-kill:
	case <-time.After(time.Minute):
		t.Errorf("only %d stories were given in a minute", n.Load())
	}
	p.Kill()
	all.Wait()
	transport.CloseIdleConnections()
	return given
}

func readWhole(client *http.Client, address string) (gate string, err error) {
	res, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Sprint("status ", res.StatusCode), nil
	}
	return gateOf(string(body)), nil
}

func checkReceipts(t *testing.T, p *Paper, given []receipt, metered []string) {
	t.Helper()
	lost := 0
	for _, r := range given {
		gate, err := readWhole(r.client, p.URL+storyPath(r.slug))
		if err != nil {
			t.Fatal(err)
		}
		if gate != "open counted" {
			lost++
			t.Logf("lost: story %d, %s: %s", r.count, r.slug, gate)
		}
	}
	if lost > 0 {
		t.Fatalf("%d of %d counts that readers had seen were lost", lost, len(given))
	}
	// Whoever had both has nothing left.
	for _, r := range given {
		if r.count != 2 {
			continue
		}
		var other string
		for _, slug := range metered {
			if gate, _ := readWhole(r.client, p.URL+storyPath(slug)); !strings.HasSuffix(gate, "counted") {
				other = gate
				break
			}
		}
		if other != "register spent" {
			t.Fatalf("a visitor with two counts gets a third story: %s", other)
		}
	}
	t.Logf("%d counts survived", len(given))
}
