package views

import (
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

func articlePage(gate paywall.Decision) ArticlePage {
	f := rich()
	f.Path = "/stories/story-0"
	tease := teasers(4)
	var body news.Body
	for i := range 6 {
		if i == 3 || i == 4 {
			body = append(body, news.Block{Kind: news.Heading, HTML: "<h2>A subhead</h2>"})
			continue
		}
		body = append(body, news.Block{Kind: news.Paragraph, HTML: news.HTML("<p>Paragraph " + itoa(i) + ".</p>")})
	}
	if !gate.Open() {
		body = body[:2]
	}
	return ArticlePage{
		Frame: f, Gate: gate, Body: body, Minutes: 6, Related: tease[1:], Catalogue: catalogue(), ShareURL: "https://paper.example/stories/story-0",
		WordsLeft: 547, Registered: 5,
		Story: news.Story{
			Slug: "story-0", Headline: "A & B", Standfirst: "What it says.", Kicker: "Rivers", Section: tease[0].Section,
			Author:    news.Author{Slug: "ann", Name: "Ann Ode", Role: "Writes on rivers", Bio: "Ann writes."},
			Published: noon.Add(-48 * time.Hour), Updated: noon.Add(-24 * time.Hour), Figure: tease[0].Figure,
			Body: news.Body{{Kind: news.Paragraph, HTML: "<p>SECRET</p>", Text: "SECRET"}}, Source: "SECRET",
		},
	}
}

func TestOpenStory(t *testing.T) {
	t.Parallel()
	doc := draw(t, Article(articlePage(paywall.Decision{Wall: paywall.Open, Reason: paywall.Allowance, Allowance: 2, Left: 1})))
	many(t, doc, "[data-gate]", 1)
	many(t, doc, "article.story[data-story='story-0'][data-gate=open][data-reason=allowance]", 1)
	want(t, doc, "h1", "A & B")
	holds(t, doc, ".story-rail", "By Ann Ode", "Writes on rivers", "Published 10 April 2024, 12:00", "Updated 11 April 2024, 12:00", "6 min")
	many(t, doc, ".story-body > p", 4)
	many(t, doc, ".story-body[data-cut]", 0)
	many(t, doc, ".story-body > .ad + h2", 1)
	holds(t, doc, ".story-figure figcaption", "The river. Drawing: us")
	holds(t, doc, "#writer-h + p", "Ann writes.")
	many(t, doc, ".notes .promise li", 2)
	many(t, doc, ".notes a[href='/pages/machines']", 1)
	many(t, doc, ".tiers .plan", 2)
	many(t, doc, ".tiers button[name=price]", 4)
	many(t, doc, ".tiers input[name=return][value='/stories/story-0']", 1)
	many(t, doc, ".wall", 0)
	many(t, doc, ".related .tease", 3)
	many(t, doc, "[data-share][data-url='https://paper.example/stories/story-0']", 1)
	if got := doc.Find(".tools a").AttrOr("href", ""); got != "mailto:?subject=A%20%26%20B&body=https%3A%2F%2Fpaper.example%2Fstories%2Fstory-0" {
		t.Errorf("the mail link is %s", got)
	}
}

func TestSubscriberSeesNoOffer(t *testing.T) {
	t.Parallel()
	p := articlePage(paywall.Decision{Wall: paywall.Open, Reason: paywall.Benefit})
	p.SignedIn, p.Subscribed = true, true
	many(t, draw(t, Article(p)), ".plans, [data-ad], .meter", 0)
}

func TestWalls(t *testing.T) {
	t.Parallel()
	resets := time.Date(2024, time.May, 12, 9, 0, 0, 0, noon.Location())
	for name, c := range map[string]struct {
		gate   paywall.Decision
		signed bool
		title  string
		says   []string
		lacks  string
	}{
		"register": {
			gate:  paywall.Decision{Wall: paywall.Register, Reason: paywall.Spent, Allowance: 2, Resets: resets},
			title: "You have read your two free stories. An e-mail address opens three more.",
			says:  []string{"About 550 words of this story are left, and it will open where you stopped.", "your next free story opens on 12 May", "Send me a code", "€14 a month", "Already a subscriber?"},
			lacks: ".plans input[name=email]",
		},
		"network": {
			gate:  paywall.Decision{Wall: paywall.Register, Reason: paywall.Network, Allowance: 2, Resets: resets},
			title: "Many stories were opened from your network today. An e-mail address opens yours.",
		},
		"subscribe": {
			gate: paywall.Decision{Wall: paywall.Subscribe, Reason: paywall.Spent, Allowance: 5, Resets: resets}, signed: true,
			title: "You have read your five free stories. A plan opens the rest.",
			says:  []string{"if you would rather wait, the next story opens on 12 May.", "You are signed in as maud@example.org.", "€140 a year"},
			lacks: ".wall input[name=email]",
		},
		"subscribers only": {
			gate:  paywall.Decision{Wall: paywall.Subscribe, Reason: paywall.Subscribers},
			title: "This story is for subscribers. A plan opens it, and every other.",
			says:  []string{"They open the moment you subscribe.", "Already a subscriber?", "Your e-mail"},
			lacks: ".ask",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := articlePage(c.gate)
			p.SignedIn = c.signed
			if c.signed {
				p.Email = "maud@example.org"
			}
			doc := draw(t, Article(p))
			want(t, doc, "#wall-h", c.title)
			holds(t, doc, ".wall", c.says...)
			many(t, doc, "article.story[data-gate="+string(c.gate.Wall)+"][data-reason="+string(c.gate.Reason)+"]", 1)
			many(t, doc, ".story-body[data-cut] > p", 2)
			many(t, doc, ".tiers, .writer, .story-body .ad", 0)
			if c.lacks != "" {
				many(t, doc, c.lacks, 0)
			}
		})
	}
}

// The page is given a whole story beside the cut body: what isn't in the cut must not get out by another door.
func TestStoryPageIgnoresTheWholeBody(t *testing.T) {
	t.Parallel()
	for _, wall := range []paywall.Wall{paywall.Open, paywall.Register, paywall.Subscribe, ""} {
		doc := draw(t, Article(articlePage(paywall.Decision{Wall: wall})))
		if html, _ := doc.Html(); containsSecret(html) {
			t.Errorf("wall %q lets the body out", wall)
		}
	}
}

func TestGateThatWasNotAskedIsClosed(t *testing.T) {
	t.Parallel()
	p := ArticlePage{Story: news.Story{Slug: "x", Headline: "X"}}
	doc := draw(t, Article(p))
	many(t, doc, "article.story[data-gate=subscribe] .wall", 1)
}
