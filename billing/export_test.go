package billing

import (
	"context"
	"time"
)

// Refundable is the rule of what goes back, for its property test.
var Refundable = refundable

// WhileAlive and its times, for tests that count the signs of life.
var WhileAlive = (*Service).whileAlive

const (
	HeldFor = heldFor
	Beat    = beat
)

// Unused is what of a payment was for the time after at.
func (p Payment) Unused(at time.Time) int64 { return p.unused(at) }

// CatchUp is the hourly run, and NightlyTurn the nightly one if it is due.
var (
	CatchUp     = (*Service).catchUp
	NightlyTurn = (*Service).nightlyTurn
)

// Code is a gift's code, for tests of its form.
func (k GiftCodes) Code(gift string, serial int) string { return k.code(gift, serial) }

// AddMonths counts a gift's months.
var AddMonths = addMonths

// NoteRun keeps a run as the nightly ones are kept.
func NoteRun(s *Service, ctx context.Context, rep Report) { s.noteRun(ctx, "nightly", rep, nil) }
