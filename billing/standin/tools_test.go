package standin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/proof"
)

// Stripe's own tools drive the stand-in. They know nothing of it and ask what
// they would ask of Stripe; all that they are served is walked like everything
// else.

// stripeTools is the folder of npm packages that holds Stripe's Node library and
// command-line tool. tools/setup.sh installs them; STRIPE_TOOLS_DIR names
// another folder.
func stripeTools(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("STRIPE_TOOLS_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", ".cache", "stripe", "node_modules")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, noNode := exec.LookPath("node")
		_, noLibrary := os.Stat(filepath.Join(dir, "stripe", "package.json"))
		err = errors.Join(noNode, noLibrary)
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Stripe's own tools are needed under CI: %v", err)
		}
		t.Skipf("NOT DRIVEN BY STRIPE'S OWN TOOLS: they are not here (tools/setup.sh installs them): %v", err)
	}
	return dir
}

func TestStripesNodeLibraryLivesASubscription(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "life.js"), b.url, testKey)
	run.Env = append(os.Environ(), "NODE_PATH="+stripeTools(t), "NO_PROXY=127.0.0.1")
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.in(b.heard(), "checkout.session.completed", "customer.subscription.updated", "invoice.finalized", "invoice.paid",
		"charge.refunded", "customer.subscription.deleted")
}

// cli is Stripe's command-line tool with a house of its own, and with nowhere to
// go: the proxy that it is given keeps everything that is not for the stand-in.
type cli struct {
	t       *testing.T
	program string
	env     []string

	mu   sync.Mutex
	went []string // hosts that it asked the proxy for
}

func newCLI(t *testing.T) *cli {
	t.Helper()
	programs, err := filepath.Glob(filepath.Join(stripeTools(t), "@stripe", "cli-*", "bin", "stripe"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("Stripe's command-line tool is not there: %v %v", programs, err)
	}
	c := &cli{t: t, program: programs[0]}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.went = append(c.went, r.Host)
		http.Error(w, "nobody is reached from here", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	home := t.TempDir()
	c.env = []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "PATH=" + os.Getenv("PATH"),
		"HTTP_PROXY=" + proxy.URL, "HTTPS_PROXY=" + proxy.URL, "NO_PROXY=127.0.0.1",
		"STRIPE_CLI_TELEMETRY_OPTOUT=1", "DO_NOT_TRACK=1", "STRIPE_NO_AUTO_UPDATE=1", "STRIPE_CLI_NO_PLUGIN_AUTO_INSTALL=1",
	}
	return c
}

func (c *cli) trigger(b *bench, event string) {
	c.t.Helper()
	run := exec.CommandContext(c.t.Context(), c.program, "trigger", event, "--api-key", testKey, "--api-base", b.url)
	run.Env = c.env
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Trigger succeeded") {
		c.t.Errorf("stripe trigger %s: %v\n%s", event, err, out)
	}
}

// stayed asserts that the tool spoke to nobody. It asks for its newest version
// whatever its settings say, and gets no answer; it may ask for nothing else.
func (c *cli) stayed() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, host := range c.went {
		if host != "api.github.com:443" {
			c.t.Errorf("Stripe's command-line tool wanted to tell %s something", host)
		}
	}
}

// triggers are events that the tool can cause, the first few for every run.
var triggers = []string{
	"customer.subscription.created", "invoice.payment_failed", "charge.refunded", "charge.dispute.created",

	"customer.subscription.updated", "customer.subscription.deleted", "customer.subscription.paused", "customer.subscription.trial_will_end",
	"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "invoice.updated", "invoice.voided",
	"invoice.marked_uncollectible", "invoiceitem.created", "charge.refund.updated", "charge.dispute.updated", "charge.dispute.closed",
	"charge.succeeded", "charge.failed", "credit_note.created", "checkout.session.expired",
	"payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.requires_action", "payment_intent.canceled",
	"setup_intent.created", "setup_intent.succeeded", "setup_intent.setup_failed", "setup_intent.requires_action", "setup_intent.canceled",
	"payment_method.attached", "payment_method.detached", "payment_method.updated",
	"coupon.created", "coupon.updated", "coupon.deleted", "promotion_code.created", "promotion_code.updated",
	"customer.created", "customer.updated", "customer.deleted", "price.created", "price.updated",
	"product.created", "product.updated", "product.deleted",
}

func TestStripesCommandLineToolIsServed(t *testing.T) {
	t.Parallel()
	c, b := newCLI(t), newBench(t)
	for _, event := range triggers[:proof.Size(4, len(triggers))] {
		b.heard()
		c.trigger(b, event)
		b.advance(time.Second) // a card is disputed, and a short trial announced, a moment later
		if got := b.heard(); !slices.Contains(got, event) {
			t.Errorf("after stripe trigger %s was heard %v", event, got)
		}
	}
	c.stayed()
}
