package config_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/config"
)

var update = flag.Bool("update", false, "write .env.example and the README's table anew")

// good is a production configuration without a fault.
func good() map[string]string {
	return map[string]string{
		"APP_ENV": "production", "APP_SECRET": strings.Repeat("s", 32), "BASE_URL": "https://paper.example.org",
		"STRIPE_SECRET_KEY": "rk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1",
		"SMTP_URL": "smtp://mail.example.org:587", "MAIL_FROM": "The Paper <news@example.org>",
	}
}

func load(t *testing.T, vars map[string]string) (config.Config, error) {
	t.Helper()
	return config.Load(func(k string) string { return vars[k] }, filepath.Join(t.TempDir(), ".env"))
}

func TestProductionThatIsWhole(t *testing.T) {
	t.Parallel()
	c, err := load(t, good())
	if err != nil {
		t.Fatal(err)
	}
	if c.UsesStandin() || c.IsDevelopment() || c.StripeURL() != config.StripeAPI {
		t.Errorf("production got development's things: %+v", c)
	}
}

func TestEachFaultIsOneSentence(t *testing.T) {
	t.Parallel()
	dev := map[string]string{"APP_ENV": "development"}
	for name, c := range map[string]struct {
		base map[string]string
		set  map[string]string
		want []string // beginnings, one for each fault
	}{
		"nothing":                     {nil, nil, []string{"APP_ENV: is not set"}},
		"an unknown environment":      {nil, map[string]string{"APP_ENV": "prod"}, []string{`APP_ENV: "prod" is neither`}},
		"development on the network":  {dev, map[string]string{"ADDR": "0.0.0.0:8080"}, []string{`ADDR: "0.0.0.0:8080" can be reached from outside`}},
		"development on any address":  {dev, map[string]string{"ADDR": ":8080"}, []string{`ADDR: ":8080" can be reached from outside`}},
		"a stand-in on the network":   {dev, map[string]string{"STANDIN_ADDR": "0.0.0.0:8081"}, []string{"STANDIN_ADDR: "}},
		"an address without a port":   {dev, map[string]string{"ADDR": "localhost"}, []string{"ADDR: "}},
		"a bad demo":                  {dev, map[string]string{"DEMO": "maybe"}, []string{"DEMO: "}},
		"a proxy that is no network":  {dev, map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, []string{`TRUSTED_PROXIES: "proxy" is not a CIDR block`}},
		"a database of another kind":  {dev, map[string]string{"DATABASE_URL": "mysql://x"}, []string{"DATABASE_URL: "}},
		"a live key with a stand-in":  {dev, map[string]string{"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_API_BASE": "http://127.0.0.1:8081"}, []string{"STRIPE_API_BASE: "}},
		"a live rk with a stand-in":   {good(), map[string]string{"STRIPE_API_BASE": "https://stripe.example.org"}, []string{"STRIPE_API_BASE: "}},
		"a key in the clear":          {dev, map[string]string{"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_API_BASE": "http://stripe.example.org"}, []string{"STRIPE_API_BASE: "}},
		"a publishable key":           {dev, map[string]string{"STRIPE_SECRET_KEY": "pk_test_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}, []string{"STRIPE_SECRET_KEY: "}},
		"a real key without webhooks": {dev, map[string]string{"STRIPE_SECRET_KEY": "sk_test_x"}, []string{"STRIPE_WEBHOOK_SECRET: "}},
		"a stand-in in production":    {good(), map[string]string{"STANDIN_ADDR": "127.0.0.1:9091"}, []string{"STANDIN_ADDR: is set"}},
		"http in production":          {good(), map[string]string{"BASE_URL": "http://paper.example.org"}, []string{"BASE_URL: "}},
		"a base with a path":          {good(), map[string]string{"BASE_URL": "https://paper.example.org/news"}, []string{"BASE_URL: "}},
		"a short secret":              {good(), map[string]string{"APP_SECRET": "short"}, []string{"APP_SECRET: is shorter than 32"}},
		"a mail server of no kind":    {good(), map[string]string{"SMTP_URL": "mail.example.org:587"}, []string{"SMTP_URL: "}},
		"a sender that is no address": {good(), map[string]string{"MAIL_FROM": "the paper"}, []string{"MAIL_FROM: "}},
		"production that is empty": {nil, map[string]string{"APP_ENV": "production"}, []string{
			"BASE_URL: ", "APP_SECRET: ", "STRIPE_SECRET_KEY: ", "STRIPE_WEBHOOK_SECRET: ", "SMTP_URL: ", "MAIL_FROM: "}},
		"unreadable and wrong at once": {good(), map[string]string{"DEMO": "x", "TRUSTED_PROXIES": "x", "APP_SECRET": "x", "MAIL_FROM": "x"}, []string{
			"TRUSTED_PROXIES: ", "DEMO: ", "MAIL_FROM: ", "APP_SECRET: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := maps.Clone(c.base)
			if vars == nil {
				vars = map[string]string{}
			}
			maps.Copy(vars, c.set)
			_, err := load(t, vars)
			faults, ok := err.(config.Faults)
			if !ok || len(faults) != len(c.want) {
				t.Fatalf("faults:\n%v\nwant %d: %q", err, len(c.want), c.want)
			}
			for i, f := range faults {
				name, _, _ := strings.Cut(f, ":")
				if !strings.HasPrefix(f, c.want[i]) || !strings.Contains(f, ". Example: "+name+"=") || strings.Contains(f, "\n") {
					t.Errorf("fault %d: %s\nwant it to begin %q and to show an example", i, f, c.want[i])
				}
			}
		})
	}
}

func TestLoopbackNeedsNoHTTPS(t *testing.T) {
	t.Parallel()
	vars := good()
	vars["BASE_URL"] = "http://127.0.0.1:8080"
	if _, err := load(t, vars); err != nil {
		t.Error(err)
	}
}

func TestEnvironmentBeatsDotenv(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("APP_ENV=production\nADDR=127.0.0.1:9000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(func(k string) string { return map[string]string{"APP_ENV": "development"}[k] }, path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Env != config.Development || c.Addr != "127.0.0.1:9000" || c.BaseURL.String() != "http://127.0.0.1:9000" {
		t.Errorf("got %+v", c)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
	vars := good()
	vars["APP_SECRET"], vars["SMTP_URL"] = secret, "smtp://me:"+secret+"@mail.example.org"
	vars["DATABASE_URL"] = "postgres://me:" + secret + "@db.example.org/paper"
	c, err := load(t, vars)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "c", c, "s", c.AppSecret)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "c", c, "s", c.AppSecret)
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	c2 := c
	for _, out := range []string{log.String(), string(doc), fmt.Sprint(c.AppSecret), fmt.Sprintf("%x %q %#v %d", c.AppSecret, c.SMTP, &c2.Database, c.AppSecret)} {
		if strings.Contains(out, "hunter2") || strings.Contains(out, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("a secret was printed: %s", out)
		}
	}
	if c.AppSecret.Reveal() != secret {
		t.Error("the secret is lost")
	}
}

func TestDamagedDotenvQuotesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("APP_SECRET hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(func(string) string { return "" }, path)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("err = %v", err)
	}
}

func TestDevelopmentSecretsAreMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	vars := map[string]string{"APP_ENV": "development", "DATABASE_URL": "sqlite://" + dir + "/paper.db"}
	complete := func() config.Config {
		c, err := load(t, vars)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Complete(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, two := complete(), complete()
	if len(one.AppSecret.Reveal()) < 32 || !strings.HasPrefix(one.WebhookSecret.Reveal(), "whsec_") || !one.UsesStandin() {
		t.Errorf("secrets are missing: %v", one.UsesStandin())
	}
	if one.AppSecret != two.AppSecret || one.WebhookSecret != two.WebhookSecret || one.StripeKey != two.StripeKey {
		t.Error("a second start made other secrets")
	}
	info, err := os.Stat(filepath.Join(dir, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("secrets.json is %v", info.Mode())
	}
}

func TestExampleFileEqualsTheStruct(t *testing.T) {
	t.Parallel()
	const path = "../../.env.example"
	if *update {
		if err := os.WriteFile(path, []byte(config.ExampleFile()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.ExampleFile(), string(got)); diff != "" {
		t.Errorf(".env.example is not the struct; run go test ./internal/config -update (-struct +file):\n%s", diff)
	}
}
