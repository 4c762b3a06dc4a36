package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/handlers"
	"broadsheet/news"
	"broadsheet/store"
)

// pausing is a store that stops once, in the middle of a request.
type pausing struct {
	handlers.NewsStore
	once             sync.Once
	reached, release chan struct{}
}

func (p *pausing) stop() {
	p.once.Do(func() {
		close(p.reached)
		<-p.release
	})
}

func (p *pausing) StoryBySlug(ctx context.Context, slug string) (news.Story, error) {
	s, err := p.NewsStore.StoryBySlug(ctx, slug)
	if slug == "loading" {
		p.stop()
	}
	return s, err
}

// pausingGate is a gate that stops at a gift link.
type pausingGate struct {
	*store.DB
	at *pausing
}

func (g pausingGate) GiftOpens(context.Context, string, string, time.Time) (bool, error) {
	g.at.stop()
	return false, nil
}

// A request that took a story from the shelf, or from the database, before the
// desk changed it must not leave its page behind for those who come later.
func TestAStoryThatChangesWhileItIsReadIsNotKept(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"loading": "/stories/loading", "deciding": "/stories/deciding?gift=x"} {
		p := &pausing{reached: make(chan struct{}), release: make(chan struct{})}
		b := newBench(t, func(d *handlers.Deps) {
			p.NewsStore = d.News
			d.News, d.Gate = p, pausingGate{d.News.(*store.DB), p}
		})
		s := b.story(name, news.Subscribers)
		var early sync.WaitGroup
		early.Go(func() { b.browser().get(first) })
		<-p.reached
		s.Headline = "Set right"
		if _, err := b.db.SaveStory(t.Context(), s, name, noon); err != nil {
			t.Fatal(err)
		}
		if err := b.site.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(p.release)
		early.Wait()
		if a := b.browser().get("/stories/" + name); !strings.Contains(a.body, "Set right") {
			t.Errorf("%s: later readers are given the story as it was", name)
		}
	}
}

// strictNews refuses what PostgreSQL does not take as text.
type strictNews struct{ handlers.NewsStore }

var errText = errors.New("invalid byte sequence for encoding UTF8")

func (s strictNews) StoryBySlug(ctx context.Context, slug string) (news.Story, error) {
	if !news.ValidSlug(slug) {
		return news.Story{}, errText
	}
	return s.NewsStore.StoryBySlug(ctx, slug)
}

func (s strictNews) AuthorBySlug(ctx context.Context, slug string) (news.Author, error) {
	if !news.ValidSlug(slug) {
		return news.Author{}, errText
	}
	return s.NewsStore.AuthorBySlug(ctx, slug)
}

func (s strictNews) PageBySlug(ctx context.Context, slug string) (news.Page, error) {
	if !news.ValidSlug(slug) {
		return news.Page{}, errText
	}
	return s.NewsStore.PageBySlug(ctx, slug)
}

func TestWhatNoDatabaseTakes(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *handlers.Deps) { d.News = strictNews{d.News} })
	w := b.browser()
	for _, bad := range []string{"%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80"} {
		for _, room := range []string{"/stories/", "/authors/", "/pages/", "/sections/", "/media/", "/"} {
			if a := w.get(room + bad); a.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", room+bad, a.StatusCode)
			}
		}
		raw, err := url.PathUnescape(bad)
		if err != nil {
			t.Fatal(err)
		}
		if a := w.send(http.MethodPost, "/signout", url.Values{"return": {"/?" + raw}}); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a form with %s: %d, to %s", bad, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

// One tag stands for every encoding of a page, so it can only be a weak one:
// RFC 9110, 8.8.3.3.
func TestATagForAllEncodingsIsWeak(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if tag := b.browser().get("/").Header.Get("Etag"); !strings.HasPrefix(tag, `W/"`) {
		t.Errorf("ETag %s", tag)
	}
}

// goneNews is a store whose database went away, or whose queries take as long
// as they are let.
type goneNews struct {
	handlers.NewsStore
	asked chan struct{}
}

func (g goneNews) StoryBySlug(ctx context.Context, slug string) (news.Story, error) {
	if slug != "slow" {
		return news.Story{}, fmt.Errorf("story: %w", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("secret of the inside")})
	}
	close(g.asked)
	<-ctx.Done()
	return news.Story{}, fmt.Errorf("story: %w", ctx.Err())
}

func TestADatabaseThatWentAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *handlers.Deps) { d.News = goneNews{NewsStore: d.News} })
	a := b.browser().get("/stories/any")
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "secret") {
		t.Errorf("status %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
	if a.page(t).Find("main h1").Length() != 1 {
		t.Error("the page has no headline")
	}
}

func TestAReaderWhoLeavesIsNoErrorOfOurs(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	b := newBench(t, func(d *handlers.Deps) { d.News = goneNews{d.News, asked} })
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/stories/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-asked; leave() }()
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Fatal("it was answered")
	}
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(b.log.String(), "status="); {
		if time.Now().After(deadline) {
			t.Fatal("the log says nothing")
		}
	}
	if log := b.log.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "status=499") {
		t.Error(log)
	}
}
