package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"broadsheet/desk"
)

// LockRecord makes other changes of the desk wait until the transaction in ctx
// ends.
func (db *DB) LockRecord(ctx context.Context) error {
	if _, err := db.w(ctx).ExecContext(ctx, `UPDATE audit_head SET seq = seq WHERE one = 1`); err != nil {
		return fmt.Errorf("lock the record: %w", err)
	}
	return nil
}

// AppendEntry adds an entry to the record, behind the last one. It holds the
// end of the chain until the transaction in ctx stands.
func (db *DB) AppendEntry(ctx context.Context, e desk.Entry) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		err := db.returning(ctx, func(row *sql.Rows) error { return row.Scan(&e.Seq, &e.Prev) },
			`UPDATE audit_head SET seq = seq + 1 WHERE one = 1 RETURNING seq, hash`)
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		e.Hash = e.Sum()
		if _, err := db.w(ctx).ExecContext(ctx, `UPDATE audit_head SET hash = $1 WHERE one = 1`, e.Hash); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		_, err = db.w(ctx).ExecContext(ctx, `
			INSERT INTO audit (seq, wall_at, paper_at, staff_id, role, session_id, network, kind, subject, subject_id, before_doc, after_doc, prev_hash, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			e.Seq, e.Wall.UnixMicro(), e.Paper.UnixMicro(), e.Staff, string(e.Role), e.Session, e.Network, e.Kind, e.Subject, e.ID, e.Before, e.After, e.Prev, e.Hash)
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		return nil
	})
}

const entryColumns = `seq, wall_at, paper_at, staff_id, role, session_id, network, kind, subject, subject_id, before_doc, after_doc, prev_hash, hash`

func scanEntry(row scanner) (desk.Entry, error) {
	var e desk.Entry
	var wall, paper int64
	err := row.Scan(&e.Seq, &wall, &paper, &e.Staff, &e.Role, &e.Session, &e.Network, &e.Kind, &e.Subject, &e.ID, &e.Before, &e.After, &e.Prev, &e.Hash)
	e.Wall, e.Paper = time.UnixMicro(wall).UTC(), time.UnixMicro(paper).UTC()
	return e, err
}

// Entries searches the record, the newest first.
func (db *DB) Entries(ctx context.Context, s desk.Search) ([]desk.Entry, error) {
	where, args := []string{"1 = 1"}, []any{}
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if s.Staff != "" {
		and("staff_id = ?", s.Staff)
	}
	if s.Kind != "" { // "." sorts right before "/"
		and("(kind = ? OR kind > ? AND kind < ?)", s.Kind, s.Kind+".", s.Kind+"/")
	}
	if s.Subject != "" {
		and("subject = ?", s.Subject)
	}
	if s.ID != "" {
		and("subject_id = ?", s.ID)
	}
	if !s.From.IsZero() {
		and("wall_at >= ?", s.From.UnixMicro())
	}
	if !s.To.IsZero() {
		and("wall_at < ?", s.To.UnixMicro())
	}
	if s.Before > 0 {
		and("seq < ?", s.Before)
	}
	args = append(args, s.Limit)
	return db.entries(ctx, fmt.Sprintf(`SELECT %s FROM audit WHERE %s ORDER BY seq DESC LIMIT $%d`, entryColumns, strings.Join(where, " AND "), len(args)), args...)
}

// EntriesAfter gives the record in its own order, from behind seq on.
func (db *DB) EntriesAfter(ctx context.Context, seq int64, limit int) ([]desk.Entry, error) {
	return db.entries(ctx, `SELECT `+entryColumns+` FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
}

func (db *DB) entries(ctx context.Context, query string, args ...any) ([]desk.Entry, error) {
	rows, err := db.r(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer rows.Close()
	var all []desk.Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// RecordHead is the end of the chain: the number and hash of the last entry.
func (db *DB) RecordHead(ctx context.Context) (seq int64, hash string, err error) {
	if err = db.r(ctx).QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE one = 1`).Scan(&seq, &hash); err != nil {
		err = fmt.Errorf("record: %w", err)
	}
	return seq, hash, err
}

// Named gives what readers are called, by id: the name, or the address where
// there is none. Who was erased is not in it.
func (db *DB) Named(ctx context.Context, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := db.r(ctx).QueryContext(ctx, `SELECT id, name, email FROM readers WHERE NOT erased AND id IN (`+list(1, len(ids))+`)`, texts(nil, ids)...)
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, name, email string
		if err := rows.Scan(&id, &name, &email); err != nil {
			return nil, fmt.Errorf("names: %w", err)
		}
		if name == "" {
			name = email
		}
		names[id] = name
	}
	return names, rows.Err()
}
