package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/reader"
)

const sessionColumns = `s.id, s.reader_id, s.unverified, s.agent, s.created_at, s.seen_at`

func scanSession(row scanner, more ...any) (reader.Session, error) {
	var s reader.Session
	var created, seen sql.NullInt64
	err := row.Scan(append([]any{&s.ID, &s.ReaderID, &s.Unverified, &s.Agent, &created, &seen}, more...)...)
	s.Created, s.Seen = unstamp(created), unstamp(seen)
	return s, err
}

// SessionTable is the sessions as a session manager wants them: bytes under a
// hashed token. The bytes are a reader.Session; its fields are columns, so that
// sessions can be listed and ended without opening bytes. An unverified session
// is nothing once its reader's address is proven, whichever came first.
type SessionTable struct {
	db   *DB
	wall clock.Clock
}

// Sessions gives the table, which tells expiry by wall time.
func (db *DB) Sessions(wall clock.Clock) *SessionTable { return &SessionTable{db: db, wall: wall} }

// FindCtx gives a living session's bytes by its token's hash.
func (t *SessionTable) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	s, err := scanSession(t.db.r(ctx).QueryRowContext(ctx,
		`SELECT `+sessionColumns+` FROM sessions s WHERE s.token_hash = $1 AND s.expires_at > $2`, hash, t.wall.Now().UnixMicro()))
	none, err := missing(err)
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	if none {
		return nil, false, nil
	}
	raw, err := s.MarshalBinary()
	return raw, err == nil, err
}

// CommitCtx keeps a session until it expires. It would bring an ended session
// back, as the manager's contract wants: so it is called for new tokens only.
func (t *SessionTable) CommitCtx(ctx context.Context, hash string, raw []byte, expires time.Time) error {
	var s reader.Session
	if err := s.UnmarshalBinary(raw); err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	_, err := t.db.w(ctx).ExecContext(ctx, `
		INSERT INTO sessions (token_hash, id, reader_id, unverified, agent, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (token_hash) DO UPDATE SET id = excluded.id, reader_id = excluded.reader_id, unverified = excluded.unverified,
			agent = excluded.agent, created_at = excluded.created_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
		hash, s.ID, s.ReaderID, s.Unverified, s.Agent, stamp(s.Created), stamp(s.Seen), stamp(expires))
	if err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	return nil
}

// DeleteCtx ends the session of a token's hash, if there is one.
func (t *SessionTable) DeleteCtx(ctx context.Context, hash string) error {
	if _, err := t.db.w(ctx).ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hash); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Find, Commit and Delete are for callers without a context.
func (t *SessionTable) Find(hash string) ([]byte, bool, error) {
	return t.FindCtx(context.Background(), hash)
}

// Commit is CommitCtx without a context.
func (t *SessionTable) Commit(hash string, raw []byte, expires time.Time) error {
	return t.CommitCtx(context.Background(), hash, raw, expires)
}

// Delete is DeleteCtx without a context.
func (t *SessionTable) Delete(hash string) error { return t.DeleteCtx(context.Background(), hash) }

// PrincipalByToken is who stands behind a token's hash now, in one statement;
// nil for nobody. It notes that the session was seen, at most every
// reader.SeenEvery.
func (db *DB) PrincipalByToken(ctx context.Context, hash string, now time.Time) (*reader.Principal, error) {
	var p reader.Principal
	var role sql.NullString
	var seen int64
	var err error
	p.Reader, err = scanReader(db.r(ctx).QueryRowContext(ctx, `
		SELECT `+readerColumns+`, s.id, s.unverified, s.seen_at, st.role FROM sessions s
		JOIN readers r ON r.id = s.reader_id
		LEFT JOIN staff st ON st.reader_id = r.id AND st.to_at IS NULL AND r.verified_at IS NOT NULL
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT r.erased AND NOT (s.unverified AND r.verified_at IS NOT NULL)`,
		hash, now.UnixMicro()), &p.SessionID, &p.Unverified, &seen, &role)
	none, err := missing(err)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if none {
		return nil, nil
	}
	p.Role = reader.Role(role.String)
	if now.Sub(time.UnixMicro(seen)) < reader.SeenEvery {
		return &p, nil
	}
	_, err = db.w(ctx).ExecContext(ctx, `UPDATE sessions SET seen_at = $1 WHERE token_hash = $2 AND seen_at = $3`, now.UnixMicro(), hash, seen)
	if err != nil {
		return nil, fmt.Errorf("session seen: %w", err)
	}
	return &p, nil
}

// SessionsOf lists a reader's living sessions, the one seen last first.
func (db *DB) SessionsOf(ctx context.Context, readerID string, now time.Time) ([]reader.Session, error) {
	rows, err := db.r(ctx).QueryContext(ctx, `
		SELECT `+sessionColumns+` FROM sessions s JOIN readers r ON r.id = s.reader_id
		WHERE s.reader_id = $1 AND s.expires_at > $2 AND NOT (s.unverified AND r.verified_at IS NOT NULL)
		ORDER BY s.seen_at DESC, s.id DESC`, readerID, now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	defer rows.Close()
	var all []reader.Session
	for rows.Next() {
		s, err := scanSession(rows)
		if err != nil {
			return nil, fmt.Errorf("sessions: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// EndSession ends one of a reader's sessions by its public id and gives the hash
// of its token; none if the reader has no such session.
func (db *DB) EndSession(ctx context.Context, readerID, sessionID string) ([]string, error) {
	return db.endSessions(ctx, `DELETE FROM sessions WHERE reader_id = $1 AND id = $2 RETURNING token_hash`, readerID, sessionID)
}

// EndSessions ends a reader's sessions, all but the one with the public id keep
// ("" keeps none), and gives the hashes of their tokens.
func (db *DB) EndSessions(ctx context.Context, readerID, keep string) ([]string, error) {
	return db.endSessions(ctx, `DELETE FROM sessions WHERE reader_id = $1 AND id <> $2 RETURNING token_hash`, readerID, keep)
}

func (db *DB) endSessions(ctx context.Context, statement string, args ...any) ([]string, error) {
	var hashes []string
	err := db.returning(ctx, func(row *sql.Rows) error {
		var h string
		err := row.Scan(&h)
		hashes = append(hashes, h)
		return err
	}, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	return hashes, nil
}
