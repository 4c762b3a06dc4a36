package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/desk"
	"broadsheet/reader"
)

// MemberByToken is who of the desk stands behind a session's hashed token now,
// by the database and no cache: a role that was taken is gone with the next
// request, on every machine. nil for nobody, and for whoever has no role. It
// notes that the mark was seen, at most every desk.SeenEvery.
func (db *DB) MemberByToken(ctx context.Context, hash string, now time.Time) (*desk.Member, error) {
	var m desk.Member
	var role string
	var method sql.NullString
	var shown, seen sql.NullInt64
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT r.id, r.email, r.name, st.role, s.id, d.method, d.shown_at, d.seen_at FROM sessions s
		JOIN readers r ON r.id = s.reader_id
		JOIN staff st ON st.reader_id = r.id AND st.to_at IS NULL
		LEFT JOIN desk_marks d ON d.session_id = s.id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT r.erased AND NOT s.unverified AND r.verified_at IS NOT NULL`,
		hash, now.UnixMicro()).Scan(&m.ID, &m.Email, &m.Name, &role, &m.Session, &method, &shown, &seen)
	none, err := missing(err)
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	if none {
		return nil, nil
	}
	m.Role = reader.Role(role)
	m.Mark = desk.Mark{Method: desk.Method(method.String), Shown: unstamp(shown), Seen: unstamp(seen)}
	if m.Mark.Holds(now) && m.Mark.Stale(now) {
		_, err := db.w(ctx).ExecContext(ctx, `UPDATE desk_marks SET seen_at = $1 WHERE session_id = $2 AND seen_at = $3`, now.UnixMicro(), m.Session, seen.Int64)
		if err != nil {
			return nil, fmt.Errorf("member seen: %w", err)
		}
	}
	return &m, nil
}

// MarkSession notes that a second factor was shown in a session.
func (db *DB) MarkSession(ctx context.Context, session string, m desk.Mark) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO desk_marks (session_id, method, shown_at, seen_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (session_id) DO UPDATE SET method = excluded.method, shown_at = excluded.shown_at, seen_at = excluded.seen_at`,
		session, string(m.Method), stamp(m.Shown), stamp(m.Seen))
	if err != nil {
		return fmt.Errorf("mark session: %w", err)
	}
	return nil
}

// Staff lists who is of the desk: owners first, then by address.
func (db *DB) Staff(ctx context.Context, now time.Time) ([]desk.Listed, error) {
	rows, err := db.r(ctx).QueryContext(ctx, `
		SELECT r.id, r.email, r.name, st.role, st.from_at, r.verified_at IS NOT NULL,
			EXISTS (SELECT 1 FROM staff_totp t WHERE t.reader_id = r.id),
			(SELECT count(*) FROM staff_passkeys k WHERE k.reader_id = r.id),
			(SELECT count(*) FROM staff_recovery c WHERE c.reader_id = r.id AND c.used_at IS NULL),
			(SELECT count(*) FROM sessions s WHERE s.reader_id = r.id AND s.expires_at > $1),
			(SELECT max(d.seen_at) FROM desk_marks d JOIN sessions s ON s.id = d.session_id WHERE s.reader_id = r.id)
		FROM staff st JOIN readers r ON r.id = st.reader_id
		WHERE st.to_at IS NULL AND NOT r.erased
		ORDER BY CASE st.role WHEN 'owner' THEN 0 WHEN 'editor' THEN 1 WHEN 'author' THEN 2 WHEN 'moderator' THEN 3 WHEN 'circulation' THEN 4 ELSE 5 END, r.email`,
		now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("staff: %w", err)
	}
	defer rows.Close()
	var all []desk.Listed
	for rows.Next() {
		var l desk.Listed
		var since, seen sql.NullInt64
		if err := rows.Scan(&l.ID, &l.Email, &l.Name, &l.Role, &since, &l.Proven, &l.TOTP, &l.Passkeys, &l.Recovery, &l.Sessions, &seen); err != nil {
			return nil, fmt.Errorf("staff: %w", err)
		}
		l.Since, l.Seen = unstamp(since), unstamp(seen)
		all = append(all, l)
	}
	return all, rows.Err()
}

// RoleOf is the role that an account was given, also before its address is
// proven; "" for none.
func (db *DB) RoleOf(ctx context.Context, member string) (reader.Role, error) {
	var role reader.Role
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT s.role FROM staff s JOIN readers r ON r.id = s.reader_id
		WHERE s.reader_id = $1 AND s.to_at IS NULL AND NOT r.erased`, member).Scan(&role)
	if _, err := missing(err); err != nil {
		return "", fmt.Errorf("role: %w", err)
	}
	return role, nil
}

// OtherOwners counts owners with a proven address beside the member.
func (db *DB) OtherOwners(ctx context.Context, member string) (int, error) {
	var n int
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM staff s JOIN readers r ON r.id = s.reader_id
		WHERE s.to_at IS NULL AND s.role = 'owner' AND s.reader_id <> $1 AND r.verified_at IS NOT NULL AND NOT r.erased`, member).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("owners: %w", err)
	}
	return n, nil
}
