package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/news"
)

// ReleaseStory makes or changes the story with s.ID, and shows it if it was
// hidden. The address that it had leads to the one that it has from now on.
func (db *DB) ReleaseStory(ctx context.Context, s news.Story, now time.Time) (news.Saved, error) {
	var saved news.Saved
	err := db.InTx(ctx, func(ctx context.Context) error {
		old, origin, err := db.story(ctx, `s.id = $1`, s.ID)
		none, err := missing(err)
		if err != nil {
			return err
		}
		s.Published, s.Updated = micro(s.Published), micro(s.Updated)
		if none {
			s.Version = 1
			saved = news.Saved{Story: s, Change: news.Added}
			return db.insertStory(ctx, s, "", now)
		}
		if err := db.readdress(ctx, old, s.Slug); err != nil {
			return err
		}
		shown, err := db.touched(ctx, "show story", `UPDATE stories SET hidden_at = NULL WHERE id = $1 AND hidden_at IS NOT NULL`, s.ID)
		if err != nil {
			return err
		}
		if sameStory(old, atVersion(s, old.Version)) && !shown {
			saved = news.Saved{Story: old, Change: news.Kept}
			return nil
		}
		s.Version = old.Version + 1
		saved = news.Saved{Story: s, Change: news.Changed}
		return db.updateStory(ctx, old, s, origin, now)
	})
	if err != nil {
		return news.Saved{}, fmt.Errorf("release story %s: %w", s.ID, err)
	}
	return saved, nil
}

func atVersion(s news.Story, v int64) news.Story {
	s.Version = v
	return s
}

// readdress remembers the address that a story leaves, and forgets that it left
// the one to which it returns.
func (db *DB) readdress(ctx context.Context, old news.Story, slug string) error {
	if old.Slug == slug {
		return nil
	}
	if _, err := db.w(ctx).ExecContext(ctx, `DELETE FROM story_addresses WHERE slug = $1 AND story = $2`, slug, old.ID); err != nil {
		return err
	}
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO story_addresses (slug, story) VALUES ($1, $2)
		ON CONFLICT (slug) DO UPDATE SET story = excluded.story`, old.Slug, old.ID)
	return err
}

// AddressHolder says which story has, or had, that slug; "" for none.
func (db *DB) AddressHolder(ctx context.Context, slug string) (string, error) {
	var id string
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT id FROM stories WHERE slug = $1 UNION ALL SELECT story FROM story_addresses WHERE slug = $1 LIMIT 1`, slug).Scan(&id)
	_, err = missing(err)
	return id, err
}

// MovedTo is the slug of the story that had that one before; "" for none that
// readers have.
func (db *DB) MovedTo(ctx context.Context, slug string) (string, error) {
	var now string
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT s.slug FROM story_addresses a JOIN stories s ON s.id = a.story WHERE a.slug = $1 AND s.hidden_at IS NULL`, slug).Scan(&now)
	_, err = missing(err)
	return now, err
}

// HideStory takes a story from every page. Its row stays.
func (db *DB) HideStory(ctx context.Context, id string, now time.Time) error {
	return db.put(ctx, "hidden story "+id, `UPDATE stories SET hidden_at = $2 WHERE id = $1 AND hidden_at IS NULL`, id, stamp(now))
}

// AddCorrection adds a note at the end of a story's corrections. The story's
// text stays as it is.
func (db *DB) AddCorrection(ctx context.Context, story string, c news.Correction) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		s, _, err := db.story(ctx, `s.id = $1`, story)
		if none, err := missing(err); err != nil || none {
			return absent(none, "We couldn't find that story.", err)
		}
		doc, err := json.Marshal(append(s.Corrections, c))
		if err != nil {
			return err
		}
		return db.put(ctx, "correction of "+story, `UPDATE stories SET corrections = $2 WHERE id = $1`, story, string(doc))
	})
}

// byAddress finds a story by the address that it has, or had. sql.ErrNoRows if
// there is none.
func (db *DB) byAddress(ctx context.Context, slug string) (news.Story, string, error) {
	holder, err := db.AddressHolder(ctx, slug)
	if err != nil {
		return news.Story{}, "", err
	}
	return db.story(ctx, `s.id = $1`, holder)
}
