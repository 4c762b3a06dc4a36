// Package config reads the environment into one validated struct. Every fault
// is reported at once, each as a sentence that names the variable, says what is
// wrong and shows how it looks when it is right.
//
// The package knows names, forms and which settings go together. It refuses to
// know what is done with them, opens nothing and connects to nothing; only
// Complete writes a file, the secrets of a development paper.
package config

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// Environment is where the program runs.
type Environment string

// The two environments. Development has a mailbox, the Stripe stand-in and a
// clock that can be moved; none of them exists in production.
const (
	Development Environment = "development"
	Production  Environment = "production"
)

// StripeAPI is where the real Stripe answers.
const StripeAPI = "https://api.stripe.com"

// Config is every setting. The tags are the source of .env.example and of the
// table in the README: doc says what it is for, example how it looks.
type Config struct {
	Env Environment `env:"APP_ENV" example:"development" doc:"development or production; there is no default"`

	Addr    string  `env:"ADDR" envDefault:"127.0.0.1:8080" example:"127.0.0.1:8080" doc:"where the paper listens; development takes loopback only"`
	BaseURL url.URL `env:"BASE_URL" example:"https://paper.example.org" doc:"the paper's public address; https makes cookies Secure (development: http:// and ADDR)"`

	AppSecret Secret `env:"APP_SECRET" example:"(the output of: openssl rand -base64 48)" doc:"signs visitor ids and keys the hashes of sign-in codes; at least 32 characters (development: made once)"`

	Database Secret `env:"DATABASE_URL" envDefault:"sqlite://data/broadsheet.db" example:"sqlite://data/broadsheet.db" doc:"sqlite:// and a path, relative or absolute, or postgres://user:password@host/name"`
	MediaDir string `env:"MEDIA_DIR" example:"/srv/paper/media" doc:"the folder of pictures (default: media, beside the database)"`

	StripeKey     Secret `env:"STRIPE_SECRET_KEY" example:"sk_test_51Abc" doc:"Stripe's secret or restricted key (development: empty starts the stand-in)"`
	WebhookSecret Secret `env:"STRIPE_WEBHOOK_SECRET" example:"whsec_abc123" doc:"the signing secret of the webhook endpoint (development with the stand-in: made once)"`
	StripeBase    string `env:"STRIPE_API_BASE" envDefault:"https://api.stripe.com" example:"https://api.stripe.com" doc:"where Stripe's API answers; never anything else beside a live key"`
	StandinAddr   string `env:"STANDIN_ADDR" envDefault:"127.0.0.1:8081" example:"127.0.0.1:8081" doc:"where the Stripe stand-in listens; loopback, development only"`

	SMTP     Secret `env:"SMTP_URL" example:"smtps://user:password@mail.example.org:465" doc:"the mail server, smtp:// or smtps:// (development: empty keeps mails in the mailbox at /_mail)"`
	MailFrom string `env:"MAIL_FROM" example:"The Paper <news@paper.example.org>" doc:"who mails come from"`

	MetricsAddr    string   `env:"METRICS_ADDR" example:"127.0.0.1:9090" doc:"where Prometheus metrics and Go's profiles are served; empty is nowhere"`
	TrustedProxies Prefixes `env:"TRUSTED_PROXIES" example:"10.0.0.0/8,2001:db8::/32" doc:"whose X-Forwarded-For is believed, as CIDR blocks with commas between"`

	Demo bool `env:"DEMO" envDefault:"0" example:"1" doc:"1 loads the demo stories, and in development the demo sign-ins"`

	// standin is set when a development paper names no key of Stripe's.
	standin bool
}

// IsDevelopment reports whether this is a development paper.
func (c Config) IsDevelopment() bool { return c.Env == Development }

// UsesStandin reports whether serve starts the Stripe stand-in itself.
func (c Config) UsesStandin() bool { return c.standin }

// MovesPaperTime reports whether paper time may differ from wall time: in
// development, beside a stand-in, whoever started it.
func (c Config) MovesPaperTime() bool {
	base, err := url.Parse(c.StripeBase)
	return c.IsDevelopment() && (c.standin || err == nil && isLoopbackHost(base.Hostname()))
}

