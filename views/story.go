package views

import (
	"time"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/paywall"
)

// ArticlePage is a story as its gate lets it be read. What may not be read isn't in it: Story.Body and Story.Source are
// ignored, and Body is what paywall.Cut returned.
type ArticlePage struct {
	Frame
	Story      news.Story
	Body       news.Body // what this viewer may read
	Gate       paywall.Decision
	WordsLeft  int // words behind the cut; 0 when open
	Minutes    int // of the whole story
	Related    []news.Teaser
	Catalogue  billing.Catalogue
	ShareURL   string // absolute
	Registered int    // stories in a window for who registers, for the register wall; 0 doesn't say
	Email      string // of who is signed in, for the subscribe wall; "" on pages that are kept for many
}

func (p ArticlePage) open() bool { return p.Gate.Open() }

// gate is what data-gate says. A gate that was never asked is closed.
func (p ArticlePage) gate() string {
	if p.Gate.Wall == "" {
		return string(paywall.Subscribe)
	}
	return string(p.Gate.Wall)
}

// adAfter is the index of the block before which the advertisement stands: the first subhead in the second half, so
// that it never parts a headline from its text. -1 is no place.
func (p ArticlePage) adAfter() int {
	for i := (len(p.Body) + 1) / 2; i < len(p.Body)-1; i++ {
		if i > 0 && p.Body[i].Kind == news.Heading {
			return i
		}
	}
	return -1
}

func (p ArticlePage) updated() bool { return p.Story.Updated.After(p.Story.Published) }

// corrected is when the last correction was made; zero if there was none.
func (p ArticlePage) corrected() time.Time {
	if n := len(p.Story.Corrections); n > 0 {
		return p.Story.Corrections[n-1].At
	}
	return time.Time{}
}

// minutes is how long the whole story takes, at least one.
func (p ArticlePage) minutes() int { return max(1, p.Minutes) }

// mailTo opens the reader's own mail program with the story's address in it.
func (p ArticlePage) mailTo() string {
	return "mailto:?subject=" + mailEscape(p.Story.Headline) + "&body=" + mailEscape(p.ShareURL)
}

// wallTitle says what happened and what opens the story.
func (p ArticlePage) wallTitle() string {
	g := p.Gate
	switch {
	case g.Wall == paywall.Register && g.Reason == paywall.Network:
		return "Many stories were opened from your network today. An e-mail address opens yours."
	case g.Wall == paywall.Register && p.more() > 0:
		return "You have read your " + number(g.Allowance) + " free " + plural(g.Allowance, "story") + ". An e-mail address opens " + number(p.more()) + " more."
	case g.Wall == paywall.Register:
		return "You have read your " + number(g.Allowance) + " free " + plural(g.Allowance, "story") + ". An e-mail address opens more."
	case g.Reason == paywall.Subscribers:
		return "This story is for subscribers. A plan opens it, and every other."
	case g.Allowance > 0:
		return "You have read your " + number(g.Allowance) + " free " + plural(g.Allowance, "story") + ". A plan opens the rest."
	}
	return "A plan opens this story, and every other."
}

// more is how many stories registering adds, 0 when that isn't known.
func (p ArticlePage) more() int { return max(0, p.Registered-p.Gate.Allowance) }

// wallText says what is left, and when waiting works.
func (p ArticlePage) wallText() string {
	left := ""
	if n := about(p.WordsLeft); n > 0 {
		left = "About " + itoa(n) + " words of this story are left"
	}
	if p.Gate.Wall == paywall.Register {
		if left == "" {
			return "Registering costs nothing and starts today."
		}
		return "Registering costs nothing and starts today. " + left + ", and it will open where you stopped."
	}
	if left != "" {
		left += ". They open the moment you subscribe"
	}
	wait := ""
	if p.Gate.Reason == paywall.Spent && !p.Gate.Resets.IsZero() {
		wait = "if you would rather wait, the next story opens on " + p.day(p.Gate.Resets)
	}
	switch {
	case left != "" && wait != "":
		return left + "; " + wait + "."
	case left != "":
		return left + "."
	case wait != "":
		return sentence(wait) + "."
	}
	return "It opens the moment you subscribe."
}

// offer is the plans as the wall and the foot of a story show them. On a wall for who isn't signed in the address is
// asked in place.
func (p ArticlePage) offer(where string) offer {
	return offer{
		where: where, level: 3, catalogue: p.Catalogue, back: p.Path, trials: !p.SignedIn, // of who is signed in this page does not know
		askEmail: where == "wall" && !p.SignedIn && p.Gate.Wall == paywall.Subscribe,
	}
}

// opens says when waiting works, for the register wall; "" when it isn't said on this page.
func (p ArticlePage) opens() string {
	if p.Gate.Reason != paywall.Spent || p.Gate.Resets.IsZero() {
		return ""
	}
	return "Or wait: your next free story opens on " + p.day(p.Gate.Resets) + "."
}
