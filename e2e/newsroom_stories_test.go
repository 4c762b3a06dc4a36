package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/browsertest"
	"broadsheet/internal/pgtest"
	"broadsheet/reader"
)

// The desk writes a story without a script, an outsider looks at it, it goes out
// on time, and what is closed of it stays closed.
func TestAStoryAtTheDesk(t *testing.T) {
	t.Parallel()
	writeAStory(t, Start(t, Options{}))
}

func TestAStoryAtTheDeskOnPostgreSQL(t *testing.T) {
	t.Parallel()
	writeAStory(t, Start(t, Options{Database: pgtest.Copy(t)}))
}

func writeAStory(t *testing.T, p *Paper) {
	editor, _ := p.Desk(t, reader.Editor)
	words := strings.Repeat("The gauge at the harbour has said the same for a week. ", 8)
	text := words + "\n\n" + words + "\n\n" + words + "\n\n" + words + "\n\nThe last words of it."
	page := editor.Get("/newsroom/stories/new").Submit(`form[action="/newsroom/stories"]`, "headline", "What the gauge says").Is(http.StatusOK)
	page = page.Submit("form#story", "source", text, "access", "subscribers", "author", firstOption(page, "author")).Is(http.StatusOK).Says("Saved.")
	link := page.Submit(`form[action$="/link"]`, "days", "1").Is(http.StatusOK)
	_, token, ok := strings.Cut(link.Find("main [role=status]").First().Text(), "/preview/")
	if !ok {
		t.Fatal("the page shows no preview link")
	}
	p.Browser(t).Get("/preview/" + strings.Fields(token)[0]).Is(http.StatusOK).Says("The last words of it.")

	// It goes out by itself, an hour later in the paper's time.
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Hour).In(zone)
	edit := editor.Get("/newsroom/stories?words=gauge").Click("tbody th a")
	edit.Submit(`button[formaction$="/schedule"]`, "at", at.Format("2006-01-02T15:04")).Is(http.StatusOK).Says("Scheduled")
	p.Browser(t).Get("/stories/what-the-gauge-says").Is(http.StatusNotFound)
	p.Advance(t, 2*time.Hour)
	closed := p.Browser(t).Get("/stories/what-the-gauge-says").Is(http.StatusOK)
	if strings.Contains(closed.Words(), "The last words of it.") {
		t.Error("a closed story tells its end")
	}
	edit = editor.Get("/newsroom/stories?words=gauge").Click("tbody th a")
	edit.Submit(`form[action$="/correct"]`, "correction", "The gauge stands at the lock.").Is(http.StatusOK).Says("The correction stands under the story")
	edit.Click(`a[href$="/withdraw"]`).Submit(`form[action$="/withdraw"]`).Is(http.StatusOK).Says("Readers no longer have it")
	p.Browser(t).Get("/stories/what-the-gauge-says").Is(http.StatusNotFound)
}

func firstOption(page *Page, name string) string {
	return page.Find(`select[name="`+name+`"] option[value!=""]`).First().AttrOr("value", "")
}

// With a script the editor saves by itself and shows the paper's page as it is
// written; two who write in two windows are both told.
func TestTheEditorSavesByItself(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	ruth, _ := p.Desk(t, reader.Editor)
	olive, _ := p.Desk(t, reader.Owner)
	at := ruth.Get("/newsroom/stories/new").Submit(`form[action="/newsroom/stories"]`, "headline", "Written in a browser").Is(http.StatusOK).URL.Path
	b := newTab(t, p)
	must(t, b.enterAs(ruth))
	b.open(at)
	b.until(`document.querySelector("iframe[name=preview]").contentDocument?.querySelector("article h1")?.textContent === "Written in a browser"`)
	b.fill("#source", "The ferry leaves at nine.")
	b.until(`document.querySelector("iframe[name=preview]").contentDocument.querySelector(".story-body").textContent.includes("The ferry leaves at nine.")`)
	b.until(`document.querySelector("[data-said]").textContent.startsWith("Saved by itself at")`)
	if got := olive.Get(at).One("textarea#source").Text(); got != "The ferry leaves at nine." {
		t.Errorf("saved is %q", got)
	}
	// Olive saves; what Ruth's window saves by itself after that is kept beside it, and Ruth is told.
	olive.Get(at).Submit("form#story", "source", "The ferry leaves at ten.").Is(http.StatusOK)
	b.fill("#source", "The ferry leaves at eleven.")
	b.until(`document.querySelector("[data-said]").textContent.includes("Somebody else saved this story")`)
	page := olive.Get(at)
	if got := page.One("textarea#source").Text(); got != "The ferry leaves at ten." {
		t.Errorf("the working copy is %q", got)
	}
	page.Says("has this story open too").Click(`a[href$="/history"]`).Says("Written at the same time as another")
	b.calm()
}

// until waits until an expression is true in the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := browsertest.Eval[bool](b.Tab, `new Promise(done => { const look = () => (`+expression+`) ? done(true) : requestAnimationFrame(look); look(); })`); err != nil {
		b.t.Fatalf("it never came true that %s: %v", expression, err)
	}
}
