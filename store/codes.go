package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/reader"
)

const codeColumns = `id, email, email_form, code_mac, link_mac, return_path, made_at, expires_at, tries, used_at`

func scanCode(row scanner) (reader.Code, bool, error) {
	var c reader.Code
	var made, expires, used sql.NullInt64
	err := row.Scan(&c.ID, &c.Address.Email, &c.Address.Form, &c.CodeMAC, &c.LinkMAC, &c.Return, &made, &expires, &c.Tries, &used)
	none, err := missing(err)
	if none || err != nil {
		return reader.Code{}, false, err
	}
	c.Made, c.Expires, c.Used = unstamp(made), unstamp(expires), unstamp(used)
	return c, true, nil
}

// PutCode replaces an address's code, unless one that was made after rested is
// still unused and has tries left: then it does nothing and gives false.
func (db *DB) PutCode(ctx context.Context, c reader.Code, rested time.Time) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO signin_codes (`+codeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, NULL)
		ON CONFLICT (email_form) DO UPDATE SET id = excluded.id, email = excluded.email, code_mac = excluded.code_mac,
			link_mac = excluded.link_mac, return_path = excluded.return_path, made_at = excluded.made_at,
			expires_at = excluded.expires_at, tries = 0, used_at = NULL
		WHERE signin_codes.made_at <= $9 OR signin_codes.used_at IS NOT NULL OR signin_codes.tries >= $10`,
		c.ID, c.Address.Email, c.Address.Form, c.CodeMAC, c.LinkMAC, c.Return, stamp(c.Made), stamp(c.Expires),
		rested.UnixMicro(), reader.CodeTries)
	return touched(done, err, "put sign-in code")
}

// TryCode takes one try from an address's living code and gives the code with
// that try counted; false if no code is left to try. However many come at once,
// no more than reader.CodeTries get a code to compare with.
func (db *DB) TryCode(ctx context.Context, form string, now time.Time) (reader.Code, bool, error) {
	var c reader.Code
	ok := false
	err := db.returning(ctx, func(row *sql.Rows) (err error) {
		c, ok, err = scanCode(row)
		return err
	}, `
		UPDATE signin_codes SET tries = tries + 1
		WHERE email_form = $1 AND tries < $2 AND used_at IS NULL AND expires_at > $3 RETURNING `+codeColumns,
		form, reader.CodeTries, now.UnixMicro())
	if err != nil {
		return reader.Code{}, false, fmt.Errorf("try sign-in code: %w", err)
	}
	return c, ok, nil
}

// CodeByLink finds a code by its link and changes nothing.
func (db *DB) CodeByLink(ctx context.Context, linkMAC string) (reader.Code, bool, error) {
	c, ok, err := scanCode(db.r(ctx).QueryRowContext(ctx, `SELECT `+codeColumns+` FROM signin_codes WHERE link_mac = $1`, linkMAC))
	if err != nil {
		return reader.Code{}, false, fmt.Errorf("sign-in link: %w", err)
	}
	return c, ok, nil
}

// UseCode uses a living code up, and its link with it; false if it was used,
// replaced or expired.
func (db *DB) UseCode(ctx context.Context, codeID string, now time.Time) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx,
		`UPDATE signin_codes SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $1`, now.UnixMicro(), codeID)
	return touched(done, err, "use sign-in code")
}
