package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"broadsheet/internal/fault"
	"broadsheet/news"
)

// NewsStore is what the site reads of the paper.
type NewsStore interface {
	foundStore
	NewsVersion(ctx context.Context) (int64, error)
	Publication(ctx context.Context) (news.Publication, error)
	Sections(ctx context.Context) ([]news.Section, error)
	AuthorBySlug(ctx context.Context, slug string) (news.Author, error)
	Pages(ctx context.Context) ([]news.Page, error)
	PageBySlug(ctx context.Context, slug string) (news.Page, error)
	StoryBySlug(ctx context.Context, slug string) (news.Story, error)
	// MovedTo is the slug of the story that had that one before; "" for none.
	MovedTo(ctx context.Context, slug string) (string, error)
	FrontPicks(ctx context.Context, now time.Time) ([]news.FrontPick, error)
	TeasersBySlug(ctx context.Context, slugs []string) ([]news.Teaser, error)
	TeasersByID(ctx context.Context, ids []string) ([]news.Teaser, error)
	Latest(ctx context.Context, after news.Cursor, n int) (news.Listing, error)
	LatestIn(ctx context.Context, section string, after news.Cursor, n int) (news.Listing, error)
	LatestBy(ctx context.Context, author string, after news.Cursor, n int) (news.Listing, error)
	Related(ctx context.Context, story news.Story, n int) ([]news.Teaser, error)
	MostRead(ctx context.Context, since time.Time, n int) ([]news.Teaser, error)
	AddReads(ctx context.Context, at time.Time, reads map[string]int) error
	countStore
}

// shelvedStory is a story with what its page shows beside it.
type shelvedStory struct {
	version int64 // of the furniture; what is here is no older
	story   news.Story
	related []news.Teaser
}

// shelfKey is a story as it stood at a version. A load that began before a
// change ends under the version before it, where nobody looks any more.
type shelfKey struct {
	version int64
	slug    string
}

const (
	shelfBytes   = 10 << 20
	relatedCount = 3
)

// storyShelf keeps the stories that are read most in memory. It is emptied
// whenever anything of the paper changes.
type storyShelf struct {
	news  NewsStore
	shelf *otter.Cache[shelfKey, *shelvedStory]
}

func newStoryShelf(from NewsStore) *storyShelf {
	return &storyShelf{news: from, shelf: otter.Must(&otter.Options[shelfKey, *shelvedStory]{
		MaximumWeight: shelfBytes,
		Weigher:       func(_ shelfKey, v *shelvedStory) uint32 { return v.weight() },
	})}
}

// weight is about the bytes that a story holds in memory: text, markup, source.
func (v *shelvedStory) weight() uint32 {
	n := 4096
	for _, b := range v.story.Body {
		n += len(b.HTML) + len(b.Text)
	}
	return uint32(n)
}

func (s *storyShelf) clear() { s.shelf.InvalidateAll() }

// get is the story as it stood at that version of the furniture, or later. What
// can be no slug is spared the database, which may not even take its letters.
func (s *storyShelf) get(ctx context.Context, version int64, slug string) (*shelvedStory, error) {
	if !news.ValidSlug(slug) {
		return nil, fault.New(fault.Missing, "We couldn't find that story.", nil)
	}
	key := shelfKey{version, slug}
	if have, ok := s.shelf.GetIfPresent(key); ok {
		return have, nil
	}
	return s.shelf.Get(ctx, key, otter.LoaderFunc[shelfKey, *shelvedStory](s.load))
}

func (s *storyShelf) load(ctx context.Context, key shelfKey) (*shelvedStory, error) {
	story, err := s.news.StoryBySlug(ctx, key.slug)
	if err != nil {
		return nil, err
	}
	related, err := s.news.Related(ctx, story, relatedCount)
	if err != nil {
		return nil, err
	}
	story.Source = ""
	return &shelvedStory{version: key.version, story: story, related: related}, nil
}

// readCounter adds up reads in memory for "most read". It is a statistic: a
// killed process loses less than a second of it, and the meter loses nothing.
type readCounter struct {
	mu    sync.Mutex
	reads map[string]int
}

func newReadCounter() *readCounter { return &readCounter{reads: map[string]int{}} }

func (r *readCounter) add(story string) {
	r.mu.Lock()
	r.reads[story]++
	r.mu.Unlock()
}

func (r *readCounter) take() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.reads) == 0 {
		return nil
	}
	taken := r.reads
	r.reads = map[string]int{}
	return taken
}

const flushWait = 5 * time.Second

func (s *Site) flushReads(ctx context.Context) {
	taken := s.reads.take()
	if taken == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWait)
	defer cancel()
	if err := s.News.AddReads(ctx, s.now().In(s.furniture.now().zone), taken); err != nil {
		s.Log.Error("reads could not be written; \"most read\" misses them", "err", err)
	}
}
