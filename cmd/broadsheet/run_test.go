package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/config"
	"broadsheet/internal/freeport"
	"broadsheet/internal/pgtest"
	"broadsheet/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// terminal is where a test calls the program: an environment and a folder.
type terminal struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newTerminal(t *testing.T) terminal {
	t.Helper()
	dir := t.TempDir()
	return terminal{t, dir, map[string]string{
		"APP_ENV": "development", "DATABASE_URL": "sqlite://" + filepath.Join(dir, "data", "paper.db"),
		"MEDIA_DIR": filepath.Join(dir, "data", "media"), "ADDR": "127.0.0.1:0", "STANDIN_ADDR": "127.0.0.1:0",
	}}
}

func (x terminal) with(name, value string) terminal {
	x.env = maps.Clone(x.env)
	x.env[name] = value
	return x
}

// ran is what a call did.
type ran struct {
	code        int
	out, errors string
}

func (x terminal) run(args ...string) ran {
	x.t.Helper()
	var out, errs bytes.Buffer
	code := run(x.t.Context(), args, func(k string) string { return x.env[k] }, &out, &errs)
	return ran{code, out.String(), errs.String()}
}

func (x terminal) file(name, text string) string {
	x.t.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		x.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
	return path
}

func TestEveryCommandHelpsAndRefusesWrongUse(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	for _, c := range commands() {
		help := x.run(c.name, "--help")
		if help.code != 0 || !strings.HasPrefix(help.out, "Usage: broadsheet "+c.name) || help.errors != "" {
			t.Errorf("%s --help: code %d, %q, %q", c.name, help.code, help.out, help.errors)
		}
		wrong := x.run(c.name, "--no-such-flag")
		if wrong.code != 2 || !strings.Contains(wrong.errors, "no-such-flag") || wrong.out != "" {
			t.Errorf("%s --no-such-flag: code %d, %q, %q", c.name, wrong.code, wrong.out, wrong.errors)
		}
	}
	for _, args := range [][]string{
		{}, {"print"}, {"import"}, {"staff"}, {"staff", "add", "a@example.org"}, {"staff", "add", "a@example.org", "--role", "king"},
		{"staff", "fire", "a@example.org", "--role", "editor"}, {"gate", "anonymous"}, {"gate", "anonymous=-1"}, {"gate", "anonymous=x"},
		{"gate", "window=1s"}, {"gate", "pages=3"}, {"plans"}, {"plans", "pull"},
		{"plans", "code"}, {"plans", "code", "HALF"}, {"plans", "code", "HALF", "--percent", "12.345"}, {"plans", "code", "HALF", "--percent", "50", "--amount", "200"},
		{"plans", "code", "HALF", "--percent", "50", "--until", "tomorrow"}, {"plans", "code", "HALF", "--percent", "50", "--months", "3"}, {"plans", "codes", "all"},

		{"billing"}, {"billing", "cancel-now"}, {"billing", "charge", "a@example.org"}, {"billing", "cancel-now", "a@example.org", "--refund", "double"},
		{"backup"}, {"backup", "a", "b"}, {"restore"}, {"restore", "a", "b"}, {"demo"}, {"demo", "day"}, {"demo", "year", "--readers", "0"}, {"version", "x"}, {"serve", "x"}, {"migrate", "x"},
	} {
		if got := x.run(args...); got.code != 2 || got.errors == "" {
			t.Errorf("%q: code %d, %q", args, got.code, got.errors)
		}
	}
	if _, err := os.Stat(filepath.Join(x.dir, "data")); err == nil {
		t.Error("wrong use made a folder")
	}
}

func TestEverySettingThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	got := newTerminal(t).with("APP_ENV", "production").with("DEMO", "maybe").run("serve")
	if got.code != 1 {
		t.Errorf("code %d", got.code)
	}
	for _, name := range []string{"DEMO", "BASE_URL", "APP_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_URL", "MAIL_FROM"} {
		if !strings.Contains(got.errors, "\n  "+name+": ") {
			t.Errorf("%s is not named in:\n%s", name, got.errors)
		}
	}
}

