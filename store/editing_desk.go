package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/news"
)

// SeeManuscript notes that somebody has a manuscript open, and lists who else
// has had it open since that wall time.
func (db *DB) SeeManuscript(ctx context.Context, manuscript, readerID string, now, since time.Time) ([]string, error) {
	_, err := db.touched(ctx, "see manuscript", `
		INSERT INTO manuscript_readers (manuscript, reader_id, seen_at) VALUES ($1, $2, $3)
		ON CONFLICT (manuscript, reader_id) DO UPDATE SET seen_at = excluded.seen_at`, manuscript, readerID, stamp(now))
	if err != nil {
		return nil, err
	}
	return all(ctx, db, "who has the manuscript open", func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, `
		SELECT reader_id FROM manuscript_readers WHERE manuscript = $1 AND reader_id <> $2 AND seen_at >= $3 ORDER BY reader_id`,
		manuscript, readerID, stamp(since))
}

// LeaveManuscript notes that somebody closed it.
func (db *DB) LeaveManuscript(ctx context.Context, manuscript, readerID string) error {
	_, err := db.touched(ctx, "leave manuscript", `DELETE FROM manuscript_readers WHERE manuscript = $1 AND reader_id = $2`, manuscript, readerID)
	return err
}

// AddPreviewLink keeps a link to an unpublished story.
func (db *DB) AddPreviewLink(ctx context.Context, l news.PreviewLink) error {
	_, err := db.touched(ctx, "add preview link", `
		INSERT INTO manuscript_links (token_hash, manuscript, reader_id, from_at, to_at) VALUES ($1, $2, $3, $4, $5)`,
		l.Hash, l.Manuscript, l.By, stamp(l.From), stamp(l.To))
	return err
}

// PreviewLinks lists the links of a manuscript that work at that paper time.
func (db *DB) PreviewLinks(ctx context.Context, manuscript string, now time.Time) ([]news.PreviewLink, error) {
	return all(ctx, db, "preview links", func(rows *sql.Rows) (news.PreviewLink, error) { return scanLink(rows.Scan) }, `
		SELECT token_hash, manuscript, reader_id, from_at, to_at FROM manuscript_links
		WHERE manuscript = $1 AND to_at > $2 ORDER BY to_at, token_hash`, manuscript, stamp(now))
}

func scanLink(scan func(...any) error) (l news.PreviewLink, err error) {
	var from, to int64
	err = scan(&l.Hash, &l.Manuscript, &l.By, &from, &to)
	l.From, l.To = time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC()
	return l, err
}

// PreviewLink finds a link that works at that paper time; fault.Missing if none
// does.
func (db *DB) PreviewLink(ctx context.Context, hash string, now time.Time) (news.PreviewLink, error) {
	l, err := scanLink(db.r(ctx).QueryRowContext(ctx, `
		SELECT token_hash, manuscript, reader_id, from_at, to_at FROM manuscript_links WHERE token_hash = $1 AND to_at > $2`, hash, stamp(now)).Scan)
	none, err := missing(err)
	return l, absent(none, "This preview has ended. Ask whoever sent it for a new one.", err)
}

// EndPreviewLinks ends every link of a manuscript at once.
func (db *DB) EndPreviewLinks(ctx context.Context, manuscript string, now time.Time) error {
	_, err := db.touched(ctx, "end preview links", `UPDATE manuscript_links SET to_at = $2 WHERE manuscript = $1 AND to_at > $2`, manuscript, stamp(now))
	return err
}

// FrontPicks lists what the desk set on the front page at that paper time, by
// place and rank.
func (db *DB) FrontPicks(ctx context.Context, now time.Time) ([]news.FrontPick, error) {
	return all(ctx, db, "front picks", func(rows *sql.Rows) (p news.FrontPick, err error) {
		var to sql.NullInt64
		err = rows.Scan(&p.Place, &p.Story, &p.Slug, &to)
		p.Until = unstamp(to)
		return p, err
	}, `SELECT p.place, p.story, s.slug, p.to_at FROM front_picks p JOIN stories s ON s.id = p.story AND s.hidden_at IS NULL
		WHERE p.from_at <= $1 AND (p.to_at IS NULL OR p.to_at > $1) ORDER BY p.place, p.rank, p.story`, stamp(now))
}

// SetFront replaces what is on the front page from now on. What was there stays
// in the record.
func (db *DB) SetFront(ctx context.Context, picks []news.FrontPick, now time.Time) error {
	err := db.InTx(ctx, func(ctx context.Context) error {
		for _, statement := range []string{
			`DELETE FROM front_picks WHERE from_at = $1`, // of this very instant: nobody has seen it
			`UPDATE front_picks SET to_at = $1 WHERE to_at IS NULL OR to_at > $1`,
		} {
			if _, err := db.w(ctx).ExecContext(ctx, statement, stamp(now)); err != nil {
				return err
			}
		}
		for rank, p := range picks {
			if _, err := db.w(ctx).ExecContext(ctx, `
				INSERT INTO front_picks (place, story, rank, from_at, to_at) VALUES ($1, $2, $3, $4, $5)`,
				p.Place, p.Story, rank, stamp(now), stamp(p.Until)); err != nil {
				return err
			}
		}
		return db.bumpNews(ctx)
	})
	if err != nil {
		return fmt.Errorf("set the front page: %w", err)
	}
	return nil
}
