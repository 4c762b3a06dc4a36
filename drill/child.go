package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"broadsheet/internal/freeport"
)

// The secrets of a drill's own paper, so that both processes have the same.
const (
	standinKey    = "sk_test_broadsheetdrill"
	webhookSecret = "whsec_broadsheetdrill"
)

// child is a process of the program: the paper, or the stand-in.
type child struct {
	name    string
	program string
	args    []string
	env     []string
	dir     string
	url     string // "/" of it
	ready   string // path that answers 200 once it can be used

	busy   atomic.Int64 // processor time of all its processes that ended
	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	exit   error // valid once exited is closed
}

// start runs the process and waits until it can be used.
func (c *child) start(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	log, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(c.program, c.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	exited := make(chan struct{})
	c.cmd, c.exited = cmd, exited
	go func() {
		c.exit = cmd.Wait()
		c.busy.Add(int64(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()))
		close(exited)
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !c.answers(ctx) {
		select {
		case <-exited:
			return fmt.Errorf("%s ended at once (%w); its log ends:\n%s", c.name, c.exit, c.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s cannot be used after a minute: %w; its log ends:\n%s", c.name, ctx.Err(), c.tail())
		case <-tick.C:
		}
	}
	return nil
}

func (c *child) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+c.ready, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// kill ends the process as a power cut would.
func (c *child) kill() {
	if c.cmd != nil {
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}

// stop asks the process to end, and waits.
func (c *child) stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil || c.gone() {
		return nil
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.exited:
		return c.exit
	case <-time.After(30 * time.Second):
		c.kill()
		return fmt.Errorf("%s did not end within 30 s of being asked to", c.name)
	}
}

func (c *child) gone() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

func (c *child) logPath() string { return filepath.Join(c.dir, c.name+".log") }

// tail is what the log says last.
func (c *child) tail() string {
	raw, err := os.ReadFile(c.logPath())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// command runs a subcommand of the program beside the paper and gives what it
// said.
func (c *child) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	out, err := cmd.Output()
	if err != nil {
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		return string(out), fmt.Errorf("broadsheet %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// children prepares the paper and the stand-in on the drill's folder.
func children(o Options) (paper, standin *child) {
	at, bank := freeport.Addr(), freeport.Addr()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + o.Dir, "TMPDIR=" + os.TempDir(),
		"GOGC=400", // years in minutes: memory is there, processor time is not
		"APP_ENV=development", "DEMO=1", "ADDR=" + at, "STANDIN_ADDR=" + bank,
		"DATABASE_URL=" + o.databaseURL(), "MEDIA_DIR=" + filepath.Join(o.Dir, "media"),
		"STRIPE_SECRET_KEY=" + standinKey, "STRIPE_WEBHOOK_SECRET=" + webhookSecret, "STRIPE_API_BASE=http://" + bank,
	}
	paper = &child{name: "paper", program: o.Program, args: []string{"serve"}, env: env, dir: o.Dir, url: "http://" + at, ready: "/readyz"}
	standin = &child{
		name: "standin", program: o.Program, dir: o.Dir, env: env, url: "http://" + bank, ready: "/standin.css",
		args: []string{"standin", "--senders", "4", "--patience", "1s", "--seed", fmt.Sprint(o.Seed)},
	}
	return paper, standin
}