func TestATakenPortIsOneSentence(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, name := range []string{"ADDR", "STANDIN_ADDR", "METRICS_ADDR"} {
		x := newTerminal(t).with(name, l.Addr().String())
		got := x.run("serve")
		if got.code != 1 || strings.Count(got.errors, "\n") != 1 || !strings.Contains(got.errors, "is taken") || !strings.Contains(got.errors, name) {
			t.Errorf("%s: code %d, %q", name, got.code, got.errors)
		}
		if _, err := os.Stat(filepath.Join(x.dir, "data")); err == nil {
			t.Errorf("%s: a paper that cannot be reached made its data", name)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsOneSentence(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x = x.with("DATABASE_URL", "sqlite://"+x.file("notafolder", "")+"/paper.db")
	for _, command := range []string{"serve", "migrate", "gate"} {
		got := x.run(command)
		if got.code != 1 || strings.Count(got.errors, "\n") != 1 || !strings.Contains(got.errors, "cannot be written to") {
			t.Errorf("%s: code %d, %q", command, got.code, got.errors)
		}
	}
}

func TestImportTakesFilesAndNamesBadOnes(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.file("in/plain.txt", "A plain headline\n\nThe first paragraph.\n\nThe second one.\n")
	x.file("in/fancy.md", "---\ntitle: A fancy headline\nauthor: Ann Other\naccess: free\n---\n\nIt has *words*.\n")
	bad := x.file("bad.md", "---\ntitle: Bad\naccess: sometimes\n---\n\nText.\n")
	got := x.run("import", filepath.Join(x.dir, "in"), bad)
	for _, want := range []string{`(?m)^added .*plain\.txt +/stories/plain$`, `(?m)^added .*fancy\.md +/stories/fancy$`, `(?m)^refused .*bad\.md.*access`, `2 added, 0 changed, 0 kept, 1 refused`} {
		if !regexp.MustCompile(want).MatchString(got.out) {
			t.Errorf("nothing matches %s in:\n%s", want, got.out)
		}
	}
	if got.code != 1 {
		t.Errorf("code %d for a bad file", got.code)
	}
	again := x.run("import", filepath.Join(x.dir, "in"))
	if again.code != 0 || !strings.Contains(again.out, "0 added, 0 changed, 2 kept, 0 refused") {
		t.Errorf("code %d, %s%s", again.code, again.out, again.errors)
	}
	if nothing := x.run("import", filepath.Join(x.dir, "nowhere")); nothing.code != 1 || !strings.Contains(nothing.out, "not there") {
		t.Errorf("code %d, %q", nothing.code, nothing.out)
	}
}

func TestGateShowsAndKeepsItsRules(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]terminal{
		"sqlite":   newTerminal(t),
		"postgres": newTerminal(t).with("DATABASE_URL", pgtest.URL(t)),
	} {
		t.Run(name, func(t *testing.T) {
			x.t = t
			if got := x.run("gate"); got.code != 0 || got.out != "anonymous=2\nregistered=5\nwindow=720h\nnetwork=40\n" {
				t.Fatalf("code %d, %q, %s", got.code, got.out, got.errors)
			}
			x.run("gate", "anonymous=1", "window=90m")
			if got := x.run("gate", "network=0"); got.out != "anonymous=1\nregistered=5\nwindow=1h30m\nnetwork=0\n" {
				t.Errorf("%q %s", got.out, got.errors)
			}
			db, err := store.Open(t.Context(), x.env["DATABASE_URL"])
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			record, err := db.EntriesAfter(t.Context(), 0, 10)
			if err != nil || len(record) != 2 || record[0].Staff != desk.CommandLine || record[1].Kind != "gate.edit" || !strings.Contains(record[1].After, `"network":0`) {
				t.Errorf("on record: %+v, %v", record, err)
			}
		})
	}
}

func TestStaffIsAddedOnce(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	for _, want := range []string{"ed@example.org is editor from now on.\n", "ed@example.org was editor already.\n"} {
		if got := x.run("staff", "add", "--role", "editor", "ed@example.org"); got.code != 0 || got.out != want {
			t.Errorf("code %d, %q, %s", got.code, got.out, got.errors)
		}
	}
	if got := x.run("staff", "add", "no address", "--role", "editor"); got.code != 1 || got.errors == "" {
		t.Errorf("code %d, %q", got.code, got.errors)
	}
}

func TestVersionNamesTheProgram(t *testing.T) {
	t.Parallel()
	if got := newTerminal(t).run("version"); got.code != 0 || !regexp.MustCompile(`^broadsheet \S+ \(go\S+\)\n$`).MatchString(got.out) {
		t.Errorf("%q", got.out)
	}
}

func TestStandinIsRefusedInProduction(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	delete(x.env, "STANDIN_ADDR")
	for k, v := range map[string]string{"APP_ENV": "production", "APP_SECRET": strings.Repeat("s", 32), "BASE_URL": "https://paper.example.org",
		"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1", "SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "a@example.org"} {
		x = x.with(k, v)
	}
	if got := x.run("standin"); got.code != 1 || !strings.Contains(got.errors, "does not exist in production") {
		t.Errorf("code %d, %q", got.code, got.errors)
	}
}

// The README's table is the struct.
func TestReadmeListsEverySetting(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range config.Fields() {
		if row := readmeRow(f); !strings.Contains(string(raw), row) {
			t.Errorf("the README lacks this row:\n%s", row)
		}
	}
	if got, want := strings.Count(string(raw), "\n| `"), len(config.Fields()); got < want {
		t.Errorf("the README has %d rows, the struct %d fields", got, want)
	}
}

func readmeRow(f config.Field) string {
	value := ""
	if f.Default != "" {
		value = "`" + f.Default + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s |\n", f.Name, value, f.Doc)
}

// served is a paper that runs inside the test.
type served struct {
	t    *testing.T
	url  string
	out  *lockedBuffer
	stop context.CancelFunc
	done chan int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts the paper and waits until it is ready. It stops with the test.
func (x terminal) serve() *served {
	x.t.Helper()
	for _, name := range []string{"ADDR", "STANDIN_ADDR"} {
		if x.env[name] == "" {
			continue
		}
		x.env[name] = freeport.Addr()
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &served{t: x.t, url: "http://" + x.env["ADDR"], out: &lockedBuffer{}, stop: stop, done: make(chan int, 1)}
	go func() { s.done <- run(ctx, []string{"serve"}, func(k string) string { return x.env[k] }, s.out, s.out) }()
	x.t.Cleanup(func() { s.end() })
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case code := <-s.done:
			s.done <- code
			x.t.Fatalf("serve ended with %d:\n%s", code, s.out)
		case <-deadline.C:
			x.t.Fatalf("serve is not ready:\n%s", s.out)
		case <-tick.C:
		}
		if code, _ := s.get("/readyz"); code == http.StatusOK {
			return s
		}
	}
}

func (s *served) get(path string) (int, string) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(s.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// end stops the paper and gives its exit code.
func (s *served) end() int {
	s.stop()
	select {
	case code := <-s.done:
		s.done <- code
		return code
	case <-time.After(40 * time.Second):
		s.t.Error("serve did not stop")
		return -1
	}
}
