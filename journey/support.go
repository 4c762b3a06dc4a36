package journey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/id"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// supportStore is the storage of what support changes.
type supportStore interface {
	Reader(ctx context.Context, id string) (reader.Reader, error)
	ReaderByForm(ctx context.Context, form string) (reader.Reader, bool, error)
	RoleOf(ctx context.Context, id string) (reader.Role, error)
	RenameReader(ctx context.Context, readerID, name string) error
	Readdress(ctx context.Context, readerID, email, form string) (bool, error)
	EndSessions(ctx context.Context, readerID, keep string) ([]string, error)
	Catalogue(ctx context.Context) (billing.Catalogue, error)
	AddGrant(ctx context.Context, g billing.Grant) error
	EndGrant(ctx context.Context, readerID, grant string, at time.Time) (bool, error)
	LetterOf(ctx context.Context, readerID, id string) (desk.Letter, bool, error)
	SubscriptionsOf(ctx context.Context, readerID string) ([]billing.Subscription, error)
}

// Support is what the desk can do for a reader. Each act belongs in the
// transaction that records it, and gives what the record says of it.
type Support struct {
	Store      supportStore
	Everything *Everything
	Queue      jobs.Queue
	Outbox     outbox
	House      func(ctx context.Context) (letters.House, error)
	Addresses  reader.Addresses
}

// Jobs that follow at Stripe. The payload is an aboutReader.
const (
	TellAddressJob     = "stripe.address"
	ForgetCustomersJob = "stripe.forget"
)

type aboutReader struct{ Reader, Email string }

// custody is the part of billing that keeps Stripe's knowledge of a person.
type custody interface {
	TellAddress(ctx context.Context, readerID, email, key string) error
	ForgetCustomers(ctx context.Context, readerID string) error
}

// HandleCustody registers the jobs.
func HandleCustody(on func(kind string, h jobs.Handler), money custody) {
	on(TellAddressJob, func(ctx context.Context, j jobs.Job) error {
		var about aboutReader
		if err := j.Into(&about); err != nil {
			return err
		}
		return money.TellAddress(ctx, about.Reader, about.Email, j.Key)
	})
	on(ForgetCustomersJob, func(ctx context.Context, j jobs.Job) error {
		var about aboutReader
		if err := j.Into(&about); err != nil {
			return err
		}
		return money.ForgetCustomers(ctx, about.Reader)
	})
}

// Whose gives the account that is to be changed. Somebody of the desk is an
// owner's to change: an address is the way into the account. Faults: Missing,
// Conflict.
func (s *Support) Whose(ctx context.Context, by desk.Member, readerID string) (reader.Reader, error) {
	who, err := s.Store.Reader(ctx, readerID)
	if err != nil {
		return who, err
	}
	role, err := s.Store.RoleOf(ctx, readerID)
	if err == nil && role != "" && by.Role != reader.Owner {
		err = fault.New(fault.Conflict, "This is somebody of the desk. Only an owner changes their account.", nil)
	}
	return who, err
}

// maxName bounds a name, in characters.
const maxName = 120

// Rename gives an account another name; "" takes it away.
func (s *Support) Rename(ctx context.Context, who reader.Reader, name string) (desk.Change, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case len([]rune(name)) > maxName:
		return desk.Change{}, fault.New(fault.Invalid, fmt.Sprintf("A name has at most %d characters.", maxName), nil)
	case name == who.Name:
		return desk.Change{}, nil
	}
	return desk.Change{Kind: "reader.rename", Subject: "reader", ID: who.ID, After: map[string]bool{"renamed": true}}, s.Store.RenameReader(ctx, who.ID, name)
}

// Readdress gives an account another address. Its sessions end, both addresses
// hear of it, and Stripe does. ended are the hashes of the sessions' tokens.
func (s *Support) Readdress(ctx context.Context, who reader.Reader, typed string) (change desk.Change, ended []string, err error) {
	addr, err := s.Addresses.Parse(typed)
	if err != nil {
		return change, nil, err
	}
	if addr.Email == who.Email {
		return change, nil, fault.New(fault.Invalid, "That is the address that the account has.", nil)
	}
	free, err := s.Store.Readdress(ctx, who.ID, addr.Email, addr.Form)
	if err == nil && !free {
		err = fault.New(fault.Conflict, "Another account has that address. Merge the two, or ask for another address.", nil)
	}
	if err != nil {
		return change, nil, err
	}
	if ended, err = s.Store.EndSessions(ctx, who.ID, ""); err != nil {
		return change, nil, err
	}
	once := rand.Text()
	if err := s.write(ctx, who.Email, "address-gone/"+once, who.ID, letters.AddressGone{Name: who.Name}); err != nil {
		return change, nil, err
	}
	if err := s.write(ctx, addr.Email, "address-here/"+once, who.ID, letters.AddressHere{Name: who.Name}); err != nil {
		return change, nil, err
	}
	err = s.Queue.Enqueue(ctx, jobs.New{Kind: TellAddressJob, Key: TellAddressJob + "/" + once, Payload: aboutReader{who.ID, addr.Email}})
	return desk.Change{Kind: "reader.address", Subject: "reader", ID: who.ID, After: map[string]any{"address": "another", "sessions_ended": len(ended)}}, ended, err
}

