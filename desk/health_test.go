package desk

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsWrongWithTheHouse(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*Vitals)
		want   TroubleKind
	}{
		"all is well":                        {func(*Vitals) {}, ""},
		"webhooks waited five minutes":       {func(v *Vitals) { v.Pending, v.PendingSince = 2, now.Add(-PendingFor) }, ""},
		"webhooks waited longer":             {func(v *Vitals) { v.Pending, v.PendingSince = 2, now.Add(-PendingFor-time.Second) }, TroublePending},
		"a sync failed and is tried again":   {func(v *Vitals) { v.Failing = 1 }, ""},
		"a sync fails and fails":             {func(v *Vitals) { v.Failing, v.Stuck = 1, 1 }, TroubleFailed},
		"a job is dead":                      {func(v *Vitals) { v.Dead = 1 }, TroubleDead},
		"rows had drifted":                   {func(v *Vitals) { v.Drift = 1 }, TroubleDrift},
		"a backup two days old":              {func(v *Vitals) { v.Backup = now.Add(-BackupEvery) }, ""},
		"a backup that is older":             {func(v *Vitals) { v.Backup = now.Add(-BackupEvery - time.Second) }, TroubleBackup},
		"never a backup, for readers":        {func(v *Vitals) { v.BackupExpected = true }, TroubleBackup},
		"a tenth of the disk is free":        {func(v *Vitals) { v.DiskAll, v.DiskFree = 1000, 100 }, ""},
		"less than a tenth of it":            {func(v *Vitals) { v.DiskAll, v.DiskFree = 1000, 99 }, TroubleDisk},
		"a disk of which nothing is known":   {func(v *Vitals) { v.DiskFree = 0 }, ""},
		"a queue that is long and not stuck": {func(v *Vitals) { v.Queue = []QueueLine{{Kind: "mail", Due: 900, Later: 9}} }, ""},
	} {
		v := Vitals{At: now}
		c.change(&v)
		got := Troubles(v)
		switch {
		case c.want == "" && len(got) != 0:
			t.Errorf("%s: %+v", name, got)
		case c.want != "" && (len(got) != 1 || got[0].Kind != c.want || got[0].Says == "" || got[0].Do == ""):
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}

func TestTheOperatorIsToldOnceADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)
	dead := []Trouble{{Kind: TroubleDead, Says: "1 job has failed for good."}}
	var noted []Noted
	for _, step := range []struct {
		after time.Duration
		wrong []Trouble
		want  string
	}{
		{0, nil, ""},
		{0, dead, "dead"},
		{5 * time.Minute, dead, ""},
		{23 * time.Hour, dead, ""},
		{24 * time.Hour, dead, "dead"},
		{25 * time.Hour, nil, "mended dead"},
		{26 * time.Hour, nil, ""},
		{27 * time.Hour, dead, ""}, // it comes back within the day: neither said again
		{28 * time.Hour, nil, ""},  // nor its end
		{29 * time.Hour, dead, ""},
		{48 * time.Hour, dead, "dead"},
		{49 * time.Hour, append(dead, Trouble{Kind: TroubleDisk}), "disk"},
		{50 * time.Hour, []Trouble{{Kind: TroubleDisk}}, "mended dead"},
	} {
		var words []Word
		words, noted = Follow(noted, step.wrong, now.Add(step.after))
		got := ""
		for _, w := range words {
			if w.Mended {
				got += "mended "
			}
			got += string(w.Trouble.Kind)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.after, diff)
		}
	}
}
