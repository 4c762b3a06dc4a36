package drill

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/mail"
)

// evidence is all that a verdict rests on, taken when everything is quiet.
type evidence struct {
	now        time.Time // paper time
	books      *books
	rows       *rows
	mails      []mail.Boxed
	gates      map[string]string // address → how the gate of a story for subscribers stood: "open benefit"
	deliveries map[string]int
	odd        []string       // what readers met and should not
	unread     []string       // what a webhook told and the paper did not take in
	orders     map[string]int // invoice → how often support asked to give it back

	firstRun, secondRun string // what the reconciler said, twice
}

// examine reads everything that lies in the drill's folder and database.
func examine(o Options, now time.Time) (*evidence, error) {
	e := &evidence{now: now, gates: map[string]string{}}
	var err error
	if e.books, err = readBooks(o.booksPath()); err != nil {
		return nil, err
	}
	if e.deliveries, err = readDeliveries(o.booksPath()); err != nil {
		return nil, err
	}
	if e.rows, err = readRows(o, now); err != nil {
		return nil, err
	}
	p, err := openPost(o.mailPath())
	if err != nil {
		return nil, err
	}
	if err := p.read(); err != nil {
		return nil, err
	}
	e.mails = p.all
	return e, nil
}

// faults is everything that is wrong, a sentence each.
func (e *evidence) faults() []string {
	var all []string
	all = append(all, e.rows.troubles...)
	for _, check := range []func(*evidence) []string{
		checkPromises, checkRows, checkAccess, checkOnePlan, checkInvoices, checkLedger, checkRefunds, checkSales, checkGifts, checkMails, checkReconciler,
	} {
		all = append(all, check(e)...)
	}
	return slices.Concat(all, e.unread, e.odd)
}

// mostShown is how many faults of a verdict are written out.
const mostShown = 40

// judge is the verdict.
func (e *evidence) judge(o Options) error {
	found := e.faults()
	if len(found) == 0 {
		return nil
	}
	text := fmt.Sprintf("the drill found %d things wrong:", len(found))
	for i, f := range found {
		if i == mostShown {
			text += fmt.Sprintf("\n  … and %d more", len(found)-mostShown)
			break
		}
		text += "\n  " + strings.ReplaceAll(f, "\n", "\n    ")
	}
	return errors.New(text + "\nThe same choices again: " + o.again() + "\nWhat it rests on is in " + o.Dir)
}

// checkPromises: a 200 to a webhook promised that the event is kept.
func checkPromises(e *evidence) (wrong []string) {
	for _, id := range e.books.delivered {
		if !e.rows.events[id] {
			wrong = append(wrong, fmt.Sprintf("the paper answered 200 to the event %s, and its inbox does not have it", id))
		}
	}
	return wrong
}

// checkReconciler: a second run had nothing left to find.
func checkReconciler(e *evidence) (wrong []string) {
	if !strings.Contains(e.secondRun, "had come for: 0;") || !strings.HasSuffix(e.secondRun, "drift: 0") {
		wrong = append(wrong, "the reconciler's second run still found something: "+e.secondRun)
	}
	return wrong
}
