package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"broadsheet/internal/freeport"
)

// child is a server in a process of its own.
type child struct {
	addr    string
	metrics string // where its profiles are; "" for none
	cmd     *exec.Cmd
	log     *bytes.Buffer
}

// stop asks the process to end, and insists after a while.
func (c *child) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	select {
	case err := <-ended:
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && !exit.Exited() {
			return nil // by our own signal
		}
		return err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("a server did not stop"), c.cmd.Process.Kill())
	}
}

// ticks is the kernel's unit of CPU time in /proc, a hundredth of a second on
// every Linux that Go runs on.
const ticks = 10 * time.Millisecond

// cpuTime is what the process has used so far.
func (c *child) cpuTime() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name, in brackets, may hold anything; the fields follow it.
	_, rest, _ := bytes.Cut(raw, []byte(") "))
	fields := strings.Fields(string(rest))
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, errors.New("/proc says nothing of the server's CPU time")
	}
	u, err := strconv.Atoi(fields[user])
	s, err2 := strconv.Atoi(fields[system])
	return time.Duration(u+s) * ticks, errors.Join(err, err2)
}

// resident is the process's memory in MiB.
func (c *child) resident() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return float64(n) / 1024, err
		}
	}
	return 0, errors.New("/proc says nothing of the server's memory")
}

// expense is what a process has used so far.
type expense struct {
	cpu     time.Duration
	mallocs float64 // 0 where nobody counts
}

func (c *child) spent() (e expense, err error) {
	if c.metrics != "" {
		if e.mallocs, err = c.metric("go_memstats_mallocs_total"); err != nil {
			return e, err
		}
	}
	e.cpu, err = c.cpuTime()
	return e, err
}

// metric reads one of the program's own figures.
func (c *child) metric(name string) (float64, error) {
	res, err := http.Get("http://" + c.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("the program does not tell %s", name)
}

// newspaper is the program under measure.
type newspaper struct {
	*child
	url     string
	startMS float64
}

// webhookSecret signs what a benchmark sends in Stripe's name.
const webhookSecret = "whsec_the_benchmark_is_not_a_secret"

// startPaper starts the program with the demo in an empty database, and again,
// so that what is measured is a start with the database there.
func startPaper(ctx context.Context, bin, database, dir string) (*newspaper, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	p, err := launch(ctx, bin, database, dir)
	if err != nil {
		return nil, err
	}
	if err := p.stop(); err != nil {
		return nil, err
	}
	return launch(ctx, bin, database, dir)
}

func launch(ctx context.Context, bin, database, dir string) (*newspaper, error) {
	addr, standin, metrics := freeport.Addr(), freeport.Addr(), freeport.Addr()
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	log := new(bytes.Buffer)
	cmd := exec.Command(bin, "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, nil, log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "APP_ENV=development", "DEMO=1", "ADDR=" + addr, "STANDIN_ADDR=" + standin, "METRICS_ADDR=" + metrics,
		"DATABASE_URL=" + database, "STRIPE_WEBHOOK_SECRET=" + webhookSecret}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &newspaper{child: &child{addr, metrics, cmd, log}, url: "http://" + addr}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.stop(), errors.New(log.String()))
	}
	p.startMS = ms(time.Since(start))
	return p, nil
}

func (p *newspaper) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the paper is not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