// write mails a letter.
func (s *Support) write(ctx context.Context, to, key, readerID string, l letterWriter) error {
	house, err := s.House(ctx)
	if err != nil {
		return err
	}
	text, err := l.Letter(house)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return s.Outbox.Post(ctx, mail.Message{To: to, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: key, Origin: mail.Origin{Reader: readerID}})
}

// Days is a plan to be given.
type Days struct {
	Plan string
	Days int
	Why  string // the reader sees it
}

// maxDays is the longest that support gives at once.
const maxDays = 366

// Give gives a plan for some days. They begin now.
func (s *Support) Give(ctx context.Context, who reader.Reader, d Days, now time.Time) (desk.Change, error) {
	all, err := s.Store.Catalogue(ctx)
	if err != nil {
		return desk.Change{}, err
	}
	plan, ok := all.Plan(d.Plan)
	d.Why = strings.TrimSpace(d.Why)
	switch {
	case !ok:
		return desk.Change{}, fault.New(fault.Invalid, "Choose one of the plans.", nil)
	case d.Days < 1 || d.Days > maxDays:
		return desk.Change{}, fault.New(fault.Invalid, fmt.Sprintf("Give between 1 and %d days.", maxDays), nil)
	case d.Why == "" || len([]rune(d.Why)) > maxName:
		return desk.Change{}, fault.New(fault.Invalid, fmt.Sprintf("Say why, in at most %d characters: the reader sees it in the account.", maxName), nil)
	}
	g := billing.Grant{ID: deskGrant + id.New(now), ReaderID: who.ID, Plan: plan.Key, Why: d.Why, From: now, To: now.AddDate(0, 0, d.Days)}
	return desk.Change{Kind: "reader.grant", Subject: "reader", ID: who.ID,
		After: map[string]any{"grant": g.ID, "plan": g.Plan, "days": d.Days, "until": g.To}}, s.Store.AddGrant(ctx, g)
}

// deskGrant begins the id of what the desk gave. Gifts' grants are not its to end.
const deskGrant = "desk-"

// TakeBack ends a plan that the desk gave.
func (s *Support) TakeBack(ctx context.Context, who reader.Reader, grant string, now time.Time) (desk.Change, error) {
	if !strings.HasPrefix(grant, deskGrant) {
		return desk.Change{}, fault.New(fault.Invalid, "The desk can end what the desk has given, and nothing else.", nil)
	}
	done, err := s.Store.EndGrant(ctx, who.ID, grant, now)
	if err == nil && !done {
		err = fault.New(fault.Conflict, "That has ended already.", nil)
	}
	return desk.Change{Kind: "reader.grant.end", Subject: "reader", ID: who.ID, After: map[string]any{"grant": grant, "ended": now}}, err
}

// againKey begins the keys of letters that the desk had written anew.
const againKey = "again/"

// Resend has a letter written anew, to the address that the account has now.
func (s *Support) Resend(ctx context.Context, who reader.Reader, letter string, now time.Time) (desk.Change, error) {
	l, ok, err := s.Store.LetterOf(ctx, who.ID, letter)
	if err == nil && !ok {
		err = fault.New(fault.Invalid, "There is no such mail in the list.", nil)
	}
	if err == nil && !l.Again() {
		err = fault.New(fault.Invalid, "That mail cannot be written anew: nothing is kept of what it said.", nil)
	}
	if err != nil {
		return desk.Change{}, err
	}
	var about billing.Effect
	if err := json.Unmarshal([]byte(l.Cause), &about); err != nil {
		return desk.Change{}, fmt.Errorf("resend %s: %w", l.ID, err)
	}
	about.Key = againKey + id.New(now) + "/" + about.Key
	about.ReaderID = who.ID // of a merged account it may be another
	return desk.Change{Kind: "reader.resend", Subject: "reader", ID: who.ID, After: map[string]string{"letter": l.ID, "kind": l.Kind}},
		s.Queue.Enqueue(ctx, jobs.New{Kind: l.Kind, Key: about.Key, Payload: about})
}

