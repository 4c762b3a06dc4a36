package main

import (
	"context"
	"fmt"
	"regexp"

	"broadsheet/internal/id"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/numbers"
	"broadsheet/paywall"
	"broadsheet/reader"
)

// person is one account of the year, from the first visit on.
type person struct {
	name, email string
	visitor     string
	story       string // path of the one that made them sign in
	reader      string // the account's id, once there is one
	code        string // that takes something off; "" for none
}

var (
	firstNames = []string{"Ada", "Bram", "Carla", "Dries", "Elif", "Femke", "Gus", "Hana", "Imre", "Jolanda", "Kofi", "Lieke", "Milan", "Noor", "Otto", "Priya", "Quinn", "Rosa", "Sem", "Tess", "Umar", "Vera", "Wim", "Yara", "Zoe"}
	lastNames  = []string{"Akkerman", "Bos", "Costa", "Dekker", "Eriksen", "Faber", "Groen", "Haan", "Ivanov", "Jansen", "Kuiper", "Lindqvist", "Mulder", "Novak", "Okafor", "Prins", "Quist", "Rossi", "Smit", "Tahiri", "Visser", "Weber"}
)

// accounts are those who sign in; some buy, and of these some fall behind, leave
// or ask for their money back.
func (y *year) accounts(readers int) []deed {
	var deeds []deed
	for i := range readers {
		first, last := firstNames[y.dice.IntN(len(firstNames))], lastNames[y.dice.IntN(len(lastNames))]
		joins := y.someday(2)
		p := &person{
			name: first + " " + last, email: fmt.Sprintf("%s.%s.%d@example.org", first, last, i+1), visitor: id.New(joins),
			story: numbers.Way("/stories/"+y.walled().Slug, numbers.SourceOf(y.referrer(), y.conf.BaseURL.Hostname())),
		}
		deeds = append(deeds, y.visit(p.who, joins, 2, y.referrer()), deed{at: joins, do: func(ctx context.Context) error { return y.signIn(ctx, p) }})
		leaves := y.now
		if y.dice.IntN(4) == 0 {
			leaves = joins.AddDate(0, 0, 20+y.dice.IntN(100)) // and reads no more
		}
		for at := joins; ; {
			if at = y.hour(at.AddDate(0, 0, 4+y.dice.IntN(14))); !at.Before(leaves) || !at.Before(y.now) {
				break
			}
			deeds = append(deeds, y.visit(p.who, at, 1+y.dice.IntN(mostStories), y.referrer()))
		}
		if buys := y.hour(joins.AddDate(0, 0, y.dice.IntN(40))); y.dice.IntN(100) < 62 && buys.After(joins) {
			deeds = append(deeds, y.customer(p, buys)...)
		}
	}
	return deeds
}

// who is the person as the meter knows them then.
func (p *person) who() paywall.Who { return paywall.Who{Visitor: p.visitor, Reader: p.reader} }

// pigeonhole keeps the last mail instead of posting it.
type pigeonhole struct{ last mail.Message }

func (h *pigeonhole) Post(_ context.Context, m mail.Message) error {
	h.last = m
	return nil
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// signIn asks for a code, reads it in the mail and types it.
func (y *year) signIn(ctx context.Context, p *person) error {
	keys, err := reader.NewKeys(y.conf.AppSecret.Reveal())
	if err != nil {
		return err
	}
	hole := &pigeonhole{}
	entry := journey.NewSignIn(journey.SignInParts{
		Store: y.db, Pools: y.meter, Outbox: hole, House: y.house, Keys: keys, Addresses: y.mailable(), Counts: y.counts(),
		Link: func(token string) string { return y.address("/signin/link/" + token) },
	})
	wall := y.clocks.Wall.Now()
	if _, err := entry.Ask(ctx, reader.Ask{Email: p.email, Return: p.story, Now: wall}); err != nil {
		return err
	}
	device := journey.Device{Visitor: p.visitor, Wall: wall, Paper: y.clocks.Paper.Now()}
	in, err := entry.ByCode(ctx, p.email, sixDigits.FindString(hole.last.Subject), device)
	p.reader = in.Reader.ID
	return err
}
