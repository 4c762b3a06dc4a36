package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/news"
)

// NewsVersion grows with every change of anything that a page can show of the
// paper: publication, sections, authors, stories, pages. What was made under
// one version is good until the number moves.
func (db *DB) NewsVersion(ctx context.Context) (int64, error) {
	var n int64
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT version FROM news_version WHERE id = 1`).Scan(&n); err != nil {
		return 0, fmt.Errorf("news version: %w", err)
	}
	return n, nil
}

// put runs one upsert that leaves a row alone when nothing differs, and moves
// the version when it did something.
func (db *DB) put(ctx context.Context, what, query string, args ...any) error {
	err := db.InTx(ctx, func(ctx context.Context) error {
		done, err := db.w(ctx).ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return db.bumpNews(ctx)
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", what, err)
	}
	return nil
}

func (db *DB) bumpNews(ctx context.Context) error {
	_, err := db.w(ctx).ExecContext(ctx, `UPDATE news_version SET version = version + 1 WHERE id = 1`)
	return err
}

// SavePublication makes or changes what is known of the paper itself.
func (db *DB) SavePublication(ctx context.Context, p news.Publication) error {
	doc, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("save publication: %w", err)
	}
	return db.put(ctx, "publication", `
		INSERT INTO publication (id, doc) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET doc = excluded.doc WHERE publication.doc <> excluded.doc`, string(doc))
}

// Publication is the paper itself; fault.Missing before one was imported.
func (db *DB) Publication(ctx context.Context) (news.Publication, error) {
	var doc string
	var p news.Publication
	err := db.r(ctx).QueryRowContext(ctx, `SELECT doc FROM publication WHERE id = 1`).Scan(&doc)
	if none, err := missing(err); err != nil || none {
		return p, absent(none, "This paper has no name yet.", err)
	}
	if err := json.Unmarshal([]byte(doc), &p); err != nil {
		return p, fmt.Errorf("publication: %w", err)
	}
	return p, nil
}

// absent is a fault for a reader when there is no such row, else err.
func absent(none bool, sentence string, err error) error {
	if none {
		return fault.New(fault.Missing, sentence, nil)
	}
	return err
}

// SaveSection makes or changes a section.
func (db *DB) SaveSection(ctx context.Context, s news.Section) error {
	return db.put(ctx, "section "+s.Slug, `
		INSERT INTO sections (slug, name, description, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description, position = excluded.position
		WHERE sections.name <> excluded.name OR sections.description <> excluded.description OR sections.position <> excluded.position`,
		s.Slug, s.Name, s.Description, s.Position)
}

// DropSection removes a section that has no stories, and says whether it did.
func (db *DB) DropSection(ctx context.Context, slug string) (dropped bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context) error {
		done, err := db.w(ctx).ExecContext(ctx, `
			DELETE FROM sections WHERE slug = $1 AND NOT EXISTS (SELECT 1 FROM stories WHERE section = $1)`, slug)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		dropped = true
		return db.bumpNews(ctx)
	})
	if err != nil {
		return false, fmt.Errorf("drop section %s: %w", slug, err)
	}
	return dropped, nil
}

// Sections lists the sections in the order of the navigation.
func (db *DB) Sections(ctx context.Context) ([]news.Section, error) {
	return all(ctx, db, "sections", func(rows *sql.Rows) (s news.Section, err error) {
		return s, rows.Scan(&s.Slug, &s.Name, &s.Description, &s.Position)
	}, `SELECT slug, name, description, position FROM sections ORDER BY position, slug`)
}

// SaveAuthor makes or changes an author.
func (db *DB) SaveAuthor(ctx context.Context, a news.Author) error {
	return db.put(ctx, "author "+a.Slug, `
		INSERT INTO authors (slug, name, role, bio) VALUES ($1, $2, $3, $4)
		ON CONFLICT (slug) DO UPDATE SET name = excluded.name, role = excluded.role, bio = excluded.bio
		WHERE authors.name <> excluded.name OR authors.role <> excluded.role OR authors.bio <> excluded.bio`,
		a.Slug, a.Name, a.Role, a.Bio)
}

// Authors lists the authors by name.
func (db *DB) Authors(ctx context.Context) ([]news.Author, error) {
	return all(ctx, db, "authors", func(rows *sql.Rows) (a news.Author, err error) {
		return a, rows.Scan(&a.Slug, &a.Name, &a.Role, &a.Bio)
	}, `SELECT slug, name, role, bio FROM authors ORDER BY name, slug`)
}

// AuthorBySlug finds an author; fault.Missing if there is none.
func (db *DB) AuthorBySlug(ctx context.Context, slug string) (news.Author, error) {
	var a news.Author
	err := db.r(ctx).QueryRowContext(ctx, `SELECT slug, name, role, bio FROM authors WHERE slug = $1`, slug).
		Scan(&a.Slug, &a.Name, &a.Role, &a.Bio)
	none, err := missing(err)
	return a, absent(none, "We couldn't find that author.", err)
}

// SavePage makes or changes a page about the paper.
func (db *DB) SavePage(ctx context.Context, p news.Page) error {
	body, err := json.Marshal(p.Body)
	if err != nil {
		return fmt.Errorf("save page %s: %w", p.Slug, err)
	}
	return db.put(ctx, "page "+p.Slug, `
		INSERT INTO pages (slug, position, title, standfirst, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (slug) DO UPDATE SET position = excluded.position, title = excluded.title, standfirst = excluded.standfirst, body = excluded.body
		WHERE pages.position <> excluded.position OR pages.title <> excluded.title OR pages.standfirst <> excluded.standfirst OR pages.body <> excluded.body`,
		p.Slug, p.Position, p.Title, p.Standfirst, string(body))
}

// Pages lists the pages about the paper in the order of the footer, without
// their bodies.
func (db *DB) Pages(ctx context.Context) ([]news.Page, error) {
	return all(ctx, db, "pages", func(rows *sql.Rows) (p news.Page, err error) {
		return p, rows.Scan(&p.Slug, &p.Position, &p.Title, &p.Standfirst)
	}, `SELECT slug, position, title, standfirst FROM pages ORDER BY position, slug`)
}

// PageBySlug finds a page about the paper, whole; fault.Missing if there is none.
func (db *DB) PageBySlug(ctx context.Context, slug string) (news.Page, error) {
	var p news.Page
	var body string
	err := db.r(ctx).QueryRowContext(ctx, `SELECT slug, position, title, standfirst, body FROM pages WHERE slug = $1`, slug).
		Scan(&p.Slug, &p.Position, &p.Title, &p.Standfirst, &body)
	if none, err := missing(err); err != nil || none {
		return p, absent(none, "We couldn't find that page.", err)
	}
	if err := json.Unmarshal([]byte(body), &p.Body); err != nil {
		return p, fmt.Errorf("page %s: %w", slug, err)
	}
	return p, nil
}

// all reads every row of a query.
func all[T any](ctx context.Context, db *DB, what string, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.r(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}
