package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"

	"broadsheet/billing"
	"broadsheet/demo"
	"broadsheet/news"
	"broadsheet/reader"
)

// The demo sign-ins. Their addresses are of a domain that can receive no mail
// (RFC 2606), and they exist in development only.
const (
	demoReader = "reader@example.org"
	demoEditor = "editor@example.org"
)

// demoSubscriberOf is the address of the reader who subscribes to a plan:
// print@example.org, digital@example.org.
func demoSubscriberOf(p billing.Plan) string { return p.Key + "@example.org" }

// demoMark is the mark under which the loaded demo is noted.
const demoMark = "demo"

// loadDemo loads the demo stories when DEMO asks for them and this program's
// are not the ones that are there, and in development makes sure of the demo
// sign-ins.
func (p *paper) loadDemo(ctx context.Context) error {
	if !p.conf.Demo {
		return p.pushPlans(ctx)
	}
	is, err := fingerprint(demo.Files, p.conf.MediaDir, programVersion())
	if err != nil {
		return err
	}
	was, err := p.db.Mark(ctx, demoMark)
	if err != nil {
		return err
	}
	if is != was {
		if err := p.importDemo(ctx); err != nil {
			return err
		}
		if err := p.db.SetMark(ctx, demoMark, is); err != nil {
			return err
		}
	}
	if err := p.pushPlans(ctx); err != nil {
		return err
	}
	if !p.conf.IsDevelopment() {
		return nil
	}
	return p.demoSignIns(ctx)
}

func (p *paper) importDemo(ctx context.Context) error {
	var refused []string
	src := news.Source{FS: demo.Files, Start: ".", Shown: "demo", Origin: "demo"}
	_, err := p.importSource(ctx, src, false, func(l news.Line) {
		if l.Change == news.Refused {
			refused = append(refused, l.String())
		}
	})
	if err == nil && len(refused) > 0 {
		err = fmt.Errorf("refused: %q", refused)
	}
	return err
}

// fingerprint tells one demo from another, by its files, by where its pictures
// are to be, and by the program that renders it.
func fingerprint(files fs.FS, more ...string) (string, error) {
	sum := sha256.New()
	for _, m := range more {
		fmt.Fprintf(sum, "%q\n", m)
	}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := files.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintf(sum, "%q\n", path)
		_, err = io.Copy(sum, f)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// demoSignIns makes the demo readers: one registered, one subscriber of each
// plan, one member of the desk for each role. What is there already stays.
func (p *paper) demoSignIns(ctx context.Context) error {
	if _, err := p.demoAccount(ctx, demoReader); err != nil {
		return err
	}
	if err := p.demoStaff(ctx); err != nil {
		return err
	}
	sold, err := p.db.Catalogue(ctx)
	if err != nil {
		return err
	}
	for _, plan := range sold.Plans {
		email := demoSubscriberOf(plan)
		if err := p.demoSubscriber(ctx, email, plan.Prices[0].LookupKey); err != nil {
			return fmt.Errorf("%s: %w", email, err)
		}
	}
	return nil
}

// demoAccount finds or makes an account whose address counts as proven.
func (p *paper) demoAccount(ctx context.Context, email string) (r reader.Reader, err error) {
	err = p.db.InTx(ctx, func(ctx context.Context) error {
		now := p.clocks.Paper.Now()
		r, err = reader.NewAccounts(p.db, reader.Addresses{}).Invite(ctx, email, "", now)
		if err != nil || r.IsVerified() {
			return err
		}
		_, err = p.db.VerifyReader(ctx, r.ID, now)
		return err
	})
	return r, err
}
