package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/reader"
)

// last sorts behind every text: what begins with p lies between p and p+last.
const last = "\U0010FFFF"

// bytewise is a column compared by its bytes, as ranges of a beginning need it.
// SQLite compares so anyway.
func (db *DB) bytewise(column string) string {
	if db.engine == Postgres {
		return column + ` COLLATE "C"`
	}
	return column
}

// FindReaders gives readers that fit, at most l.Limit. Those whose names fit
// come before those whose addresses do; nobody comes twice.
func (db *DB) FindReaders(ctx context.Context, l desk.Lookup) ([]desk.Found, error) {
	var found []desk.Found
	for _, step := range db.findSteps(l) {
		if len(found) >= l.Limit {
			break
		}
		query, args, err := step(ctx, l.Limit-len(found))
		if err != nil {
			return nil, err
		}
		if query == "" {
			continue
		}
		more, err := all(ctx, db, "find readers", scanFound, query, args...)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, db.addSubscriptions(ctx, found)
}

// findStep is one query; "" for none.
type findStep func(ctx context.Context, limit int) (query string, args []any, err error)

const findColumns = `SELECT ` + readerColumns + `, coalesce(st.role, '') FROM readers r
	LEFT JOIN staff st ON st.reader_id = r.id AND st.to_at IS NULL `

func scanFound(rows *sql.Rows) (f desk.Found, err error) {
	f.Reader, err = scanReader(rows, &f.Role)
	return f, err
}

func (db *DB) findSteps(l desk.Lookup) []findStep {
	switch {
	case l.ID != "":
		return []findStep{db.findIDs(func(context.Context) ([]string, error) { return []string{l.ID}, nil })}
	case l.Stripe != "":
		return []findStep{db.findIDs(func(ctx context.Context) ([]string, error) { return db.readersByStripe(ctx, l.Stripe) })}
	case l.Gift != "":
		return []findStep{db.findIDs(func(ctx context.Context) ([]string, error) { return db.readersByGift(ctx, l.Gift) })}
	case l.IsZero():
		return []findStep{db.findNewest(l)}
	}
	return []findStep{db.findNames(l), db.findEmails(l)}
}

func (db *DB) findIDs(which func(context.Context) ([]string, error)) findStep {
	return func(ctx context.Context, limit int) (string, []any, error) {
		ids, err := which(ctx)
		if err != nil || len(ids) == 0 {
			return "", nil, err
		}
		return findColumns + `WHERE NOT r.erased AND r.id IN (` + list(2, len(ids)) + `) ORDER BY r.id DESC LIMIT $1`, texts([]any{limit}, ids), nil
	}
}

func (db *DB) findNewest(l desk.Lookup) findStep {
	return func(_ context.Context, limit int) (string, []any, error) {
		if l.After.Reader == "" {
			return findColumns + `WHERE NOT r.erased ORDER BY r.id DESC LIMIT $1`, []any{limit}, nil
		}
		return findColumns + `WHERE NOT r.erased AND r.id < $2 ORDER BY r.id DESC LIMIT $1`, []any{limit, l.After.Reader}, nil
	}
}

// findNames goes on behind the reader at whom the page before ended.
func (db *DB) findNames(l desk.Lookup) findStep {
	return func(ctx context.Context, limit int) (string, []any, error) {
		if l.Name == "" || l.After.ByEmail {
			return "", nil, nil
		}
		from, id, err := db.placeOf(ctx, "name_form", l.Name, l.After.Reader)
		return findColumns + `WHERE r.name_form <> '' AND (r.name_form, r.id) > ($1, $2) AND r.name_form < $3 AND NOT r.erased
			ORDER BY r.name_form, r.id LIMIT $4`, []any{from, id, l.Name + last, limit}, err
	}
}

// findEmails leaves out whom findNames found.
func (db *DB) findEmails(l desk.Lookup) findStep {
	return func(ctx context.Context, limit int) (string, []any, error) {
		if l.Email == "" {
			return "", nil, nil
		}
		after := l.After.Reader
		if !l.After.ByEmail {
			after = ""
		}
		form := db.bytewise("r.email_form")
		from, id, err := db.placeOf(ctx, "email_form", l.Email, after)
		args := []any{from, id, l.Email + last, limit}
		but := ""
		if l.Name != "" {
			but, args = `AND NOT (r.name_form >= $5 AND r.name_form < $6)`, append(args, l.Name, l.Name+last)
		}
		return findColumns + `WHERE (` + form + `, r.id) > ($1, $2) AND ` + form + ` < $3 AND NOT r.erased ` + but + `
			ORDER BY ` + form + `, r.id LIMIT $4`, args, err
	}
}

// placeOf is where a list begins: at a beginning, or behind a reader.
func (db *DB) placeOf(ctx context.Context, column, beginning, after string) (from, id string, err error) {
	if after == "" {
		return beginning, "", nil
	}
	none, err := missing(db.r(ctx).QueryRowContext(ctx, `SELECT `+column+` FROM readers WHERE id = $1`, after).Scan(&from))
	if err != nil {
		return "", "", fmt.Errorf("find readers: %w", err)
	}
	if none || !strings.HasPrefix(from, beginning) { // erased or renamed meanwhile
		return beginning, "", nil
	}
	return from, after, nil
}

// byStripe is the query for a kind of Stripe's ids. A charge stands in what went
// back only; Stripe itself knows the others.
var byStripe = map[string]string{
	"cus": `SELECT reader_id FROM customers WHERE id = $1`,
	"sub": `SELECT reader_id FROM subscriptions WHERE id = $1`,
	"in":  `SELECT reader_id FROM invoices WHERE id = $1`,
	"cs":  `SELECT reader_id FROM checkouts WHERE session_id = $1 UNION SELECT reader_id FROM gifts WHERE session_id = $1 AND reader_id IS NOT NULL`,
}

func (db *DB) readersByStripe(ctx context.Context, id string) ([]string, error) {
	kind, _, _ := strings.Cut(id, "_")
	query, ok := byStripe[kind]
	if !ok {
		return nil, nil
	}
	return all(ctx, db, "find readers", scanText, query, id)
}

// readersByGift are who gave a gift and who has it.
func (db *DB) readersByGift(ctx context.Context, hash string) ([]string, error) {
	return all(ctx, db, "find readers", scanText, `
		SELECT reader_id FROM gifts WHERE code_hash = $1 AND reader_id IS NOT NULL
		UNION SELECT reader_id FROM gift_redemptions WHERE gift IN (SELECT id FROM gifts WHERE code_hash = $1)`, hash)
}

// addSubscriptions fills in what the readers bought.
func (db *DB) addSubscriptions(ctx context.Context, found []desk.Found) error {
	if len(found) == 0 {
		return nil
	}
	at := map[string]int{}
	ids := make([]string, len(found))
	for i, f := range found {
		at[f.ID], ids[i] = i, f.ID
	}
	subs, err := all(ctx, db, "find readers", scanSubscription, `
		SELECT `+subscriptionColumns+` FROM subscriptions WHERE reader_id IN (`+list(1, len(ids))+`) ORDER BY started_at, id`, texts(nil, ids)...)
	for _, s := range subs {
		f := &found[at[s.ReaderID]]
		f.Subs = append(f.Subs, s)
	}
	return err
}

// StatesOf is every state that a reader's subscriptions were in, as the paper
// knew it, the oldest first.
func (db *DB) StatesOf(ctx context.Context, readerID string) ([]billing.Span, error) {
	return all(ctx, db, "subscription states", func(rows *sql.Rows) (s billing.Span, err error) {
		var doc string
		var from, to sql.NullInt64
		if err := rows.Scan(&doc, &from, &to); err != nil {
			return s, err
		}
		s.From, s.To = unstamp(from), unstamp(to)
		return s, json.Unmarshal([]byte(doc), &s.Subscription)
	}, `SELECT doc, from_at, to_at FROM subscription_states WHERE reader_id = $1 ORDER BY subscription, rev`, readerID)
}

// RoleAt is the role of the desk that a reader had at that instant; "" for none.
func (db *DB) RoleAt(ctx context.Context, readerID string, at time.Time) (role reader.Role, err error) {
	_, err = missing(db.r(ctx).QueryRowContext(ctx, `
		SELECT role FROM staff WHERE reader_id = $1 AND from_at <= $2 AND (to_at IS NULL OR to_at > $2)`, readerID, stamp(at)).Scan(&role))
	if err != nil {
		return "", fmt.Errorf("role: %w", err)
	}
	return role, nil
}
