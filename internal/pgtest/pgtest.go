// Package pgtest gives tests a PostgreSQL of their own: the one that
// TEST_DATABASE_URL names, or a throw-away cluster started from Debian's
// binaries. Every test gets a fresh database in it.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the "pgx" driver

	"broadsheet/internal/freeport"
)

var (
	mu      sync.Mutex
	cluster *Cluster
	failed  error
	prepare func(url string) error // of the database that the others are copied from; nil for none
)

// Prepare says how to fill the database that Copy copies. Call it from TestMain.
func Prepare(fn func(url string) error) { prepare = fn }

// pattern is the database that Prepare filled.
const pattern = "pattern"

// URL makes a fresh, empty database and gives its address. Under CI=true a
// missing PostgreSQL fails the test; elsewhere the test is skipped, loudly.
func URL(t testing.TB) string { return place(t, "") }

// Copy is URL for a database as Prepare's function filled it: migrating once is
// cheaper than a hundred times. In a server that others started it is empty.
func Copy(t testing.TB) string { return place(t, " TEMPLATE "+pattern) }

func place(t testing.TB, from string) string {
	t.Helper()
	if base := os.Getenv("TEST_DATABASE_URL"); base != "" {
		return fresh(t, base, "", true)
	}
	c, err := shared()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("PostgreSQL is needed under CI: %v", err)
		}
		t.Skipf("NOT TESTED ON POSTGRESQL: %v", err)
	}
	return fresh(t, c.URL("postgres"), from, false)
}

// fresh makes a database. Dropping one makes PostgreSQL write all that it holds
// in memory first, so that in a cluster of ours, which goes as a whole, none is.
func fresh(t testing.TB, base, from string, drop bool) string {
	t.Helper()
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ToLower(rand.Text()[:16])
	if _, err := admin.ExecContext(context.Background(), "CREATE DATABASE "+name+from); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		defer admin.Close()
		if !drop {
			return
		}
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("drop the test database: %v", err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func shared() (*Cluster, error) {
	mu.Lock()
	defer mu.Unlock()
	if cluster == nil && failed == nil {
		if cluster, failed = Start(); failed == nil && prepare != nil {
			failed = cluster.fill(prepare)
		}
	}
	return cluster, failed
}

// Stop ends the cluster that URL started in this process, if it did. Call it
// from TestMain after m.Run.
func Stop() {
	mu.Lock()
	defer mu.Unlock()
	if cluster != nil {
		cluster.Stop()
		cluster = nil
	}
}

// Main runs a package's tests and stops the cluster that they started.
func Main(m *testing.M) {
	code := m.Run()
	Stop()
	os.Exit(code)
}

// Cluster is a PostgreSQL server of our own on a free loopback port.
type Cluster struct {
	dir  string
	port string
	cmd  *exec.Cmd
}

// Start makes a cluster in a temporary folder and waits until it answers.
func Start() (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "broadsheet-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.init(bin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.start(bin); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.Sort(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("no PostgreSQL server here (Debian: apt-get install postgresql)")
}

// asServer runs a PostgreSQL program as a user that it accepts: it refuses root.
func asServer(path string, args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		return exec.Command(path, args...)
	}
	return exec.Command("setpriv", append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", "--", path}, args...)...)
}

// fill makes the pattern.
func (c *Cluster) fill(prepare func(url string) error) error {
	if err := c.Create(pattern); err != nil {
		return err
	}
	return prepare(c.URL(pattern))
}

// Create makes an empty database. The name is lower-case letters and digits.
func (c *Cluster) Create(name string) error {
	admin, err := sql.Open("pgx", c.URL("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.ExecContext(context.Background(), "CREATE DATABASE "+name)
	return err
}

func (c *Cluster) init(bin string) error {
	if os.Geteuid() == 0 {
		if _, err := user.Lookup("postgres"); err != nil {
			return err
		}
		if out, err := exec.Command("chown", "postgres", c.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("chown: %w: %s", err, out)
		}
	}
	cmd := asServer(filepath.Join(bin, "initdb"), "-D", filepath.Join(c.dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	cmd.Dir = c.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (c *Cluster) start(bin string) error {
	_, c.port, _ = net.SplitHostPort(freeport.Addr())
	// Commits wait for the disk as in production: counts are tested by kill −9.
	c.cmd = asServer(filepath.Join(bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-p", c.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_wal_size=4GB", "-c", "checkpoint_timeout=1h", "-c", "full_page_writes=off")
	c.cmd.Dir = c.dir
	if err := c.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", c.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if err = db.PingContext(ctx); err == nil {
			tick.Stop()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not start: %w", err)
		case <-tick.C:
		}
	}
}

// URL is the address of a database in the cluster.
func (c *Cluster) URL(name string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/%s?sslmode=disable", c.port, name)
}

// Stop ends the server and removes its files.
func (c *Cluster) Stop() {
	if c.cmd != nil && c.cmd.Process != nil {
		_ = c.cmd.Process.Signal(os.Interrupt) // fast shutdown
		_ = c.cmd.Wait()
	}
	_ = os.RemoveAll(c.dir)
}
