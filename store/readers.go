package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/reader"
)

const readerColumns = `r.id, r.email, r.name, r.created_at, r.verified_at, r.bought`

// scanner is a row, or the present one of several.
type scanner interface{ Scan(dest ...any) error }

func scanReader(row scanner, more ...any) (reader.Reader, error) {
	var r reader.Reader
	var created, verified sql.NullInt64
	err := row.Scan(append([]any{&r.ID, &r.Email, &r.Name, &created, &verified, &r.Bought}, more...)...)
	r.Created, r.Verified = unstamp(created), unstamp(verified)
	return r, err
}

// AddReader makes an account, unless its form has one: then it does nothing and
// gives false.
func (db *DB) AddReader(ctx context.Context, r reader.Reader, form string) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO readers (id, email, email_form, name, name_form, created_at, verified_at, bought, erased)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email_form) DO NOTHING`,
		r.ID, r.Email, form, r.Name, reader.NameForm(r.Name), stamp(r.Created), stamp(r.Verified), r.Bought, false)
	return touched(done, err, "add reader")
}

// ReaderByForm finds the account of an address by its form; false if there is none.
func (db *DB) ReaderByForm(ctx context.Context, form string) (reader.Reader, bool, error) {
	r, err := scanReader(db.r(ctx).QueryRowContext(ctx,
		`SELECT `+readerColumns+` FROM readers r WHERE r.email_form = $1 AND NOT r.erased`, form))
	none, err := missing(err)
	if err != nil {
		return reader.Reader{}, false, fmt.Errorf("reader by address: %w", err)
	}
	return r, !none, nil
}

// Reader finds an account. A missing or an erased one is a fault of kind Missing.
func (db *DB) Reader(ctx context.Context, readerID string) (reader.Reader, error) {
	r, err := scanReader(db.r(ctx).QueryRowContext(ctx,
		`SELECT `+readerColumns+` FROM readers r WHERE r.id = $1 AND NOT r.erased`, readerID))
	none, err := missing(err)
	if err != nil {
		return reader.Reader{}, fmt.Errorf("reader: %w", err)
	}
	if none {
		return reader.Reader{}, fault.New(fault.Missing, "We couldn't find that account.", nil)
	}
	return r, nil
}

// VerifyReader marks an address proven; false if it already was.
func (db *DB) VerifyReader(ctx context.Context, readerID string, now time.Time) (bool, error) {
	done, err := db.w(ctx).ExecContext(ctx,
		`UPDATE readers SET verified_at = $1 WHERE id = $2 AND verified_at IS NULL AND NOT erased`, stamp(now), readerID)
	return touched(done, err, "verify reader")
}

// SeenBought notes that the owner of an account was shown what was bought for
// it before the address was proven.
func (db *DB) SeenBought(ctx context.Context, readerID string) error {
	_, err := db.w(ctx).ExecContext(ctx, `UPDATE readers SET bought = $1 WHERE id = $2 AND bought`, false, readerID)
	if err != nil {
		return fmt.Errorf("seen bought: %w", err)
	}
	return nil
}

// RenameReader gives an account a name; "" takes it away.
func (db *DB) RenameReader(ctx context.Context, readerID, name string) error {
	_, err := db.w(ctx).ExecContext(ctx, `UPDATE readers SET name = $1, name_form = $3 WHERE id = $2 AND NOT erased AND name <> $1`, name, readerID, reader.NameForm(name))
	if err != nil {
		return fmt.Errorf("rename reader: %w", err)
	}
	return nil
}

// StaffRole is the desk role that a reader holds now; "" for none. A role waits
// until the address is proven.
func (db *DB) StaffRole(ctx context.Context, readerID string) (reader.Role, error) {
	var role reader.Role
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT s.role FROM staff s JOIN readers r ON r.id = s.reader_id
		WHERE s.reader_id = $1 AND s.to_at IS NULL AND r.verified_at IS NOT NULL AND NOT r.erased`, readerID).Scan(&role)
	if _, err := missing(err); err != nil {
		return "", fmt.Errorf("staff role: %w", err)
	}
	return role, nil
}

// SetStaff gives a reader a role from now on; "" ends it. What was stays on
// record. It reports whether anything changed.
func (db *DB) SetStaff(ctx context.Context, readerID string, role reader.Role, now time.Time) (bool, error) {
	changed := false
	err := db.InTx(ctx, func(ctx context.Context) error {
		done, err := db.w(ctx).ExecContext(ctx,
			`UPDATE staff SET to_at = $1 WHERE reader_id = $2 AND to_at IS NULL AND role <> $3`, stamp(now), readerID, role)
		if changed, err = touched(done, err, "end staff role"); err != nil || role == "" {
			return err
		}
		done, err = db.w(ctx).ExecContext(ctx, `
			INSERT INTO staff (reader_id, role, from_at, to_at) SELECT $1, $2, CAST($3 AS BIGINT), CAST(NULL AS BIGINT)
			WHERE NOT EXISTS (SELECT 1 FROM staff WHERE reader_id = $1 AND to_at IS NULL)
			ON CONFLICT (reader_id, from_at) DO UPDATE SET role = excluded.role, to_at = NULL`,
			readerID, role, now.UnixMicro())
		given, err := touched(done, err, "give staff role")
		changed = changed || given
		return err
	})
	return changed, err
}

// touched reports whether a statement changed a row.
func touched(done sql.Result, err error, doing string) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("%s: %w", doing, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("%s: %w", doing, err)
	}
	return n > 0, nil
}
