package mail

import "time"

// HouseTrouble tells the operator that something is wrong with the house, or
// that it no longer is.
type HouseTrouble struct {
	Kind   string // one word: "backup"
	Says   string // what is wrong, a sentence; "" when it is mended
	Do     string
	Mended bool
	Since  time.Time
}

// Letter writes it.
func (t HouseTrouble) Letter(h House) (Letter, error) {
	since := "Since " + t.Since.In(h.zone()).Format("2 January 2006, 15:04") + "."
	if t.Mended {
		return h.write(letter{
			subject: "Mended: " + troubleName(t.Kind),
			preview: "There is nothing to do.",
			title:   "It is well again: " + troubleName(t.Kind) + ".",
			under:   since,
			paras:   []string{"What we wrote to you about is over. There is nothing to do."},
			button:  "See the state of the house", link: h.BaseURL + "/newsroom/house",
			foot: publisher(h),
		})
	}
	return h.write(letter{
		subject: "Needs a look: " + troubleName(t.Kind),
		preview: t.Says,
		title:   t.Says,
		under:   since,
		paras:   []string{t.Do, "While it lasts you get this once a day, and a word when it is over."},
		button:  "See the state of the house", link: h.BaseURL + "/newsroom/house",
		foot: publisher(h),
	})
}

// troubleName is what a kind of trouble is about.
func troubleName(kind string) string {
	switch kind {
	case "pending", "failed":
		return "webhooks"
	case "dead":
		return "failed jobs"
	case "drift":
		return "rows that were not as Stripe says"
	case "backup":
		return "backups"
	case "disk":
		return "the disk"
	}
	return kind
}
