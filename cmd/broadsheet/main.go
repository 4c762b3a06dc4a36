// Command broadsheet is the paper: its server, its tools and, in development,
// its local Stripe. This package joins the rooms of the house and starts and
// stops them in order. It decides nothing about stories, readers or money; a
// subcommand has a file here, and what it does lives in the room it belongs to.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"broadsheet/internal/config"
	"broadsheet/internal/fault"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr)) }

// The ways in which the program ends.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// world is what a command can reach of where it was called.
type world struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// command is one subcommand.
type command struct {
	name  string
	short string // what it does, for the list
	run   func(ctx context.Context, w world, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "run the paper", serve},
		{"drill", "live the money of a paper through bad weather", drillTool},
		{"migrate", "bring the database up to this program", migrate},
		{"import", "take stories from files and folders", importPaths},
		{"staff", "give somebody a role at the desk", staff},
		{"gate", "show or set the rules of the metered gate", gate},
		{"plans", "make the plans in Stripe", plans},
		{"billing", "end a subscription, give money back, compare all with Stripe", billingTool},
		{"standin", "run the local Stripe stand-in alone", standIn},
		{"backup", "write the whole paper to one file, and try it", backup},
		{"restore", "put a backup back", restore},
		{"demo", "make a development paper that has lived for a year", demoTool},
		{"version", "say which program this is", version},
	}
}

// run is the program: what main does, in reach of tests. It ends when its work
// is done, or soon after ctx ends or the process is asked to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks; a second one is not ours to catch, and ends us.
	context.AfterFunc(ctx, stop)
	stderr = &oneAtATime{to: stderr} // several logs write there
	w := world{getenv, stdout, stderr}
	err := dispatch(ctx, w, args)
	var wrong usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "broadsheet: %s\n", wrong.sentence)
		fmt.Fprintf(stderr, "See: broadsheet %s--help\n", wrong.command)
		return exitUsage
	}
	fmt.Fprintln(stderr, "broadsheet: "+explain(err))
	return exitError
}

// explain words an error for whoever sits at the terminal.
func explain(err error) string {
	if faults, ok := errors.AsType[config.Faults](err); ok {
		if len(faults) == 1 {
			return "a setting is wrong.\n  " + faults[0]
		}
		return fmt.Sprintf("%d settings are wrong.\n  %s", len(faults), strings.Join(faults, "\n  "))
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Sentence != "" {
		if f.Cause != nil {
			return f.Sentence + " (" + f.Cause.Error() + ")"
		}
		return f.Sentence
	}
	return err.Error()
}

func dispatch(ctx context.Context, w world, args []string) error {
	if len(args) == 0 {
		return usageError{sentence: "say what to do: " + names()}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		printUsage(w.stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, w, args[1:])
		}
	}
	return usageError{sentence: fmt.Sprintf("there is no %q; there is %s", args[0], names())}
}

func names() string {
	var all []string
	for _, c := range commands() {
		all = append(all, c.name)
	}
	return strings.Join(all, ", ")
}

func printUsage(out io.Writer) {
	fmt.Fprint(out, "Broadsheet runs a newspaper with a metered gate and subscriptions.\n\nUsage: broadsheet COMMAND\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  %-9s %s\n", c.name, c.short)
	}
	fmt.Fprint(out, "\nEach command has --help. Settings come from the environment and from .env;\n.env.example lists them all.\n")
}

// usageError is a command that was called in a wrong way.
type usageError struct {
	command  string // with a space at its end; "" for the program itself
	sentence string
}

func (u usageError) Error() string { return u.sentence }

// flags is a command's flag set with its own usage text.
type flags struct {
	*flag.FlagSet
	name, usage, text string
	out               io.Writer
}

// newFlags begins a command. The usage is the first line of its help.
func newFlags(w world, name, usage, text string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), name, usage, strings.TrimSpace(text), w.stdout}
	// The package prints help and complaints alike; we print each where it belongs.
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

func (f *flags) help() {
	fmt.Fprintf(f.out, "Usage: broadsheet %s\n\n%s\n", f.usage, f.text)
	head := "\nOptions:\n"
	f.VisitAll(func(o *flag.Flag) {
		fmt.Fprintf(f.out, "%s  --%s  %s\n", head, o.Name, o.Usage)
		head = ""
	})
}

// parse reads flags wherever they stand and gives back what is none: least to
// most of them, or any number from least on when most is negative.
func (f *flags) parse(args []string, least, most int) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				f.help()
				return nil, err
			}
			return nil, f.wrong("%s", err)
		}
		if f.NArg() == 0 {
			break
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(rest) < least {
		return nil, f.wrong("%s needs something more", f.name)
	}
	if most >= 0 && len(rest) > most {
		return nil, f.wrong("%s does not take %q", f.name, rest[most])
	}
	return rest, nil
}

func (f *flags) wrong(format string, args ...any) error {
	return usageError{command: f.name + " ", sentence: fmt.Sprintf(format, args...)}
}
