package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

// SaveStory makes or changes the story that has, or had, the address s.Slug, and
// says which. A new story
// takes s.ID and version 1; a known one keeps its identifier, and its version
// grows by one if anything in it differs. Section and Author are named by their
// slugs and must exist. Origin is the file that the story came from, "" for
// none; now is when its access began, for the record of past decisions.
func (db *DB) SaveStory(ctx context.Context, s news.Story, origin string, now time.Time) (news.Saved, error) {
	var saved news.Saved
	err := db.InTx(ctx, func(ctx context.Context) error {
		old, oldOrigin, err := db.byAddress(ctx, s.Slug)
		none, err := missing(err)
		if err != nil {
			return err
		}
		s.Published, s.Updated = micro(s.Published), micro(s.Updated)
		if none {
			s.Version = 1
			saved = news.Saved{Story: s, Change: news.Added}
			return db.insertStory(ctx, s, origin, now)
		}
		s.ID, s.Slug, s.Version = old.ID, old.Slug, old.Version
		if sameStory(old, s) {
			saved = news.Saved{Story: old, Change: news.Kept}
			return db.moveStory(ctx, old.ID, oldOrigin, origin)
		}
		s.Version++
		saved = news.Saved{Story: s, Change: news.Changed}
		return db.updateStory(ctx, old, s, origin, now)
	})
	if err != nil {
		return news.Saved{}, fmt.Errorf("save story %s: %w", s.Slug, err)
	}
	return saved, nil
}

func micro(t time.Time) time.Time { return unstamp(nullStamp(t)) }

