package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"broadsheet/desk"
	"broadsheet/paywall"
)

func gate(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "gate", "gate [KEY=VALUE…]", `
Shows the rules of the metered gate, or sets them from now on. What was decided
under earlier rules stays explained by those.

  anonymous=2    stories that a visitor may read in a window
  registered=5   stories that a registered reader may read in a window, in all
  window=720h    how long a story counts
  network=40     counts a day for one network; 0 is no ceiling

What holds in one section, for search engines and for the registration wall is
set in the newsroom, and kept by this command.`)
	pairs, err := f.parse(args, 0, -1)
	if err != nil {
		return err
	}
	if _, wrong := withRules(paywall.DefaultRules(), pairs); len(wrong) > 0 {
		return f.wrong("%s", strings.Join(wrong, " "))
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	rules, err := b.setGate(ctx, pairs)
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	printRules(w.stdout, rules)
	return nil
}

// setGate changes the rules of now by the pairs; none change nothing.
func (b *base) setGate(ctx context.Context, pairs []string) (rules paywall.Rules, err error) {
	err = b.db.InTx(ctx, func(ctx context.Context) error {
		now := b.clocks.Paper.Now()
		old, err := b.db.GateRules(ctx, now)
		if err != nil {
			return err
		}
		rules, _ = withRules(old, pairs)
		if rules.Equal(old) {
			return nil
		}
		if err := b.db.SetGateRules(ctx, rules, now); err != nil {
			return err
		}
		return desk.NewJournal(b.db).Note(ctx, desk.Member{ID: desk.CommandLine},
			desk.Now{Wall: b.clocks.Wall.Now(), Paper: now}, desk.GateChange(old, rules, now))
	})
	return rules, err
}

// withRules applies KEY=VALUE pairs and says, in sentences, what is wrong.
func withRules(rules paywall.Rules, pairs []string) (paywall.Rules, []string) {
	var wrong []string
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		var err error
		switch {
		case !ok:
			err = errors.New("is not KEY=VALUE")
		case key == "anonymous":
			rules.Anonymous, err = strconv.Atoi(value)
		case key == "registered":
			rules.Registered, err = strconv.Atoi(value)
		case key == "network":
			rules.Network, err = strconv.Atoi(value)
		case key == "window":
			rules.Window, err = time.ParseDuration(value)
		default:
			err = errors.New("is no rule; there are anonymous, registered, window and network")
		}
		if n, bad := errors.AsType[*strconv.NumError](err); bad {
			err = fmt.Errorf("is not a whole number (%w)", n.Err)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%q: %s.", pair, strings.TrimPrefix(err.Error(), "time: ")))
		}
	}
	if len(wrong) > 0 {
		return rules, wrong
	}
	return rules, rules.Validate()
}

func printRules(out io.Writer, r paywall.Rules) {
	fmt.Fprintf(out, "anonymous=%d\nregistered=%d\nwindow=%s\nnetwork=%d\n", r.Anonymous, r.Registered, hours(r.Window), r.Network)
	if r.Asking != paywall.AskSpent {
		fmt.Fprintf(out, "asking=%s\n", r.Asking)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "section %s: %s\n", s.Section, desk.SectionWords(s))
	}
	for _, agent := range r.ShutOut {
		fmt.Fprintf(out, "crawler %s: shut out\n", agent)
	}
}

// hours writes a window the way it is set: 720h and not 720h0m0s.
func hours(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
