package numbers

import (
	"context"
	"fmt"
	"time"
)

// moneyStore is what the figures about money are reckoned from, and kept in.
type moneyStore interface {
	// MoneyBegan is when the first thing happened that the figures tell of; zero
	// if nothing has.
	MoneyBegan(ctx context.Context) (time.Time, error)
	// PayingReaders lists whose subscriptions were something other than over in
	// that time, in pages after an id.
	PayingReaders(ctx context.Context, from, to time.Time, after string, n int) ([]string, error)
	// ReadersOf gives what became of their subscriptions in that time.
	ReadersOf(ctx context.Context, readers []string, from, to time.Time) ([]Reader, error)
	// Sums lists what was paid and given back in that time.
	Sums(ctx context.Context, from, to time.Time) ([]Sum, error)
	// SaveMonth puts a month's figures in place of those that are there.
	SaveMonth(ctx context.Context, r Range, m Month, at time.Time) error
	// MonthsClosed is the first month that is not closed yet; 0 if none is.
	MonthsClosed(ctx context.Context) (int64, error)
	CloseMonths(ctx context.Context, before int64) error
}

// ReckonJob is the kind of the job that reckons.
const ReckonJob = "numbers.reckon"

// ReckonEvery is how old figures about money can be.
const ReckonEvery = time.Hour

// lateBy is how long after its end a month is still reckoned: a payment of its
// last day may become known some days later.
const lateBy = 3 * 24 * time.Hour

const readersPage = 200

// Reckon brings the figures about money up to now: the months that are not
// closed, each from what the paper knows of every subscription in it.
func Reckon(ctx context.Context, store moneyStore, now time.Time, zone *time.Location) error {
	month, err := store.MonthsClosed(ctx)
	if err != nil {
		return err
	}
	if month == 0 {
		began, err := store.MoneyBegan(ctx)
		if err != nil || began.IsZero() {
			return err
		}
		month = MonthOf(DayOf(began.In(zone)))
	}
	for last := MonthOf(DayOf(now.In(zone))); month <= last; month++ {
		r := Range{FirstOf(month), FirstOf(month + 1)}
		if err := reckonMonth(ctx, store, r, now, zone); err != nil {
			return fmt.Errorf("the figures of %s: %w", DateOf(r.From, zone).Format("January 2006"), err)
		}
		if !now.Before(DateOf(r.To, zone).Add(lateBy)) {
			if err := store.CloseMonths(ctx, month+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func reckonMonth(ctx context.Context, store moneyStore, r Range, now time.Time, zone *time.Location) error {
	books := NewBooks(r, now, zone)
	for after := ""; ; {
		ids, err := store.PayingReaders(ctx, books.start, books.end, after, readersPage)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		after = ids[len(ids)-1]
		readers, err := store.ReadersOf(ctx, ids, books.start, books.end)
		if err != nil {
			return err
		}
		for _, one := range readers {
			books.Add(one)
		}
	}
	sums, err := store.Sums(ctx, books.start, books.end)
	if err != nil {
		return err
	}
	month := books.Close()
	month.Taken = Add(sums, zone)
	return store.SaveMonth(ctx, r, month, now)
}