// StripeURL is where the app's client reaches Stripe, or the stand-in.
func (c Config) StripeURL() string {
	if c.UsesStandin() {
		return "http://" + c.StandinAddr
	}
	return strings.TrimSuffix(c.StripeBase, "/")
}

// DataDir is the folder of what a development paper keeps beside its database,
// or beside its pictures when the database is PostgreSQL: secrets, paper time,
// the mailbox and the stand-in's books.
func (c Config) DataDir() string {
	if path, ok := c.SQLitePath(); ok {
		return filepath.Dir(path)
	}
	if c.MediaDir != "" {
		return filepath.Dir(c.MediaDir)
	}
	return "data"
}

// SQLitePath is the database file; false on PostgreSQL.
func (c Config) SQLitePath() (string, bool) {
	return strings.CutPrefix(c.Database.Reveal(), "sqlite://")
}

// Faults are all that is wrong with a configuration, a sentence each.
type Faults []string

func (f Faults) Error() string { return strings.Join(f, "\n") }

// Load reads the environment, and dotenv (usually ".env") for what the
// environment leaves out; a missing file is none. The error is a Faults.
func Load(getenv func(string) string, dotenv string) (Config, error) {
	file, err := godotenv.Read(dotenv)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// The parser's own words quote the file, and with it perhaps a secret.
		return Config{}, Faults{dotenv + " cannot be read: it must be a readable file of NAME=value lines, with quotes around values that hold spaces."}
	}
	given := map[string]string{}
	for _, f := range Fields() {
		value := getenv(f.Name)
		if value == "" {
			value = file[f.Name]
		}
		if value = strings.TrimSpace(value); value != "" {
			given[f.Name] = value
		}
	}
	var c Config
	err = env.ParseWithOptions(&c, env.Options{Environment: given, FuncMap: parsers})
	faults := parseFaults(err)
	if len(faults) == 0 {
		c.derive()
		faults = append(faults, c.validate()...)
	} else {
		// A value that could not be read must not hide what else is wrong.
		faults = append(faults, c.except(faults)...)
	}
	if len(faults) > 0 {
		return Config{}, faults
	}
	return c, nil
}

// parseFaults turns the parser's complaints into our sentences.
func parseFaults(err error) Faults {
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return Faults{err.Error()}
	}
	var faults Faults
	for _, one := range all.Errors {
		p, ok := errors.AsType[env.ParseError](one)
		if !ok {
			faults = append(faults, one.Error())
			continue
		}
		faults = append(faults, sentence(nameOf(p.Name), p.Err.Error()))
	}
	return faults
}

// except validates the rest when some values could not be read: a variable that
// has a fault already gets no second one.
func (c Config) except(known Faults) Faults {
	c.derive()
	var more Faults
	for _, f := range c.validate() {
		name, _, _ := strings.Cut(f, ":")
		if !strings.Contains("\n"+known.Error(), "\n"+name+":") {
			more = append(more, f)
		}
	}
	return more
}

// Field is one variable, for .env.example and the README.
type Field struct{ Name, Default, Example, Doc string }

// Fields lists every variable in the order of the struct.
func Fields() []Field {
	var out []Field
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("env"); name != "" {
			out = append(out, Field{name, f.Tag.Get("envDefault"), f.Tag.Get("example"), f.Tag.Get("doc")})
		}
	}
	return out
}

func nameOf(field string) string {
	f, _ := reflect.TypeFor[Config]().FieldByName(field)
	return f.Tag.Get("env")
}

// sentence names the variable, says what is wrong and shows it right.
func sentence(name, wrong string) string {
	for _, f := range Fields() {
		if f.Name == name {
			return name + ": " + wrong + ". Example: " + name + "=" + f.Example
		}
	}
	return name + ": " + wrong + "."
}

// ExampleFile is .env.example: every variable with its meaning and its default,
// or nothing where there is none. What is empty counts as not set.
func ExampleFile() string {
	var b strings.Builder
	b.WriteString("# Every setting of the program, with its default. Copy this file to .env and\n" +
		"# change what differs; what is empty counts as not set. The environment beats .env.\n")
	for _, f := range Fields() {
		b.WriteString("\n# " + f.Doc + "\n")
		if f.Example != f.Default {
			b.WriteString("# for example: " + f.Example + "\n")
		}
		b.WriteString(f.Name + "=" + f.Default + "\n")
	}
	return b.String()
}
