package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/freeport"
	"broadsheet/internal/pgtest"
)

func TestServeBringsUpAPaperAndKeepsIt(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]terminal{
		"sqlite":   newTerminal(t),
		"postgres": newTerminal(t).with("DATABASE_URL", pgtest.URL(t)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.t = t
			bringUp(t, x.with("DEMO", "1"))
		})
	}
}

func bringUp(t *testing.T, x terminal) {
	one := x.serve()
	for _, want := range []string{one.url, "/_mail", "reader@example.org", "print@example.org", "digital@example.org", "editor@example.org",
		"4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 9995", "4000 0025 0000 3155", "http://" + x.env["STANDIN_ADDR"]} {
		if !strings.Contains(one.out.String(), want) {
			t.Errorf("the message does not say %s:\n%s", want, one.out)
		}
	}
	for _, path := range []string{"/", "/healthz"} {
		if code, body := one.get(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	_, front := one.get("/")
	if code := one.end(); code != 0 {
		t.Fatalf("serve ended with %d:\n%s", code, one.out)
	}
	start := time.Now()
	two := x.serve()
	// Twenty times what it takes, so that a busy machine passes and an import fails.
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the second start took %s", took)
	}
	if _, again := two.get("/"); strings.Count(again, "/stories/") != strings.Count(front, "/stories/") {
		t.Error("the front page is not the same after a restart")
	}
	if code := two.end(); code != 0 {
		t.Errorf("serve ended with %d:\n%s", code, two.out)
	}
}

// A request that has begun is answered although the program was told to stop.
func TestStoppingFinishesWhatHasBegun(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).with("DEMO", "1")
	s := x.serve()
	conn, err := net.Dial("tcp", x.env["ADDR"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	// The headers are there, half of the body is not: the request has begun.
	const form = "email=reader%40example.org"
	fmt.Fprintf(conn, "POST /signin HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		x.env["ADDR"], s.url, len(form))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); !strings.Contains(line, "100") {
		t.Fatalf("the server said %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s.stop()
	// It stops taking new ones at once …
	for refused := false; !refused; {
		c, err := net.DialTimeout("tcp", x.env["ADDR"], time.Second)
		if refused = err != nil; !refused {
			c.Close()
		}
	}
	// … and answers the one that has begun.
	if _, err := io.WriteString(conn, form); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 {
		t.Errorf("status %d", res.StatusCode)
	}
	if code := s.end(); code != 0 {
		t.Errorf("serve ended with %d:\n%s", code, s.out)
	}
}

// A mail that was asked for just before the end is sent, now or after the next
// start, and once.
func TestNoJobIsLostOverARestart(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).with("DEMO", "1")
	s := x.serve()
	res, err := http.PostForm(s.url+"/signin", map[string][]string{"email": {"reader@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if code := s.end(); code != 0 {
		t.Fatalf("serve ended with %d:\n%s", code, s.out)
	}
	again := x.serve()
	deadline := time.Now().Add(20 * time.Second)
	for {
		code, body := again.get("/_mail/latest?to=reader@example.org")
		if code == http.StatusOK && strings.Contains(body, "Subject: ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the mail never came: %d %s", code, body)
		}
	}
	files, err := filepath.Glob(filepath.Join(x.dir, "data", "mail", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	mails := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "reader@example.org") {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("the reader got %d mails for one code", mails)
	}
}

func TestMetricsAreOnTheirOwnAddressOnly(t *testing.T) {
	t.Parallel()
	metrics := freeport.Addr()
	s := newTerminal(t).with("METRICS_ADDR", metrics).serve()
	if code, _ := s.get("/metrics"); code == http.StatusOK {
		t.Error("readers can ask for metrics")
	}
	on := &served{t: t, url: "http://" + metrics}
	if code, body := on.get("/metrics"); code != http.StatusOK || !strings.Contains(body, "go_goroutines") || !strings.Contains(body, "broadsheet_jobs_dead 0") {
		t.Errorf("metrics: %d %.200s", code, body)
	}
	if code, _ := s.get("/debug/pprof/"); code == http.StatusOK {
		t.Error("readers can ask for profiles")
	}
	if code, body := on.get("/debug/pprof/"); code != http.StatusOK || !strings.Contains(body, "goroutine") {
		t.Errorf("profiles: %d %.200s", code, body)
	}
}

func TestSecretsStayOutOfWhatIsPrinted(t *testing.T) {
	t.Parallel()
	x := newTerminal(t).with("DEMO", "1")
	s := x.serve()
	s.get("/")
	s.end()
	raw, err := os.ReadFile(filepath.Join(x.dir, "data", "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	for field := range strings.FieldsFuncSeq(string(raw), func(r rune) bool { return strings.ContainsRune("{}\":, \n", r) }) {
		if len(field) > 30 && strings.Contains(s.out.String(), field) {
			t.Errorf("a secret was printed: %s…", field[:8])
		}
	}
}

// In production nothing of development exists.
func TestProductionHasNoMailboxAndNoStandin(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	delete(x.env, "STANDIN_ADDR")
	for k, v := range map[string]string{"APP_ENV": "production", "APP_SECRET": strings.Repeat("s", 32), "BASE_URL": "https://paper.example.org",
		"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_API_BASE": "http://127.0.0.1:1",
		"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "a@example.org"} {
		x.env[k] = v
	}
	s := x.serve()
	for _, path := range []string{"/_mail", "/_mail/latest"} {
		if code, _ := s.get(path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, body := s.get("/"); code != http.StatusOK {
		t.Errorf("a paper without stories: %d %.300s", code, body)
	}
	for _, name := range []string{"secrets.json", "clock.json", "standin.db", "mail"} {
		if _, err := os.Stat(filepath.Join(x.dir, "data", name)); err == nil {
			t.Errorf("production made %s", name)
		}
	}
	if code := s.end(); code != 0 {
		t.Errorf("serve ended with %d:\n%s", code, s.out)
	}
	if !strings.Contains(s.out.String(), `"msg":"request"`) || !strings.Contains(s.out.String(), "TRUSTED_PROXIES is empty") {
		t.Errorf("the log is not JSON, or does not warn:\n%s", s.out)
	}
}

// A stand-in that runs alone serves a paper that is told of it.
func TestAStandinAloneServesAPaper(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	alone := freeport.Addr()
	x = x.with("STRIPE_SECRET_KEY", "sk_test_ofmine").with("STRIPE_API_BASE", "http://"+alone)
	x.file("paper/publication.yaml", "name: A small paper\ncurrency: eur\ntimezone: UTC\nlanguage: en\n"+
		"benefits:\n  - {key: unlimited, name: Every story, text: Every story}\n"+
		"plans:\n  - key: digital\n    name: Digital\n    summary: All.\n    benefits: [unlimited]\n    prices:\n      - {lookup_key: digital_monthly, interval: month, amount: 700}\n")
	if got := x.run("plans", "push"); got.code != 1 || !strings.Contains(got.errors, "no plans yet") {
		t.Errorf("without plans: code %d, %q", got.code, got.errors)
	}
	if got := x.run("import", filepath.Join(x.dir, "paper")); got.code != 0 {
		t.Fatalf("import: %s%s", got.out, got.errors)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	out := &lockedBuffer{}
	y := x.with("STANDIN_ADDR", alone)
	go func() { ended <- run(ctx, []string{"standin"}, func(k string) string { return y.env[k] }, out, out) }()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(out.String(), alone) {
		if time.Now().After(deadline) {
			t.Fatalf("the stand-in did not start:\n%s", out)
		}
	}
	one := x.run("plans", "push")
	two := x.run("plans", "push")
	if one.code != 0 || !strings.Contains(one.out, "made     price digital_monthly") {
		t.Errorf("first push: %d %s%s", one.code, one.out, one.errors)
	}
	if two.code != 0 || strings.Contains(two.out, "made ") {
		t.Errorf("second push: %d %s%s", two.code, two.out, two.errors)
	}
	half := []string{"plans", "code", "half", "--percent", "50", "--duration", "repeating", "--months", "3", "--max", "9", "--until", "2099-01-31"}
	for _, want := range []string{"made     HALF, 50 % off, repeating for 3 months, used 0 of 9, until 31 January 2099\n", "kept     HALF, 50 % off"} {
		if got := x.run(half...); got.code != 0 || !strings.HasPrefix(got.out, want) {
			t.Errorf("a code: %d %q %s", got.code, got.out, got.errors)
		}
	}
	if got := x.run("plans", "code", "TWO", "--amount", "200"); got.code != 0 || !strings.Contains(got.out, "TWO, €2.00 off, once") {
		t.Errorf("an amount: %d %q %s", got.code, got.out, got.errors)
	}
	if got := x.run("plans", "code", "HALF", "--percent", "20"); got.code != 1 || !strings.Contains(got.errors, "says something else") {
		t.Errorf("a code that is there: %d %q", got.code, got.errors)
	}
	if got := x.run("plans", "codes"); got.code != 0 || strings.Count(got.out, "\n") != 2 || !strings.Contains(got.out, "HALF, 50 % off") {
		t.Errorf("the codes: %d %q %s", got.code, got.out, got.errors)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("standin ended with %d:\n%s", code, out)
	}
}