func nullStamp(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

// sameStory compares what a story is, not the descriptions of its section and
// author, which have rows of their own.
func sameStory(a, b news.Story) bool {
	a.Section, b.Section = news.Section{Slug: a.Section.Slug}, news.Section{Slug: b.Section.Slug}
	a.Author, b.Author = news.Author{Slug: a.Author.Slug}, news.Author{Slug: b.Author.Slug}
	if !slices.Equal(a.Related, b.Related) || !slices.Equal(a.Body, b.Body) || !a.Published.Equal(b.Published) || !a.Updated.Equal(b.Updated) {
		return false
	}
	a.Related, b.Related, a.Body, b.Body, a.Published, a.Updated = nil, nil, nil, nil, b.Published, b.Updated
	a.Corrections, b.Corrections = nil, nil // they have their own way in
	return reflect.DeepEqual(a, b)
}

func storyArgs(s news.Story, origin string) ([]any, error) {
	body, err := json.Marshal(s.Body)
	if err != nil {
		return nil, err
	}
	var figure any
	if s.Figure != nil {
		doc, err := json.Marshal(s.Figure)
		if err != nil {
			return nil, err
		}
		figure = string(doc)
	}
	return []any{s.ID, s.Slug, s.Headline, s.Standfirst, s.Kicker, s.Section.Slug, s.Author.Slug, string(s.Form), string(s.Access),
		stamp(s.Published), stamp(s.Updated), figure, string(body), s.Source, origin, strings.Join(s.Related, " "), s.Body.Words(), s.Version}, nil
}

func (db *DB) insertStory(ctx context.Context, s news.Story, origin string, now time.Time) error {
	args, err := storyArgs(s, origin)
	if err != nil {
		return err
	}
	if _, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO stories (id, slug, headline, standfirst, kicker, section, author, form, access,
			published_at, updated_at, figure, body, source, origin, related, words, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`, args...); err != nil {
		return err
	}
	if err := db.openAccess(ctx, s, now); err != nil {
		return err
	}
	if err := db.indexStory(ctx, s); err != nil {
		return err
	}
	return db.bumpNews(ctx)
}

func (db *DB) updateStory(ctx context.Context, old, s news.Story, origin string, now time.Time) error {
	args, err := storyArgs(s, origin)
	if err != nil {
		return err
	}
	if _, err := db.w(ctx).ExecContext(ctx, `
		UPDATE stories SET slug = $2, headline = $3, standfirst = $4, kicker = $5, section = $6, author = $7, form = $8, access = $9,
			published_at = $10, updated_at = $11, figure = $12, body = $13, source = $14, origin = $15, related = $16, words = $17, version = $18
		WHERE id = $1`, args...); err != nil {
		return err
	}
	if old.Access != s.Access {
		if _, err := db.w(ctx).ExecContext(ctx, `UPDATE story_access SET to_at = $2 WHERE story = $1 AND to_at IS NULL`, s.ID, stamp(now)); err != nil {
			return err
		}
		if err := db.openAccess(ctx, s, now); err != nil {
			return err
		}
	}
	if err := db.indexStory(ctx, s); err != nil {
		return err
	}
	return db.bumpNews(ctx)
}

// openAccess notes which access the story has from now on. A second change in
// the same microsecond replaces the first: nobody can have been shown it.
func (db *DB) openAccess(ctx context.Context, s news.Story, now time.Time) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO story_access (story, access, from_at, to_at) VALUES ($1, $2, $3, NULL)
		ON CONFLICT (story, from_at) DO UPDATE SET access = excluded.access, to_at = NULL`, s.ID, string(s.Access), stamp(now))
	return err
}

// moveStory notes that a story's file now lies elsewhere. No page shows it.
func (db *DB) moveStory(ctx context.Context, id, from, to string) error {
	if from == to {
		return nil
	}
	_, err := db.w(ctx).ExecContext(ctx, `UPDATE stories SET origin = $2 WHERE id = $1`, id, to)
	return err
}

// indexStory lists the words by which the story is found. Of a story that is
// not free it takes the part that a closed gate shows, and nothing else.
func (db *DB) indexStory(ctx context.Context, s news.Story) error {
	body := s.Body
	if s.Access != news.Free {
		body = paywall.Cut(body)
	}
	text := []string{s.Headline, s.Standfirst, s.Kicker, s.Section.Name, s.Author.Name}
	for _, block := range body {
		text = append(text, block.Text)
	}
	if _, err := db.w(ctx).ExecContext(ctx, `DELETE FROM story_terms WHERE story = $1`, s.ID); err != nil {
		return err
	}
	for terms := range slices.Chunk(news.Terms(strings.Join(text, "\n")), 200) {
		args := []any{s.ID}
		var rows strings.Builder
		for i, term := range terms {
			if i > 0 {
				rows.WriteString(", ")
			}
			args = append(args, term)
			fmt.Fprintf(&rows, "($%d, $1)", len(args))
		}
		if _, err := db.w(ctx).ExecContext(ctx, `INSERT INTO story_terms (term, story) VALUES `+rows.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

const storyColumns = `s.id, s.slug, s.headline, s.standfirst, s.kicker, s.form, s.access, s.published_at, s.figure, s.words,
	c.slug, c.name, c.description, c.position, a.slug, a.name, a.role, a.bio`

// storyTables holds every story; shownTables those that readers have.
const (
	storyTables = ` FROM stories s JOIN sections c ON c.slug = s.section JOIN authors a ON a.slug = s.author `
	shownTables = ` FROM stories s JOIN sections c ON c.slug = s.section AND s.hidden_at IS NULL JOIN authors a ON a.slug = s.author `
)

// scanStory reads storyColumns and then what more asks for.
func scanStory(scan func(...any) error, s *news.Story, words *int, more ...any) error {
	var published int64
	var figure sql.NullString
	into := []any{&s.ID, &s.Slug, &s.Headline, &s.Standfirst, &s.Kicker, &s.Form, &s.Access, &published, &figure, words,
		&s.Section.Slug, &s.Section.Name, &s.Section.Description, &s.Section.Position,
		&s.Author.Slug, &s.Author.Name, &s.Author.Role, &s.Author.Bio}
	if err := scan(append(into, more...)...); err != nil {
		return err
	}
	s.Published = time.UnixMicro(published).UTC()
	if !figure.Valid {
		return nil
	}
	s.Figure = new(news.Figure)
	return json.Unmarshal([]byte(figure.String), s.Figure)
}

// story reads one whole story and its origin; sql.ErrNoRows if there is none.
func (db *DB) story(ctx context.Context, where string, arg any) (news.Story, string, error) {
	var s news.Story
	var words int
	var updated sql.NullInt64
	var body, origin, related, corrections string
	row := db.r(ctx).QueryRowContext(ctx, `SELECT `+storyColumns+`, s.updated_at, s.body, s.source, s.origin, s.related, s.corrections, s.version`+storyTables+`WHERE `+where, arg)
	if err := scanStory(row.Scan, &s, &words, &updated, &body, &s.Source, &origin, &related, &corrections, &s.Version); err != nil {
		return news.Story{}, "", err
	}
	if corrections != "[]" {
		if err := json.Unmarshal([]byte(corrections), &s.Corrections); err != nil {
			return news.Story{}, "", err
		}
	}
	s.Updated, s.Related = unstamp(updated), strings.Fields(related)
	if err := json.Unmarshal([]byte(body), &s.Body); err != nil {
		return news.Story{}, "", err
	}
	return s, origin, nil
}

// StoryBySlug finds a story by the end of its address; fault.Missing if readers
// have none there.
func (db *DB) StoryBySlug(ctx context.Context, slug string) (news.Story, error) {
	return db.wholeStory(ctx, `s.hidden_at IS NULL AND s.slug = $1`, slug)
}

// StoryByID finds a story by its identifier; fault.Missing if readers have none.
func (db *DB) StoryByID(ctx context.Context, id string) (news.Story, error) {
	return db.wholeStory(ctx, `s.hidden_at IS NULL AND s.id = $1`, id)
}

// StoredStory finds a story that readers have or had.
func (db *DB) StoredStory(ctx context.Context, id string) (news.Story, error) {
	return db.wholeStory(ctx, `s.id = $1`, id)
}

func (db *DB) wholeStory(ctx context.Context, where, arg string) (news.Story, error) {
	s, _, err := db.story(ctx, where, arg)
	none, err := missing(err)
	return s, absent(none, "We couldn't find that story.", err)
}

// StoryOrigin says which file the story that has, or had, that slug came from and what its headline
// is; found is false if there is no such story.
func (db *DB) StoryOrigin(ctx context.Context, slug string) (origin string, story news.Story, found bool, err error) {
	story, origin, err = db.byAddress(ctx, slug)
	none, err := missing(err)
	if err != nil {
		return "", news.Story{}, false, fmt.Errorf("story %s: %w", slug, err)
	}
	return origin, story, !none, nil
}

// AccessAt is the access that a story had at an instant; fault.Missing before
// the story was there.
func (db *DB) AccessAt(ctx context.Context, id string, at time.Time) (news.Access, error) {
	var a news.Access
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT access FROM story_access WHERE story = $1 AND from_at <= $2 AND (to_at IS NULL OR to_at > $2)
		ORDER BY from_at DESC LIMIT 1`, id, stamp(at)).Scan(&a)
	none, err := missing(err)
	return a, absent(none, "That story wasn't there at that time.", err)
}
