package reader

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// Limit is how often something may be done by one address or one network in a
// period, which runs from the first time.
type Limit struct {
	Name  string
	Most  int
	Every time.Duration // wall time
}

// The limits of signing in. They are kept in the database, so that they hold
// for all machines of the paper together.
var (
	MailsToAddress   = Limit{"mail to address", 5, time.Hour}
	MailsFromNetwork = Limit{"mail from network", 30, time.Hour}
	TriesForAddress  = Limit{"tries for address", 10, 15 * time.Minute}
	TriesFromNetwork = Limit{"tries from network", 60, 15 * time.Minute}
	// CodesTriedForAddress bounds what guessing day after day can gain: one code
	// in a million, thirty times a day. It counts tries of a living code only, so
	// that nobody is locked out by tries that cost nothing.
	CodesTriedForAddress = Limit{"codes tried for address", 30, 24 * time.Hour}
	// CodesFromNetwork bounds the discount codes that are tried from a network.
	CodesFromNetwork = Limit{"codes from network", 30, time.Hour}
	// PurchasesFromNetwork bounds the accounts that purchases make, and what may
	// be learned of which addresses are known.
	PurchasesFromNetwork = Limit{"purchases from network", 60, time.Hour}
)

// Limited is the cause of a TooMany fault: when to try again.
type Limited struct {
	Limit Limit
	Wait  time.Duration
}

func (l *Limited) Error() string {
	return fmt.Sprintf("limit %q: again in %s", l.Limit.Name, l.Wait.Round(time.Second))
}

// RetryAfter is when trying again can help.
func (l *Limited) RetryAfter() time.Duration { return l.Wait }

// Throttle takes one from a limit in one atomic statement. It refuses without
// counting, and says how long the refusal lasts.
type Throttle interface {
	Take(ctx context.Context, key string, most int, every time.Duration, now time.Time) (wait time.Duration, ok bool, err error)
}

// take counts one for whom, or refuses with sentence. Nobody ("") is not
// limited: a network that is unknown must not lock out all who are unknown.
func take(ctx context.Context, t Throttle, k Keys, l Limit, whom, sentence string, now time.Time) error {
	if whom == "" {
		return nil
	}
	wait, ok, err := t.Take(ctx, k.limitKey(l.Name, whom), l.Most, l.Every, now)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.TooMany, fmt.Sprintf(sentence, inWords(wait)), &Limited{Limit: l, Wait: wait})
	}
	return nil
}

// inWords rounds a wait up to minutes, a long one to hours.
func inWords(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n <= 1 {
		return "a minute"
	}
	if n > 120 {
		return fmt.Sprintf("%d hours", (n+59)/60)
	}
	return fmt.Sprintf("%d minutes", n)
}

// TakeFrom counts one for whom, or refuses with sentence, in which %s is the
// wait in words. "" is not limited.
func TakeFrom(ctx context.Context, t Throttle, k Keys, l Limit, whom, sentence string, now time.Time) error {
	return take(ctx, t, k, l, whom, sentence, now)
}
