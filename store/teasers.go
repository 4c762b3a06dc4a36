package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"broadsheet/news"
)

// Latest lists stories below the cursor, newest first, at most n.
func (db *DB) Latest(ctx context.Context, before news.Cursor, n int) (news.Listing, error) {
	return db.listing(ctx, "latest stories", nil, nil, before, n)
}

// LatestIn lists the stories of a section.
func (db *DB) LatestIn(ctx context.Context, section string, before news.Cursor, n int) (news.Listing, error) {
	return db.listing(ctx, "stories in "+section, []string{"s.section = $1"}, []any{section}, before, n)
}

// LatestBy lists the stories by an author.
func (db *DB) LatestBy(ctx context.Context, author string, before news.Cursor, n int) (news.Listing, error) {
	return db.listing(ctx, "stories by "+author, []string{"s.author = $1"}, []any{author}, before, n)
}

// maxTerms bounds what one question may cost.
const maxTerms = 8

// Search lists the stories that hold every word of the query, each in full or
// as the beginning of a word. A query without a word finds nothing.
func (db *DB) Search(ctx context.Context, query string, before news.Cursor, n int) (news.Listing, error) {
	var where []string
	var args []any
	terms := news.Terms(query)
	if len(terms) == 0 {
		return news.Listing{}, nil
	}
	for _, term := range terms[:min(len(terms), maxTerms)] {
		// No letter sorts behind U+10FFFF, so this range is the word's every continuation.
		args = append(args, term, term+"\U0010FFFF")
		where = append(where, fmt.Sprintf("s.id IN (SELECT story FROM story_terms WHERE term >= $%d AND term < $%d)", len(args)-1, len(args)))
	}
	return db.listing(ctx, "search", where, args, before, n)
}

// listing runs a list by keyset. It asks for one row more than it shows, to
// know whether there is a next page.
func (db *DB) listing(ctx context.Context, what string, where []string, args []any, before news.Cursor, n int) (news.Listing, error) {
	if !before.IsZero() {
		args = append(args, stamp(before.At), before.ID)
		where = append(where, fmt.Sprintf("(s.published_at, s.id) < ($%d, $%d)", len(args)-1, len(args)))
	}
	query := `SELECT ` + storyColumns + shownTables
	if len(where) > 0 {
		query += `WHERE ` + strings.Join(where, ` AND `)
	}
	args = append(args, n+1)
	query += fmt.Sprintf(` ORDER BY s.published_at DESC, s.id DESC LIMIT $%d`, len(args))
	teasers, err := all(ctx, db, what, scanTeaser, query, args...)
	if err != nil || len(teasers) <= n {
		return news.Listing{Teasers: teasers}, err
	}
	return news.Listing{Teasers: teasers[:n:n], Next: news.After(teasers[n-1])}, nil
}

func scanTeaser(rows *sql.Rows) (news.Teaser, error) {
	var s news.Story
	var words int
	if err := scanStory(rows.Scan, &s, &words); err != nil {
		return news.Teaser{}, err
	}
	t := s.Teaser()
	t.Minutes = news.Minutes(words)
	return t, nil
}

// TeasersByID lists the stories with these identifiers, in their order;
// unknown ones are left out.
func (db *DB) TeasersByID(ctx context.Context, ids []string) ([]news.Teaser, error) {
	return db.teasers(ctx, "s.id", ids, func(t news.Teaser) string { return t.ID })
}

// TeasersBySlug lists the stories with these slugs, in their order; unknown
// ones are left out.
func (db *DB) TeasersBySlug(ctx context.Context, slugs []string) ([]news.Teaser, error) {
	return db.teasers(ctx, "s.slug", slugs, func(t news.Teaser) string { return t.Slug })
}

func (db *DB) teasers(ctx context.Context, column string, keys []string, key func(news.Teaser) string) ([]news.Teaser, error) {
	found := map[string]news.Teaser{}
	for chunk := range slices.Chunk(keys, 200) {
		args := make([]any, len(chunk))
		for i, k := range chunk {
			args[i] = k
		}
		list, err := all(ctx, db, "stories", scanTeaser, `SELECT `+storyColumns+shownTables+`WHERE `+column+` IN (`+holders(len(chunk))+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			found[key(t)] = t
		}
	}
	list := make([]news.Teaser, 0, len(keys))
	for _, k := range keys {
		if t, ok := found[k]; ok {
			list = append(list, t)
		}
	}
	return list, nil
}

