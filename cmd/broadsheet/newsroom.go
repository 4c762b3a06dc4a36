package main

import (
	"context"
	"fmt"

	"broadsheet/desk"
	"broadsheet/handlers"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/news"
	"broadsheet/reader"
)

// secrets are the second factors of the desk.
func (p *paper) secrets() (*desk.Secrets, error) {
	secret := p.conf.AppSecret.Reveal()
	keys, err := desk.NewKeys(secret)
	if err != nil {
		return nil, err
	}
	limits, err := reader.NewKeys(secret)
	if err != nil {
		return nil, err
	}
	return desk.NewSecrets(desk.SecretParts{Store: p.db, Keys: keys, Limits: limits, Paper: desk.Paper{
		Origin: p.address(""),
		Name: func(ctx context.Context) (string, error) {
			publication, err := p.db.Publication(ctx)
			return publication.Name, err
		},
	}}), nil
}

// newsroom joins what the desk stands on.
func (p *paper) newsroom() (handlers.Newsroom, error) {
	secrets, err := p.secrets()
	n := handlers.Newsroom{Desk: p.db, Staff: desk.NewStaff(p.db, p.mailable()), Secrets: secrets, Journal: desk.NewJournal(p.db), Gate: p.db, House: p.db, Numbers: p.db, Vitals: p.vitals,
		Stories: p.db, Editing: p.editing, Media: news.MediaDir(p.conf.MediaDir)}
	n.Readers, n.Support, n.Plans = p.db, p.support(), p.db
	if p.box != nil {
		n.SecondCodes = boxed{p.box}
	}
	return n, err
}

// openDesk joins what the desk does with stories.
func (p *paper) openDesk() {
	p.editing = &news.Editing{Store: p.db, Calendar: func(ctx context.Context, d news.Due) error {
		key := fmt.Sprintf("%s/%s/%d/%d", news.ReleaseJob, d.Manuscript, d.Revision, d.At.UnixMicro())
		return p.runner.Enqueue(ctx, jobs.New{Kind: news.ReleaseJob, Key: key, Payload: d, RunAt: d.At})
	}}
	p.runner.Handle(news.ReleaseJob, func(ctx context.Context, j jobs.Job) error {
		var d news.Due
		if err := j.Into(&d); err != nil {
			return err
		}
		return p.editing.Release(ctx, d, p.clocks.Paper.Now())
	})
}

// boxed puts a mail straight into the mailbox of a development paper.
type boxed struct{ box *mail.Box }

// Post keeps the message.
func (b boxed) Post(ctx context.Context, m mail.Message) error { return b.box.Send(ctx, m) }

// demoDesk are the demo's members of the desk, one for each role.
var demoDesk = []struct {
	email, name string
	role        reader.Role
}{
	{"owner@example.org", "Olive Trent", reader.Owner},
	{demoEditor, "Ruth Bellamy", reader.Editor},
	{"author@example.org", "Sunniva Rao", reader.Writer},
	{"moderator@example.org", "Milo Arden", reader.Moderator},
	{"circulation@example.org", "Clem Okoye", reader.Circulation},
	{"support@example.org", "Suri Lind", reader.Support},
}

// demoStaff makes the demo's desk. Each member has an authenticator app whose
// codes lie in the mailbox, since nobody holds the telephone.
func (p *paper) demoStaff(ctx context.Context) error {
	secrets, err := p.secrets()
	if err != nil {
		return err
	}
	for _, m := range demoDesk {
		r, err := p.demoAccount(ctx, m.email)
		if err != nil {
			return err
		}
		if r.Name == "" {
			if err := p.db.RenameReader(ctx, r.ID, m.name); err != nil {
				return err
			}
		}
		now := p.clocks.Paper.Now()
		if role, err := p.db.RoleOf(ctx, r.ID); err != nil {
			return err
		} else if role == "" {
			if _, err := p.db.SetStaff(ctx, r.ID, m.role, now); err != nil {
				return err
			}
		}
		if err := secrets.GiveApp(ctx, r.ID, p.clocks.Wall.Now()); err != nil {
			return err
		}
	}
	return nil
}

// addStaff gives an address a role from the command line, and records it.
func (b *base) addStaff(ctx context.Context, email string, role reader.Role) (changed bool, err error) {
	staff := desk.NewStaff(b.db, reader.Addresses{})
	given, err := staff.Add(ctx, desk.Member{ID: desk.CommandLine}, email, "", role, desk.Now{Wall: b.clocks.Wall.Now(), Paper: b.clocks.Paper.Now()})
	return given.Changed, err
}
