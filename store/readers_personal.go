package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/reader"
)

// readerData is the reader room's hold.
type readerData struct{ db *DB }

// ReaderData registers export, erase and merge for accounts, sessions and roles.
func (db *DB) ReaderData() Personal { return readerData{db} }

func (readerData) Tables() []string { return []string{"readers", "staff", "sessions"} }

type exportedAccount struct {
	Email    string    `json:"email"`
	Name     string    `json:"name,omitempty"`
	Created  time.Time `json:"created"`
	Verified time.Time `json:"verified,omitzero"`
}

type exportedSession struct {
	Device  string    `json:"device"`
	Agent   string    `json:"user_agent"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"last_seen"`
}

type exportedRole struct {
	Role reader.Role `json:"role"`
	From time.Time   `json:"from"`
	To   time.Time   `json:"to,omitzero"`
}

func (d readerData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	r, err := d.db.Reader(ctx, readerID)
	if fault.Is(err, fault.Missing) {
		return map[string]any{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]any{"account": exportedAccount{Email: r.Email, Name: r.Name, Created: r.Created, Verified: r.Verified}}
	// Every session is theirs to see, the expired ones until they are swept.
	open, err := d.db.SessionsOf(ctx, readerID, time.Time{})
	if err != nil {
		return nil, err
	}
	sessions := make([]exportedSession, len(open))
	for i, s := range open {
		sessions[i] = exportedSession{Device: s.Device(), Agent: s.Agent, Created: s.Created, Seen: s.Seen}
	}
	out["sessions"] = sessions
	out["roles"], err = d.db.rolesOf(ctx, readerID)
	return out, err
}

func (db *DB) rolesOf(ctx context.Context, readerID string) ([]exportedRole, error) {
	rows, err := db.r(ctx).QueryContext(ctx, `SELECT role, from_at, to_at FROM staff WHERE reader_id = $1 ORDER BY from_at`, readerID)
	if err != nil {
		return nil, fmt.Errorf("roles: %w", err)
	}
	defer rows.Close()
	all := []exportedRole{}
	for rows.Next() {
		var r exportedRole
		var from, to sql.NullInt64
		if err := rows.Scan(&r.Role, &from, &to); err != nil {
			return nil, fmt.Errorf("roles: %w", err)
		}
		r.From, r.To = unstamp(from), unstamp(to)
		all = append(all, r)
	}
	return all, rows.Err()
}

// Erase keeps an empty row, since other records point to it, and the roles,
// which name nobody now. Nobody can sign in to the row again, and the address
// is free for a new account.
func (d readerData) Erase(ctx context.Context, readerID string) error {
	return d.db.InTx(ctx, func(ctx context.Context) error {
		for _, statement := range []string{
			`DELETE FROM sessions WHERE reader_id = $1`,
			`DELETE FROM signin_codes WHERE email_form = (SELECT email_form FROM readers WHERE id = $1)`,
			`UPDATE readers SET email = '', email_form = 'erased:' || id, name = '', name_form = '', bought = FALSE, erased = TRUE WHERE id = $1`,
		} {
			if _, err := d.db.w(ctx).ExecContext(ctx, statement, readerID); err != nil {
				return fmt.Errorf("erase reader: %s: %w", strings.Fields(statement)[0], err)
			}
		}
		return nil
	})
}

// Merge ends the account from. Its roles do not travel: a role is given to
// somebody, not inherited.
func (d readerData) Merge(ctx context.Context, from, into string) error {
	if from == into {
		return fmt.Errorf("merge reader: %s into itself", from)
	}
	if _, err := d.db.Reader(ctx, into); err != nil {
		return err
	}
	return d.Erase(ctx, from)
}