// SignOut ends all sessions.
func (s *Support) SignOut(ctx context.Context, who reader.Reader) (desk.Change, []string, error) {
	ended, err := s.Store.EndSessions(ctx, who.ID, "")
	if err != nil || len(ended) == 0 {
		return desk.Change{}, nil, err
	}
	return desk.Change{Kind: "reader.signout", Subject: "reader", ID: who.ID, After: map[string]int{"sessions_ended": len(ended)}}, ended, nil
}

// Erase removes what is kept of a reader, here and at Stripe. Invalid when the
// address typed is not the account's; Conflict while a subscription is live, and
// for somebody of the desk.
func (s *Support) Erase(ctx context.Context, who reader.Reader, typed string) (desk.Change, []string, error) {
	if !strings.EqualFold(strings.TrimSpace(typed), who.Email) {
		return desk.Change{}, nil, fault.New(fault.Invalid, "That is not the address of this account. Type it as it stands above.", nil)
	}
	if err := s.mayEnd(ctx, who); err != nil {
		return desk.Change{}, nil, err
	}
	subs, err := s.Store.SubscriptionsOf(ctx, who.ID)
	if err != nil {
		return desk.Change{}, nil, err
	}
	if live := billing.LiveOf(subs); live != nil {
		return desk.Change{}, nil, fault.New(fault.Conflict, "The subscription "+live.ID+" is live. End it first: an account that is erased would go on paying.", nil)
	}
	ended, err := s.Store.EndSessions(ctx, who.ID, "")
	if err != nil {
		return desk.Change{}, nil, err
	}
	if err := s.write(ctx, who.Email, "erased/"+who.ID, "", letters.Erased{Name: who.Name}); err != nil {
		return desk.Change{}, nil, err
	}
	err = errors.Join(s.Everything.Erase(ctx, who.ID),
		s.Queue.Enqueue(ctx, jobs.New{Kind: ForgetCustomersJob, Key: ForgetCustomersJob + "/" + who.ID, Payload: aboutReader{Reader: who.ID}}))
	return desk.Change{Kind: "reader.erase", Subject: "reader", ID: who.ID, After: map[string]bool{"erased": true}}, ended, err
}

// mayEnd refuses to end the account of somebody of the desk.
func (s *Support) mayEnd(ctx context.Context, who reader.Reader) error {
	role, err := s.Store.RoleOf(ctx, who.ID)
	if err == nil && role != "" {
		err = fault.New(fault.Conflict, "This is somebody of the desk. Take them off the desk first.", nil)
	}
	return err
}

// Into finds the account that another is to be merged into, by its address.
// Conflict when both have a live subscription: one has to be ended first.
func (s *Support) Into(ctx context.Context, who reader.Reader, typed string) (reader.Reader, error) {
	addr, err := s.Addresses.Parse(typed)
	if err != nil {
		return reader.Reader{}, err
	}
	into, ok, err := s.Store.ReaderByForm(ctx, addr.Form)
	switch {
	case err != nil:
		return into, err
	case !ok:
		return into, fault.New(fault.Invalid, "No account has that address.", nil)
	case into.ID == who.ID:
		return into, fault.New(fault.Invalid, "That is this very account.", nil)
	}
	if err := s.mayEnd(ctx, who); err != nil {
		return into, err
	}
	if role, err := s.Store.RoleOf(ctx, into.ID); err != nil {
		return into, err
	} else if role != "" {
		return into, fault.New(fault.Conflict, "The other account is of somebody of the desk. Nobody is merged into those.", nil)
	}
	theirs, err := s.Store.SubscriptionsOf(ctx, who.ID)
	if err != nil {
		return into, err
	}
	others, err := s.Store.SubscriptionsOf(ctx, into.ID)
	if a, b := billing.LiveOf(theirs), billing.LiveOf(others); err == nil && a != nil && b != nil {
		err = fault.New(fault.Conflict, "Both accounts have a live subscription, "+a.ID+" and "+b.ID+", and a reader has one. End one of them first.", nil)
	}
	return into, err
}

// Merge gives everything of one account to another, and ends the first.
func (s *Support) Merge(ctx context.Context, who reader.Reader, typed string) (change desk.Change, into reader.Reader, ended []string, err error) {
	if into, err = s.Into(ctx, who, typed); err != nil {
		return change, into, nil, err
	}
	if ended, err = s.Store.EndSessions(ctx, who.ID, ""); err != nil {
		return change, into, nil, err
	}
	err = errors.Join(s.Everything.Merge(ctx, who.ID, into.ID),
		s.Queue.Enqueue(ctx, jobs.New{Kind: TellAddressJob, Key: TellAddressJob + "/merge/" + who.ID, Payload: aboutReader{into.ID, into.Email}}))
	return desk.Change{Kind: "reader.merge", Subject: "reader", ID: who.ID, After: map[string]string{"into": into.ID}}, into, ended, err
}
