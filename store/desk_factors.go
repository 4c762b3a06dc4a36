package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/desk"
)

// FactorsOf gives what a member of the desk can show.
func (db *DB) FactorsOf(ctx context.Context, member string) (desk.Factors, error) {
	var f desk.Factors
	app, ok, err := db.TOTPOf(ctx, member)
	if err != nil {
		return f, err
	}
	if ok {
		f.TOTP = app.Made
	}
	if err := db.r(ctx).QueryRowContext(ctx, `SELECT count(*) FROM staff_recovery WHERE reader_id = $1 AND used_at IS NULL`, member).Scan(&f.Recovery); err != nil {
		return f, fmt.Errorf("recovery codes: %w", err)
	}
	rows, err := db.r(ctx).QueryContext(ctx, `SELECT id, name, credential, added_at, used_at FROM staff_passkeys WHERE reader_id = $1 ORDER BY added_at, id`, member)
	if err != nil {
		return f, fmt.Errorf("passkeys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k desk.Passkey
		var added, used sql.NullInt64
		if err := rows.Scan(&k.ID, &k.Name, &k.Credential, &added, &used); err != nil {
			return f, fmt.Errorf("passkeys: %w", err)
		}
		k.Added, k.Used = unstamp(added), unstamp(used)
		f.Passkeys = append(f.Passkeys, k)
	}
	return f, rows.Err()
}

// TOTPOf is a member's authenticator app; false for none.
func (db *DB) TOTPOf(ctx context.Context, member string) (desk.TOTP, bool, error) {
	t := desk.TOTP{Member: member}
	var made sql.NullInt64
	none, err := missing(db.r(ctx).QueryRowContext(ctx,
		`SELECT secret, made_at, last_step FROM staff_totp WHERE reader_id = $1`, member).Scan(&t.Secret, &made, &t.LastStep))
	if err != nil {
		return desk.TOTP{}, false, fmt.Errorf("authenticator app: %w", err)
	}
	t.Made = unstamp(made)
	return t, !none, nil
}

// AddTOTP keeps an app; false if the member has one.
func (db *DB) AddTOTP(ctx context.Context, t desk.TOTP) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO staff_totp (reader_id, secret, made_at, last_step) VALUES ($1, $2, $3, $4) ON CONFLICT (reader_id) DO NOTHING`,
		t.Member, t.Secret, stamp(t.Made), t.LastStep)
	return touched(done, err, "add authenticator app")
}

// TakeStep takes the step of a code; false if it or a later one was taken.
func (db *DB) TakeStep(ctx context.Context, member string, step int64) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `UPDATE staff_totp SET last_step = $1 WHERE reader_id = $2 AND last_step < $1`, step, member)
	return touched(done, err, "take code")
}

// DropTOTP takes a member's app away.
func (db *DB) DropTOTP(ctx context.Context, member string) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `DELETE FROM staff_totp WHERE reader_id = $1`, member)
	return touched(done, err, "drop authenticator app")
}

// AddPasskey keeps a passkey.
func (db *DB) AddPasskey(ctx context.Context, member string, k desk.Passkey) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO staff_passkeys (id, reader_id, name, credential, added_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		k.ID, member, k.Name, k.Credential, stamp(k.Added), stamp(k.Used))
	if err != nil {
		return fmt.Errorf("add passkey: %w", err)
	}
	return nil
}

// UsePasskey keeps what a passkey counted; false if the member has it no more.
func (db *DB) UsePasskey(ctx context.Context, member string, k desk.Passkey) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx,
		`UPDATE staff_passkeys SET credential = $1, used_at = $2 WHERE id = $3 AND reader_id = $4`, k.Credential, stamp(k.Used), k.ID, member)
	return touched(done, err, "use passkey")
}

// DropPasskey takes one of a member's passkeys away and says which it was.
func (db *DB) DropPasskey(ctx context.Context, member, id string) (desk.Passkey, bool, error) {
	k, gone := desk.Passkey{ID: id}, false
	err := db.returning(ctx, func(row *sql.Rows) error { gone = true; return row.Scan(&k.Name) },
		`DELETE FROM staff_passkeys WHERE reader_id = $1 AND id = $2 RETURNING name`, member, id)
	if err != nil {
		return k, false, fmt.Errorf("drop passkey: %w", err)
	}
	return k, gone, nil
}

// PutRecovery replaces all of a member's recovery codes.
func (db *DB) PutRecovery(ctx context.Context, member string, macs []string) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.w(ctx).ExecContext(ctx, `DELETE FROM staff_recovery WHERE reader_id = $1`, member); err != nil {
			return fmt.Errorf("recovery codes: %w", err)
		}
		for _, mac := range macs {
			if _, err := db.w(ctx).ExecContext(ctx, `INSERT INTO staff_recovery (reader_id, code_mac, used_at) VALUES ($1, $2, NULL)`, member, mac); err != nil {
				return fmt.Errorf("recovery codes: %w", err)
			}
		}
		return nil
	})
}

// UseRecovery uses a recovery code up; false if there is none such left.
func (db *DB) UseRecovery(ctx context.Context, member, mac string, now time.Time) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx,
		`UPDATE staff_recovery SET used_at = $1 WHERE reader_id = $2 AND code_mac = $3 AND used_at IS NULL`, stamp(now), member, mac)
	return touched(done, err, "use recovery code")
}

// DropFactors takes all of a member's factors and codes away and gives what
// they were.
func (db *DB) DropFactors(ctx context.Context, member string) (desk.Factors, error) {
	var had desk.Factors
	err := db.InTx(ctx, func(ctx context.Context) (err error) {
		if had, err = db.FactorsOf(ctx, member); err != nil {
			return err
		}
		for _, table := range deskTables {
			if _, err := db.w(ctx).ExecContext(ctx, `DELETE FROM `+table+` WHERE reader_id = $1`, member); err != nil {
				return fmt.Errorf("drop second factors: %w", err)
			}
		}
		return nil
	})
	return had, err
}

// PutChallenge keeps what a session was asked, in place of what it was asked
// before for the same purpose.
func (db *DB) PutChallenge(ctx context.Context, session, purpose, doc string, expires time.Time) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO desk_challenges (session_id, purpose, doc, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (session_id, purpose) DO UPDATE SET doc = excluded.doc, expires_at = excluded.expires_at`,
		session, purpose, doc, stamp(expires))
	if err != nil {
		return fmt.Errorf("challenge: %w", err)
	}
	return nil
}

// Challenge is what a session was asked, while it may be answered.
func (db *DB) Challenge(ctx context.Context, session, purpose string, now time.Time) (string, bool, error) {
	var doc string
	none, err := missing(db.r(ctx).QueryRowContext(ctx,
		`SELECT doc FROM desk_challenges WHERE session_id = $1 AND purpose = $2 AND expires_at > $3`, session, purpose, now.UnixMicro()).Scan(&doc))
	if err != nil {
		return "", false, fmt.Errorf("challenge: %w", err)
	}
	return doc, !none, nil
}

// TakeChallenge gives what a session was asked and forgets it, in one statement:
// it is good for one try.
func (db *DB) TakeChallenge(ctx context.Context, session, purpose string, now time.Time) (string, bool, error) {
	var doc string
	var expires int64
	err := db.returning(ctx, func(row *sql.Rows) error { return row.Scan(&doc, &expires) },
		`DELETE FROM desk_challenges WHERE session_id = $1 AND purpose = $2 RETURNING doc, expires_at`, session, purpose)
	if err != nil {
		return "", false, fmt.Errorf("challenge: %w", err)
	}
	return doc, expires > now.UnixMicro(), nil
}