// holders is "$1, $2, …, $n".
func holders(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String()
}

// Related lists at most n stories to read after s: those that the desk chose,
// in its order, then the newest of the same section, then the paper's newest.
func (db *DB) Related(ctx context.Context, s news.Story, n int) ([]news.Teaser, error) {
	chosen, err := db.TeasersBySlug(ctx, s.Related)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{s.ID: true}
	var list []news.Teaser
	take := func(from []news.Teaser) {
		for _, t := range from {
			if len(list) < n && !seen[t.ID] {
				seen[t.ID] = true
				list = append(list, t)
			}
		}
	}
	take(chosen)
	if len(list) < n {
		more, err := db.LatestIn(ctx, s.Section.Slug, news.Cursor{}, n+len(seen))
		if err != nil {
			return nil, err
		}
		take(more.Teasers)
	}
	if len(list) < n {
		more, err := db.Latest(ctx, news.Cursor{}, n+len(seen))
		if err != nil {
			return nil, err
		}
		take(more.Teasers)
	}
	return list, nil
}

// AddReads adds a batch of reads by story identifier to the day of at, in at's
// own zone. Stories are taken in order, so that two batches cannot wait for
// each other.
func (db *DB) AddReads(ctx context.Context, at time.Time, reads map[string]int) error {
	err := db.InTx(ctx, func(ctx context.Context) error {
		for chunk := range slices.Chunk(slices.Sorted(maps.Keys(reads)), 200) {
			args := []any{news.Day(at)}
			var rows strings.Builder
			for i, id := range chunk {
				if i > 0 {
					rows.WriteString(", ")
				}
				args = append(args, id, reads[id])
				fmt.Fprintf(&rows, "($1, $%d, $%d)", len(args)-1, len(args))
			}
			if _, err := db.w(ctx).ExecContext(ctx, `INSERT INTO story_reads (day, story, reads) VALUES `+rows.String()+`
				ON CONFLICT (day, story) DO UPDATE SET reads = story_reads.reads + excluded.reads`, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add reads: %w", err)
	}
	return nil
}

// MostRead lists the n stories that were read most since the day of since, in
// since's own zone; the newer first when two are even.
func (db *DB) MostRead(ctx context.Context, since time.Time, n int) ([]news.Teaser, error) {
	return all(ctx, db, "most read", scanTeaser, `SELECT `+storyColumns+shownTables+`
		JOIN (SELECT story, SUM(reads) AS total FROM story_reads WHERE day >= $1 GROUP BY story) AS r ON r.story = s.id
		ORDER BY r.total DESC, s.published_at DESC, s.id DESC LIMIT $2`, news.Day(since), n)
}

// StoryAddresses lists at most n stories by slug, from behind the given one
// ("" from the first).
func (db *DB) StoryAddresses(ctx context.Context, after string, n int) ([]news.Address, error) {
	return all(ctx, db, "addresses", func(rows *sql.Rows) (a news.Address, err error) {
		var at sql.NullInt64
		err = rows.Scan(&a.Slug, &at)
		a.Changed = unstamp(at)
		return a, err
	}, `SELECT slug, COALESCE(updated_at, published_at) FROM stories WHERE slug > $1 AND hidden_at IS NULL ORDER BY slug LIMIT $2`, after, n)
}

// CountStories counts the stories.
func (db *DB) CountStories(ctx context.Context) (int, error) {
	var n int
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT COUNT(*) FROM stories WHERE hidden_at IS NULL`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count stories: %w", err)
	}
	return n, nil
}

// StoryMarks lists every n-th slug in order, except the very last: the places
// where a long list of addresses is parted.
func (db *DB) StoryMarks(ctx context.Context, every int) ([]string, error) {
	return all(ctx, db, "marks", func(rows *sql.Rows) (slug string, err error) {
		return slug, rows.Scan(&slug)
	}, `SELECT slug FROM (SELECT slug, ROW_NUMBER() OVER (ORDER BY slug) AS n, COUNT(*) OVER () AS total FROM stories WHERE hidden_at IS NULL) AS numbered
		WHERE n % $1 = 0 AND n < total ORDER BY slug`, every)
}
