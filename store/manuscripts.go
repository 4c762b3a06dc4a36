package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"broadsheet/news"
)

const manuscriptColumns = `id, doc, head, last, released, queued, queued_at, stuck, embargo, is_ready, is_gone, owner, edited_by, edited_at, version`

func scanManuscript(scan func(...any) error) (m news.Manuscript, err error) {
	var doc string
	var queuedAt, embargo sql.NullInt64
	var editedAt int64
	if err := scan(&m.ID, &doc, &m.Head, &m.Last, &m.Released, &m.Queued, &queuedAt, &m.Stuck, &embargo,
		&m.IsReady, &m.IsGone, &m.Owner, &m.EditedBy, &editedAt, &m.Version); err != nil {
		return m, err
	}
	m.QueuedAt, m.Embargo, m.EditedAt = unstamp(queuedAt), unstamp(embargo), time.UnixMicro(editedAt).UTC()
	return m, json.Unmarshal([]byte(doc), &m.Copy)
}

// manuscriptArgs are the values of a row, its identifier first.
func manuscriptArgs(m news.Manuscript) ([]any, error) {
	doc, err := json.Marshal(m.Copy)
	if err != nil {
		return nil, err
	}
	c := m.Copy
	return []any{m.ID, string(doc), c.Headline, c.Section, c.Author, string(c.Access), string(m.Stage()), m.Head, m.Last, m.Released,
		m.Queued, stamp(m.QueuedAt), m.Stuck, stamp(m.Embargo), m.IsReady, m.IsGone, m.Owner, m.EditedBy, stamp(m.EditedAt), m.Version}, nil
}

// Manuscript finds what the desk has of a story; fault.Missing if it was never
// opened there.
func (db *DB) Manuscript(ctx context.Context, id string) (news.Manuscript, error) {
	m, err := scanManuscript(db.r(ctx).QueryRowContext(ctx, `SELECT `+manuscriptColumns+` FROM manuscripts WHERE id = $1`, id).Scan)
	none, err := missing(err)
	return m, absent(none, "There is no such story at the desk.", err)
}

// AddManuscript begins one; false if it was begun meanwhile.
func (db *DB) AddManuscript(ctx context.Context, m news.Manuscript) (bool, error) {
	args, err := manuscriptArgs(m)
	if err != nil {
		return false, fmt.Errorf("add manuscript: %w", err)
	}
	return db.touched(ctx, "add manuscript", `
		INSERT INTO manuscripts (id, doc, headline, section, author, access, stage, head, last, released,
			queued, queued_at, stuck, embargo, is_ready, is_gone, owner, edited_by, edited_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (id) DO NOTHING`, args...)
}

// KeepManuscript writes one whose newest revision is still the given one.
func (db *DB) KeepManuscript(ctx context.Context, m news.Manuscript, last int64) (bool, error) {
	args, err := manuscriptArgs(m)
	if err != nil {
		return false, fmt.Errorf("keep manuscript: %w", err)
	}
	return db.touched(ctx, "keep manuscript", `
		UPDATE manuscripts SET doc = $2, headline = $3, section = $4, author = $5, access = $6, stage = $7, head = $8, last = $9, released = $10,
			queued = $11, queued_at = $12, stuck = $13, embargo = $14, is_ready = $15, is_gone = $16, owner = $17, edited_by = $18, edited_at = $19, version = $20
		WHERE id = $1 AND last = $21`, append(args, last)...)
}

// touched runs a write and reports whether it wrote a row.
func (db *DB) touched(ctx context.Context, what, query string, args ...any) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	return n > 0, nil
}

// AddRevision keeps a text of a manuscript.
func (db *DB) AddRevision(ctx context.Context, r news.Revision) error {
	doc, err := json.Marshal(r.Copy)
	if err != nil {
		return fmt.Errorf("add revision: %w", err)
	}
	_, err = db.touched(ctx, "add revision", `
		INSERT INTO manuscript_revisions (manuscript, number, kind, from_rev, by_id, at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Manuscript, r.Number, string(r.Kind), r.From, r.By, stamp(r.At), string(doc))
	return err
}

// DropRevision forgets one that a later one took the place of.
func (db *DB) DropRevision(ctx context.Context, manuscript string, number int64) error {
	_, err := db.touched(ctx, "drop revision", `DELETE FROM manuscript_revisions WHERE manuscript = $1 AND number = $2`, manuscript, number)
	return err
}

const revisionColumns = `manuscript, number, kind, from_rev, by_id, at, doc`

func scanRevision(scan func(...any) error) (r news.Revision, err error) {
	var at int64
	var doc string
	if err := scan(&r.Manuscript, &r.Number, &r.Kind, &r.From, &r.By, &at, &doc); err != nil {
		return r, err
	}
	r.At = time.UnixMicro(at).UTC()
	return r, json.Unmarshal([]byte(doc), &r.Copy)
}

// Revision finds one text of a manuscript; fault.Missing if there is none.
func (db *DB) Revision(ctx context.Context, manuscript string, number int64) (news.Revision, error) {
	r, err := scanRevision(db.r(ctx).QueryRowContext(ctx,
		`SELECT `+revisionColumns+` FROM manuscript_revisions WHERE manuscript = $1 AND number = $2`, manuscript, number).Scan)
	none, err := missing(err)
	return r, absent(none, "There is no such revision of this story.", err)
}

// Revisions lists the texts of a manuscript before a number (0 from the
// newest), the newest first.
func (db *DB) Revisions(ctx context.Context, manuscript string, before int64, n int) ([]news.Revision, error) {
	return all(ctx, db, "revisions", func(rows *sql.Rows) (news.Revision, error) { return scanRevision(rows.Scan) }, `
		SELECT `+revisionColumns+` FROM manuscript_revisions WHERE manuscript = $1 AND ($2 = 0 OR number < $2)
		ORDER BY number DESC LIMIT $3`, manuscript, before, n)
}

// Manuscripts lists what the desk works on, the last edited first, at most n
// from behind the cursor.
func (db *DB) Manuscripts(ctx context.Context, f news.ManuscriptFilter, before news.Cursor, n int) ([]news.Manuscript, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if f.Stage != "" {
		add("stage = ?", string(f.Stage))
	}
	if f.Section != "" {
		add("section = ?", f.Section)
	}
	if f.Owner != "" {
		add("owner = ?", f.Owner)
	}
	if f.Words != "" {
		add("lower(headline) LIKE ? ESCAPE '!'", "%"+likeEscape.Replace(strings.ToLower(f.Words))+"%")
	}
	if !before.IsZero() {
		add("(edited_at, id) < (?, ?)", stamp(before.At), before.ID)
	}
	query := `SELECT ` + manuscriptColumns + ` FROM manuscripts`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	args = append(args, n)
	return all(ctx, db, "manuscripts", func(rows *sql.Rows) (news.Manuscript, error) { return scanManuscript(rows.Scan) },
		fmt.Sprintf(`%s ORDER BY edited_at DESC, id DESC LIMIT $%d`, query, len(args)), args...)
}

var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// Unadopted lists at most n stories that the desk has no manuscript of, or an
// older one than an import made.
func (db *DB) Unadopted(ctx context.Context, n int) ([]string, error) {
	return all(ctx, db, "stories without a manuscript", func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, `
		SELECT s.id FROM stories s LEFT JOIN manuscripts m ON m.id = s.id
		WHERE m.id IS NULL OR m.version <> s.version ORDER BY s.id LIMIT $1`, n)
}
