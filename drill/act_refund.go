package drill

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
)

// orders counts how often support asked to give an invoice back: whatever the
// weather, each asking gives back once at most.
type orders struct {
	mu sync.Mutex
	of map[string]int
}

func (o *orders) add(invoice string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]int{}
	}
	o.of[invoice]++
}

// refunding is support, who gives a part of the newest payment back, or all of
// it, by the command line.
var refunding = action{
	name: "refund", weight: 1,
	offered: func(v *visit) bool { return v.account.link("/account/change") },
	do: func(ctx context.Context, v *visit) error {
		var invoice string
		err := v.on.db.QueryRowContext(ctx, `SELECT invoices.id FROM invoices JOIN readers ON readers.id = invoices.reader_id
			WHERE readers.email_form = $1 AND invoices.status = 'paid' AND invoices.paid > 300 ORDER BY invoices.created_at DESC LIMIT 1`, v.email).Scan(&invoice)
		if errors.Is(err, sql.ErrNoRows) {
			return errIdle
		}
		if err != nil {
			return turnedAway{err}
		}
		args := []string{"billing", "refund", invoice}
		if v.chance(70) {
			args = append(args, "--amount", "2.50")
		}
		v.on.orders.add(invoice)
		if _, err := v.on.paper.command(ctx, args...); err != nil {
			if strings.Contains(err.Error(), "nothing") || strings.Contains(err.Error(), "left") {
				return errIdle // all of it went back before
			}
			return turnedAway{err} // the weather; support tries again another day
		}
		return nil
	},
}
