package drill

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"broadsheet/internal/mail"
)

// reading opens the story that only subscribers may read.
var reading = action{
	name: "read", weight: 15,
	offered: func(*visit) bool { return true },
	do: func(ctx context.Context, v *visit) error {
		_, err := v.web.gate(ctx, v.on.story)
		return err
	},
}

var gateMark = regexp.MustCompile(`data-gate="(\w+)" data-reason="(\w+)"`)

// gate reads a story and says how its gate stood: "open benefit".
func (b *browser) gate(ctx context.Context, slug string) (string, error) {
	p, err := b.get(ctx, "/stories/"+slug)
	if err != nil {
		return "", err
	}
	found := gateMark.FindSubmatch(p.raw)
	if found == nil {
		return "", fmt.Errorf("the story %s (%d) has no gate", slug, p.status)
	}
	return string(found[1]) + " " + string(found[2]), nil
}

// signingIn is another device, or a session that ended: a code from a mail.
var signingIn = action{
	name: "sign in", weight: 4,
	offered: func(*visit) bool { return true },
	do:      signIn,
}

var sixDigits = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)

func signIn(ctx context.Context, v *visit) error {
	device, after := newBrowser(v.on.paper.url), v.on.post.end()
	p, err := device.get(ctx, "/signin")
	if err != nil {
		return err
	}
	f := p.formWith("/signin", "email", "")
	if f == nil {
		return fmt.Errorf("the page to sign in at %s has no form", p.url.Path)
	}
	if p, err = f.send(ctx, "email", v.email); err != nil {
		return err
	}
	code, err := v.code(ctx, after)
	if err != nil {
		return err
	}
	if f = p.formWith("/signin/code", "code", ""); f == nil {
		return fmt.Errorf("after the address, %s (%d) asks for no code", p.url.Path, p.status)
	}
	if p, err = f.send(ctx, "code", code); err != nil {
		return err
	}
	if p.at("/signin") {
		return later("the code was not taken: %d", p.status)
	}
	v.web = device
	return nil
}

// code waits for the mail with a code.
func (v *visit) code(ctx context.Context, after int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := v.on.post.refresh(); err != nil {
			return "", err
		}
		m, _, ok := v.on.post.newest(v.email, after, func(m mail.Boxed) bool {
			return strings.Contains(m.Subject, "is your code") && sixDigits.MatchString(m.Text)
		})
		if ok {
			return sixDigits.FindStringSubmatch(m.Text)[1], nil
		}
		select {
		case <-ctx.Done():
			return "", later("no mail with a code came")
		case <-tick.C:
		}
	}
}
