package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"broadsheet/internal/freeport"
)

// Paper is a running newspaper: the program as a child process, with data, ports
// and mailbox of its own.
type Paper struct {
	URL     string // of the paper, without a slash at its end
	Standin string // of the Stripe stand-in

	dir     string
	env     []string
	logPath string

	cmd    *exec.Cmd
	exited chan struct{}
	exit   error // valid once exited is closed
}

// Options say how a paper differs from a fresh one on SQLite.
type Options struct {
	Database string   // DATABASE_URL; "" is a SQLite file in the paper's own folder
	Env      []string // more settings, NAME=value
}

// Start runs a paper for this test alone.
func Start(t testing.TB, o Options) *Paper {
	t.Helper()
	p, err := newPaper(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop the paper: %v", err)
		}
		if t.Failed() {
			t.Logf("the paper's log ends:\n%s", p.logTail())
		}
	})
	if err := p.launch(); err != nil {
		t.Fatal(err)
	}
	return p
}

var shared struct {
	once  sync.Once
	paper *Paper
	err   error
}

// Shared is one paper for all tests that neither move its clock, change its
// rules, nor stop it.
func Shared(t testing.TB) *Paper {
	t.Helper()
	shared.once.Do(func() {
		dir := filepath.Join(scratch, "shared")
		if shared.err = os.Mkdir(dir, 0o700); shared.err == nil {
			if shared.paper, shared.err = newPaper(dir, Options{}); shared.err == nil {
				shared.err = shared.paper.launch()
			}
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.paper
}

func stopShared() error {
	if shared.paper == nil {
		return nil
	}
	return shared.paper.Stop()
}

func newPaper(dir string, o Options) (*Paper, error) {
	addr, standin := freeport.Addr(), freeport.Addr()
	database := o.Database
	if database == "" {
		database = "sqlite://" + filepath.Join(dir, "broadsheet.db")
	}
	p := &Paper{URL: "http://" + addr, Standin: "http://" + standin, dir: dir, logPath: filepath.Join(dir, "serve.log")}
	p.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(),
		"APP_ENV=development", "DEMO=1", "ADDR=" + addr, "STANDIN_ADDR=" + standin,
		"DATABASE_URL=" + database, "MEDIA_DIR=" + filepath.Join(dir, "media"),
	}, o.Env...)
	return p, nil
}

// launch starts the process and waits until it is ready.
func (p *Paper) launch() error {
	bin, err := program()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(bin, "serve")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		p.exit = cmd.Wait()
		close(exited)
	}()
	ready := within(time.Minute, func() bool { return p.gone() || p.ready() })
	if p.gone() || !ready {
		p.Kill()
		return fmt.Errorf("the paper is not ready; its log:\n%s", p.logTail())
	}
	return nil
}

func (p *Paper) ready() bool {
	res, err := plain.Get(p.URL + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

func (p *Paper) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Kill ends the process as a power cut would.
func (p *Paper) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// Restart starts the process again on the same data and ports.
func (p *Paper) Restart(t testing.TB) {
	t.Helper()
	if !p.gone() {
		t.Fatal("the paper still runs")
	}
	if err := p.launch(); err != nil {
		t.Fatal(err)
	}
}

const graceful = 20 * time.Second

// Stop asks the process to end and reports if it doesn't end well.
func (p *Paper) Stop() error {
	if p.cmd == nil || p.gone() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return p.exit
	case <-time.After(graceful):
		p.Kill()
		return errors.New("it did not end within 20 s of SIGTERM")
	}
}

// Command runs a subcommand of the program on this paper's data.
func (p *Paper) Command(args ...string) (stdout string, err error) {
	bin, err := program()
	if err != nil {
		return "", err
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(bin, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("broadsheet %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

// Do runs a subcommand that must succeed.
func (p *Paper) Do(t testing.TB, args ...string) string {
	t.Helper()
	out, err := p.Command(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// slowRequest finds what took a second or longer.
var slowRequest = regexp.MustCompile(`took=([0-9.]+s|\d+m)`)

// logTail is what the log says last, without what went well and what the tests
// themselves did wrong.
func (p *Paper) logTail() string {
	const most = 30
	raw, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if (!strings.Contains(line, "level=INFO") || slowRequest.MatchString(line)) && !strings.Contains(line, "status=403") && strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-most):], "")
}

// Advance moves paper time and answers when all that it causes is done.
func (p *Paper) Advance(t testing.TB, by time.Duration) {
	t.Helper()
	res, err := slow.PostForm(p.Standin+"/_clock/advance", url.Values{"by": {by.String()}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("advance by %s: %s: %s", by, res.Status, said)
	}
}

// Mail is the newest message to an address, as text; "" if there is none.
func (p *Paper) Mail(t testing.TB, to string) string {
	t.Helper()
	res, err := plain.Get(p.URL + "/_mail/latest?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		t.Fatal(err)
	case res.StatusCode == http.StatusNotFound:
		return ""
	case res.StatusCode != http.StatusOK:
		t.Fatalf("/_mail/latest: %s", res.Status)
	}
	return string(text)
}

// plain is a client without cookies; slow waits for a long march of the clock.
var (
	transport = &http.Transport{MaxIdleConnsPerHost: 128, IdleConnTimeout: 30 * time.Second}
	plain     = &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	slow      = &http.Client{Transport: transport, Timeout: 3 * time.Minute, CheckRedirect: plain.CheckRedirect}
)
