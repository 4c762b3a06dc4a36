package views

import (
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
)

func TestTheHousePage(t *testing.T) {
	t.Parallel()
	p := HousePage{
		DeskFrame: atDesk(), Version: "v1.2.3", Started: noon.Add(-49 * time.Hour), May: true,
		Vitals: desk.Vitals{At: noon, Engine: "SQLite", Received: 1200, Database: 3_400_000_000, DiskFree: 50, DiskAll: 1000,
			Queue: []desk.QueueLine{{Kind: "mail", Due: 2, Later: 3, Retrying: 1, Dead: 4}}},
		Troubles: []desk.Trouble{{Kind: desk.TroubleDisk, Says: "The disk is full.", Do: "Make room."}},
		Failed:   []desk.FailedHook{{ID: "evt_1", Type: "invoice.paid", Error: "away", Attempts: 3, Received: noon}},
		Runs:     []billing.Reconciled{{At: noon, Run: "nightly", Drift: 52, IDs: []string{"sub_1", "sub_2"}, Error: "away"}},
		Odd:      []billing.Oddity{{Object: billing.Ref{Kind: "customer", ID: "cus_1"}, Why: billing.ForeignCustomer, At: noon}, {Why: billing.SecondLive}, {Why: "else"}},
		Dead:     []DeadJob{{ID: "j1", Kind: "mail", Error: "550", Attempts: 9, Died: noon}},
		Backup:   desk.Backup{Bytes: 120, Made: noon, Verified: noon},
	}
	p.Instances = []desk.Instance{{ID: "a", Host: "alpha", Version: "v1", Started: noon, Seen: noon}, {ID: "b", Host: "beta", Version: "v2", Started: noon, Seen: noon.Add(-time.Minute)}, {ID: "c", Host: "gamma", Version: "v1", Started: noon, Seen: noon.Add(-time.Hour)}}
	doc := draw(t, House(p))
	many(t, doc, "#instances .pill-bad", 1)
	holds(t, doc, "#instances", "alpha", "v2", "They do not all run the same version")
	holds(t, doc, "main", "The disk is full.", "Make room.", "1,200", "3.4 GB", "50 B free", "5 %", "two days", "evt_1", "sub_1, sub_2 and 50 more", "did not end well: away", "4 failed for good, 1 tried again", "120 B")
	many(t, doc, "form[action='/newsroom/house/replay'] input[name=event][value=evt_1]", 1)
	many(t, doc, "form[action='/newsroom/house/forget'] input[name=job][value=j1]", 1)
	p.May = false
	many(t, draw(t, House(p)), "main form", 0)
	holds(t, draw(t, House(HousePage{})), "main", "All is well", "None yet", "Not known", "Nothing waits")
}
