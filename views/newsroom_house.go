package views

import (
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
)

// The machine room's addresses.
const (
	DeskHousePath  = "/newsroom/house"
	DeskReplayPath = "/newsroom/house/replay" // POST: event
	DeskRetryPath  = "/newsroom/house/retry"  // POST: job
	DeskForgetPath = "/newsroom/house/forget" // POST: job
)

// HousePage is the state of the house.
type HousePage struct {
	DeskFrame
	Vitals   desk.Vitals
	Troubles []desk.Trouble
	Failed   []desk.FailedHook
	Runs     []billing.Reconciled
	Odd      []billing.Oddity
	Dead     []DeadJob
	Backup   desk.Backup
	Version  string
	// Instances are the processes that serve the paper, this one among them.
	Instances []desk.Instance
	Started   time.Time // this process
	May       bool      // this member may replay, retry and forget
}

// DeadJob is a job that failed for good. What it carried is nobody's to see.
type DeadJob struct {
	ID, Kind, Error string
	Attempts        int
	Died            time.Time
}

// bytesOf is "3.4 GB", in the units that disks are sold in.
func bytesOf(n int64) string {
	tenths, unit := n*10, "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if tenths < 10_000 {
			break
		}
		tenths, unit = tenths/1000, next
	}
	if unit == "B" || tenths >= 1000 {
		return itoa(int(tenths/10)) + " " + unit
	}
	return itoa(int(tenths/10)) + "." + itoa(int(tenths%10)) + " " + unit
}

// since is "3 days" or "40 minutes": the larger unit alone.
func since(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return count(int(d/time.Hour), "hour")
	}
	return count(int(d/(24*time.Hour)), "day")
}

// oddDo says what to do about something that was set aside.
func oddDo(o billing.Oddity) string {
	switch o.Why {
	case billing.ForeignCustomer:
		return "If it is a reader of the paper, put their account’s id into the customer’s metadata at Stripe as reader_id. If it is somebody else’s, leave it: it counts for nothing."
	case billing.UnknownPrice:
		return "Give the price’s lookup key to a plan, or move the subscription to a price that the paper sells."
	case billing.SecondLive:
		return "It is ended and refunded by itself. If it still stands here tomorrow, end it at Stripe."
	}
	return "Look at it at Stripe."
}

func (p HousePage) disk() string {
	if p.Vitals.DiskAll == 0 {
		return "Not known"
	}
	return bytesOf(p.Vitals.DiskFree) + " free"
}

func (p HousePage) diskOf() string {
	if p.Vitals.DiskAll == 0 {
		return ""
	}
	return "of " + bytesOf(p.Vitals.DiskAll) + ", " + itoa(int(p.Vitals.DiskFree*100/p.Vitals.DiskAll)) + " %"
}

func (p HousePage) waiting() (due, later int) {
	for _, q := range p.Vitals.Queue {
		due, later = due+q.Due, later+q.Later
	}
	return due, later
}

func (p HousePage) due() string   { due, _ := p.waiting(); return thousands(int64(due)) }
func (p HousePage) later() string { _, later := p.waiting(); return thousands(int64(later)) }

// mails is what is wrong with mails in the queue.
func (p HousePage) mails() string {
	for _, q := range p.Vitals.Queue {
		if q.Kind == "mail" && q.Retrying+q.Dead > 0 {
			return itoa(q.Dead) + " failed for good, " + itoa(q.Retrying) + " tried again"
		}
	}
	return "None has failed"
}

// repaired names what a run repaired.
func repaired(r billing.Reconciled) string {
	s := ""
	for i, id := range r.IDs {
		if i > 0 {
			s += ", "
		}
		s += id
	}
	if r.Drift > len(r.IDs) {
		s += " and " + itoa(r.Drift-len(r.IDs)) + " more"
	}
	return s
}

// versions is how many versions the living instances run.
func (p HousePage) versions() int {
	seen := map[string]bool{}
	for _, i := range p.Instances {
		if !i.Silent(p.Vitals.At) {
			seen[i.Version] = true
		}
	}
	return len(seen)
}
