package desk

import (
	"fmt"
	"slices"
	"time"
)

// Vitals is the state of the house at one moment. Times are wall time.
type Vitals struct {
	At             time.Time
	Received       int       // webhooks in the last day
	Pending        int       // kept and not looked at yet
	PendingSince   time.Time // the oldest of them
	Failing        int       // objects at Stripe whose sync failed, however often
	Stuck          int       // of these, more than StuckAfter times
	Queue          []QueueLine
	Behind         time.Duration // by how much the oldest job is late, in paper time
	Dead           int           // jobs that failed for good
	Drift          int           // rows that the reconciler repaired in the last day
	Backup         time.Time     // the newest, whose trial restore was complete; zero for none
	BackupExpected bool          // by whoever runs a paper for readers
	Engine         string        // of the database
	Database       int64         // bytes
	DiskFree       int64         // bytes, where database and pictures lie
	DiskAll        int64         // 0 is unknown
}

// QueueLine is what waits in the job queue, of one kind.
type QueueLine struct {
	Kind     string
	Due      int // waits and could run
	Later    int // waits for its time
	Retrying int // of both, those that failed before
	Dead     int
}

// FailedHook is a webhook that could not be brought home yet.
type FailedHook struct {
	ID, Type, Error string
	Attempts        int
	Received        time.Time
}

// Backup is what is known of a backup. One that failed its trial restore is
// none.
type Backup struct {
	File     string    `json:"file"`  // where it was written
	Bytes    int64     `json:"bytes"` // its size
	Rows     int64     `json:"rows"`
	Media    int       `json:"media"`    // pictures
	Made     time.Time `json:"made"`     // the moment that it holds, wall time
	Verified time.Time `json:"verified"` // when its trial restore was complete, wall time
}

// What is borne before somebody is told.
const (
	PendingFor  = 5 * time.Minute
	StuckAfter  = 3 // syncs of one object that failed
	BackupEvery = 48 * time.Hour
	DiskPercent = 10
)

// TroubleKind names what can be wrong with the house.
type TroubleKind string

// The kinds of trouble.
const (
	TroublePending TroubleKind = "pending"
	TroubleFailed  TroubleKind = "failed"
	TroubleDead    TroubleKind = "dead"
	TroubleDrift   TroubleKind = "drift"
	TroubleBackup  TroubleKind = "backup"
	TroubleDisk    TroubleKind = "disk"
)

// Trouble is something that is wrong, and what to do about it.
type Trouble struct {
	Kind TroubleKind
	Says string // what is wrong, a sentence
	Do   string // what to do, a sentence or two
}

// Troubles is everything that is wrong, the gravest first.
func Troubles(v Vitals) []Trouble {
	var all []Trouble
	add := func(wrong bool, kind TroubleKind, says, do string) {
		if wrong {
			all = append(all, Trouble{kind, says, do})
		}
	}
	add(v.DiskAll > 0 && v.DiskFree*100 < v.DiskAll*DiskPercent, TroubleDisk,
		fmt.Sprintf("Less than %d %% of the disk is free.", DiskPercent),
		"Make room or a larger disk: without any, nothing can be written, not even that a story was read.")
	add(v.Pending > 0 && v.At.Sub(v.PendingSince) > PendingFor, TroublePending,
		amount(v.Pending, "webhook has", "webhooks have")+" waited for more than five minutes.",
		"Look whether the paper runs and reaches Stripe. They are kept, and done in any order once it does.")
	add(v.Stuck > 0, TroubleFailed,
		amount(v.Stuck, "customer or payment", "customers or payments")+" could not be brought up to date, though it was tried again and again.",
		"Each stands in the newsroom with its error. It is tried again by itself; replay it once the cause is mended.")
	add(v.Dead > 0, TroubleDead,
		amount(v.Dead, "job has", "jobs have")+" failed for good.",
		"A mail or what follows from a payment did not happen. Retry each in the newsroom, or forget it.")
	add(v.Drift > 0, TroubleDrift,
		amount(v.Drift, "row was", "rows were")+" not as Stripe says, and the reconciler repaired that.",
		"Readers are as they should be. Webhooks were lost: look at the endpoint’s deliveries at Stripe.")
	ever := !v.Backup.IsZero()
	add((ever || v.BackupExpected) && v.At.Sub(v.Backup) > BackupEvery, TroubleBackup,
		backupSays(ever), "Run broadsheet backup FILE, and see why it no longer runs by itself.")
	return all
}

func backupSays(ever bool) string {
	if ever {
		return "The last backup that could be restored is more than two days old."
	}
	return "No backup was ever made."
}

// amount is "1 job has" or "3 jobs have".
func amount(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", more)
}

// Noted is what is remembered of a kind of trouble.
type Noted struct {
	Kind   TroubleKind
	Since  time.Time // of this time
	Mailed time.Time // when the operator was last written to about it; zero for never
	Open   bool
	Told   bool // this time was written about, so its end is too
}

// mailEvery is how often the operator is written to about one kind of trouble.
const mailEvery = 24 * time.Hour

// Word is what the operator is to be written: that something is wrong, or that
// it no longer is.
type Word struct {
	Trouble Trouble // Says and Do are empty when it is mended
	Mended  bool
	Since   time.Time
}

// Follow goes on from what was noted to what is wrong now: what to write to the
// operator, and what to note. A kind of trouble is written about once a day at
// most, however often it comes and goes, and its end once.
func Follow(noted []Noted, wrong []Trouble, now time.Time) (words []Word, next []Noted) {
	for _, t := range wrong {
		n := Noted{Kind: t.Kind, Since: now}
		if i := slices.IndexFunc(noted, func(n Noted) bool { return n.Kind == t.Kind }); i >= 0 {
			if n = noted[i]; !n.Open {
				n.Since, n.Told = now, false
			}
		}
		n.Open = true
		if n.Mailed.IsZero() || now.Sub(n.Mailed) >= mailEvery {
			n.Mailed, n.Told = now, true
			words = append(words, Word{Trouble: t, Since: n.Since})
		}
		next = append(next, n)
	}
	for _, n := range noted {
		if slices.ContainsFunc(wrong, func(t Trouble) bool { return t.Kind == n.Kind }) {
			continue
		}
		if n.Open && n.Told {
			words = append(words, Word{Trouble: Trouble{Kind: n.Kind}, Mended: true, Since: n.Since})
		}
		n.Open, n.Told = false, false
		next = append(next, n)
	}
	return words, next
}
