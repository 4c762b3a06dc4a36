// Package browsertest opens tabs of a headless Chromium for tests and tools:
// one browser for a test binary, and for every test cookies of its own.
//
// The package knows how to find and drive Chromium and what a browser complains
// about. It refuses to know what a page is about.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Path finds Chromium.
func Path() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium here (Debian: apt-get install chromium)")
}

// Browser is a running Chromium.
type Browser struct {
	ctx  context.Context
	stop func()
}

// Launch starts Chromium with a fresh profile. It speaks to nobody but the
// pages that it is sent to.
func Launch() (*Browser, error) {
	path, err := Path()
	if err != nil {
		return nil, err
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-default-apps", true), chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-client-side-phishing-detection", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,AutofillServerCommunication"),
		chromedp.Flag("metrics-recording-only", true), chromedp.Flag("password-store", "basic"),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-backgrounding-occluded-windows", true),
	)
	ctx, end := chromedp.NewContext(allocator)
	stop := func() {
		end()
		cancel()
	}
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return &Browser{ctx: ctx, stop: stop}, nil
}

// Close ends it and removes its profile.
func (b *Browser) Close() { b.stop() }

var (
	mu     sync.Mutex
	only   *Browser
	failed error
)

func running() (*Browser, error) {
	mu.Lock()
	defer mu.Unlock()
	if only == nil && failed == nil {
		only, failed = Launch()
	}
	return only, failed
}

// Stop ends the browser that Open started in this process, if it did. Call it
// from TestMain after m.Run.
func Stop() {
	mu.Lock()
	defer mu.Unlock()
	if only != nil {
		only.Close()
		only = nil
	}
}

// Open gives the test a tab with cookies of its own. Under CI=true a missing
// Chromium fails the test; elsewhere the test is skipped, loudly.
func Open(t testing.TB) *Tab {
	t.Helper()
	b, err := running()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Chromium is needed under CI: %v", err)
		}
		t.Skipf("NOT TESTED IN A BROWSER: %v", err)
	}
	tab, err := b.Tab()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	return tab
}

// Tab is a tab of the browser.
type Tab struct {
	ctx   context.Context
	close func()

	mu       sync.Mutex
	problems []string
}

// patience is how long a page may take.
const patience = 30 * time.Second

// Tab opens a tab with cookies of its own, 1280 by 900 CSS pixels.
func (b *Browser) Tab() (*Tab, error) {
	tab := &Tab{}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.hear))
	tab.ctx, tab.close = ctx, cancel
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		cancel()
		return nil, err
	}
	return tab, nil
}

// Close closes the tab.
func (tab *Tab) Close() { tab.close() }

// hear notes what the browser complains about.
func (tab *Tab) hear(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			problem = "console: " + string(e.Type)
			for _, arg := range e.Args {
				problem += " " + string(arg.Value) + arg.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			problem = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
	if problem != "" {
		tab.mu.Lock()
		tab.problems = append(tab.problems, problem)
		tab.mu.Unlock()
	}
}

// forgive drops the complaint that a page itself came with an error status: who
// opens such a page looks at the status.
func (tab *Tab) forgive(res *network.Response) {
	if res == nil || res.Status < 400 {
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = slices.DeleteFunc(tab.problems, func(p string) bool {
		return strings.HasPrefix(p, "network: ") && strings.HasSuffix(p, "("+res.URL+")")
	})
}

// Problems takes what the browser complained about since the last call:
// exceptions, errors and warnings on the console, refusals by the content
// security policy, files that did not load.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	taken := tab.problems
	tab.problems = nil
	return taken
}

// Do runs actions, for at most half a minute.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// run runs an action that answers, for at most half a minute.
func run[T any](tab *Tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// Go opens an address and answers with the status of the page that came.
func (tab *Tab) Go(address string) (status int64, err error) {
	res, err := run(tab, chromedp.NavigateResponse(address))
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", address, err)
	}
	if res == nil {
		return 0, fmt.Errorf("open %s: no answer", address)
	}
	tab.forgive(res)
	return res.Status, nil
}

// Press clicks with the mouse on what a CSS selector finds, and waits for the
// page that this leads to.
func (tab *Tab) Press(selector string) error {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	if err != nil {
		at, _ := tab.Address()
		return fmt.Errorf("press %q at %s: %w", selector, at, err)
	}
	tab.forgive(res)
	return nil
}

// Fill types into the field that a CSS selector finds, in place of what it
// holds. It waits for the field, and goes round the library's own typing, which
// reads the page's attributes while the page may be changing them.
func (tab *Tab) Fill(selector, text string) error {
	focus := fmt.Sprintf("(f => { f.focus(); f.select(); return document.activeElement === f; })(document.querySelector(%q))", selector)
	err := tab.Do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if focused, err := chromedp.Evaluate[bool](focus)(ctx, target); err != nil || !focused {
			return errors.Join(err, errors.New("it takes no focus"))
		}
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
	if err != nil {
		return fmt.Errorf("fill in %q: %w", selector, err)
	}
	return nil
}

// Eval evaluates an expression in the page, also when the page itself may run
// no script.
func Eval[T any](tab *Tab, expression string) (T, error) {
	return run(tab, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Has reports whether a CSS selector finds anything.
func (tab *Tab) Has(selector string) (bool, error) {
	return Eval[bool](tab, fmt.Sprintf("document.querySelector(%q) !== null", selector))
}

// Text is the visible text of what a CSS selector finds first, "" for nothing.
func (tab *Tab) Text(selector string) (string, error) {
	text, err := Eval[string](tab, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
	return strings.Join(strings.Fields(text), " "), err
}

// Address is where the tab is.
func (tab *Tab) Address() (string, error) { return run(tab, chromedp.Location()) }

// Size sets the viewport, in CSS pixels.
func (tab *Tab) Size(width, height int64) error {
	return tab.Do(chromedp.EmulateViewport(width, height))
}

// Dark sets the reader's preference for dark or light pages, and for little
// motion, so that colours are measured at rest.
func (tab *Tab) Dark(dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return tab.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// NoScript keeps pages from running JavaScript.
func (tab *Tab) NoScript() error {
	return tab.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Shot is a picture of the whole page, PNG.
func (tab *Tab) Shot() ([]byte, error) { return run(tab, chromedp.FullScreenshot(100)) }
