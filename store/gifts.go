package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"broadsheet/billing"
)

const giftColumns = `id, rev, reader_id, buyer_name, buyer_email, buyer_form, visitor, plan, lookup_key, months, amount, currency,
	to_name, to_email, message, deliver_at, state, serial, code_hash, sending, session_id, customer, charge, invoice, number,
	receipt, refund, created_at, paid_at, sent_at, closed_at, dispute, failure`

func scanGift(rows *sql.Rows) (g billing.Gift, err error) {
	var buyer, hash, session sql.NullString
	var dispute string
	var t [5]sql.NullInt64
	err = rows.Scan(&g.ID, &g.Rev, &buyer, &g.Buyer.Name, &g.Buyer.Email, &g.BuyerForm, &g.Visitor, &g.Plan, &g.LookupKey, &g.Months,
		&g.Money.Amount, &g.Money.Currency, &g.To.Name, &g.To.Email, &g.Message, &t[0], &g.State, &g.Serial, &hash, &g.Sending,
		&session, &g.Customer, &g.Charge, &g.Invoice, &g.Number, &g.Receipt, &g.Refund, &t[1], &t[2], &t[3], &t[4],
		&dispute, &g.Failure)
	g.ReaderID, g.CodeHash, g.SessionID = buyer.String, hash.String, session.String
	for i, to := range []*time.Time{&g.DeliverAt, &g.Created, &g.Paid, &g.Sent, &g.Closed} {
		*to = unstamp(t[i])
	}
	if err == nil && dispute != "" {
		err = json.Unmarshal([]byte(dispute), &g.Dispute)
	}
	return g, err
}

// giftDispute is how a gift keeps its dispute; "" for none.
func giftDispute(d billing.GiftDispute) string {
	if d == (billing.GiftDispute{}) {
		return ""
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and a time
	}
	return string(text)
}

func giftValues(g billing.Gift) []any {
	return []any{
		g.ID, g.Rev, nullable(g.ReaderID != "", g.ReaderID), g.Buyer.Name, g.Buyer.Email, g.BuyerForm, g.Visitor, g.Plan, g.LookupKey, g.Months,
		g.Money.Amount, g.Money.Currency, g.To.Name, g.To.Email, g.Message, stamp(g.DeliverAt), string(g.State), g.Serial,
		nullable(g.CodeHash != "", g.CodeHash), g.Sending, nullable(g.SessionID != "", g.SessionID), g.Customer, g.Charge, g.Invoice, g.Number,
		g.Receipt, g.Refund, stamp(g.Created), stamp(g.Paid), stamp(g.Sent), stamp(g.Closed), giftDispute(g.Dispute), g.Failure,
	}
}

// AddGift keeps a new gift.
func (db *DB) AddGift(ctx context.Context, g billing.Gift) error {
	_, err := db.exec(ctx, "add gift", `
		INSERT INTO gifts (`+giftColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
			$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`, giftValues(g)...)
	return err
}

// ChangeGift writes a gift unless somebody did since it was read. What was sold,
// to whom and when it was begun does not change.
func (db *DB) ChangeGift(ctx context.Context, g billing.Gift) (bool, error) {
	n, err := db.exec(ctx, "change gift", `
		UPDATE gifts SET rev = rev + 1, to_name = $3, to_email = $4, message = $5, deliver_at = $6, state = $7, serial = $8, code_hash = $9,
			sending = $10, session_id = $11, customer = $12, charge = $13, invoice = $14, number = $15, receipt = $16, refund = $17,
			paid_at = $18, sent_at = $19, closed_at = $20, dispute = $21, failure = $22
		WHERE id = $1 AND rev = $2`,
		g.ID, g.Rev, g.To.Name, g.To.Email, g.Message, stamp(g.DeliverAt), string(g.State), g.Serial, nullable(g.CodeHash != "", g.CodeHash),
		g.Sending, nullable(g.SessionID != "", g.SessionID), g.Customer, g.Charge, g.Invoice, g.Number, g.Receipt, g.Refund,
		stamp(g.Paid), stamp(g.Sent), stamp(g.Closed), giftDispute(g.Dispute), g.Failure)
	return n == 1, err
}

func (db *DB) aGift(ctx context.Context, where string, arg any) (billing.Gift, bool, error) {
	return one(all(ctx, db, "gift", scanGift, `SELECT `+giftColumns+` FROM gifts WHERE `+where, arg))
}

// GiftByID finds a gift.
func (db *DB) GiftByID(ctx context.Context, id string) (billing.Gift, bool, error) {
	return db.aGift(ctx, `id = $1`, id)
}

// GiftBySession finds a gift by its Checkout Session.
func (db *DB) GiftBySession(ctx context.Context, session string) (billing.Gift, bool, error) {
	return db.aGift(ctx, `session_id = $1`, session)
}

// GiftByCode finds a gift by the hash of its code.
func (db *DB) GiftByCode(ctx context.Context, hash string) (billing.Gift, bool, error) {
	return db.aGift(ctx, `code_hash = $1`, hash)
}

// boughtBy are the gifts of a reader: those of the account, and those that the
// address bought which the account has proven to be its own.
const boughtBy = `(reader_id = $1 OR reader_id IS NULL AND buyer_form <> ''
	AND buyer_form = (SELECT email_form FROM readers WHERE id = $1 AND verified_at IS NOT NULL))`

// GiftsBoughtBy lists what a reader gave, the newest first.
func (db *DB) GiftsBoughtBy(ctx context.Context, readerID string) ([]billing.Gift, error) {
	return all(ctx, db, "gifts", scanGift, `
		SELECT `+giftColumns+` FROM gifts WHERE `+boughtBy+` AND state <> 'open' ORDER BY created_at DESC, id DESC`, readerID)
}

// OpenGifts walks the gifts that wait for their payment.
func (db *DB) OpenGifts(ctx context.Context, after string, n int) ([]billing.Gift, error) {
	return all(ctx, db, "gifts", scanGift, `SELECT `+giftColumns+` FROM gifts WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2`, after, n)
}

// ForgetGifts drops what leads to a recipient from gifts that were sent or
// closed before the one time, and what was begun before the other and never paid.
func (db *DB) ForgetGifts(ctx context.Context, sentBefore, begunBefore time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.exec(ctx, "forget gifts", `
			UPDATE gifts SET to_name = '', to_email = '', message = '', rev = rev + 1
			WHERE coalesce(closed_at, sent_at) < $1 AND (to_name <> '' OR to_email <> '' OR message <> '')`, stamp(sentBefore)); err != nil {
			return err
		}
		_, err := db.exec(ctx, "forget gifts", `DELETE FROM gifts WHERE state = 'open' AND created_at < $1`, stamp(begunBefore))
		return err
	})
}

const redemptionColumns = `gift, reader_id, at, from_at, to_at, ship_name, line1, line2, postal, city, country,
	push_sub, push_span, push_base, push_until, push_set, push_done`

func scanRedemption(rows *sql.Rows) (r billing.Redemption, err error) {
	var t [6]sql.NullInt64
	var span int64
	p := &r.Push
	err = rows.Scan(&r.Gift, &r.ReaderID, &t[0], &t[1], &t[2], &r.Ship.Name, &r.Ship.Line1, &r.Ship.Line2, &r.Ship.PostalCode, &r.Ship.City,
		&r.Ship.Country, &p.Subscription, &span, &t[3], &t[4], &t[5], &p.Done)
	p.Span = time.Duration(span) * time.Microsecond
	for i, to := range []*time.Time{&r.At, &r.From, &r.To, &p.Base, &p.Until, &p.Set} {
		*to = unstamp(t[i])
	}
	return r, err
}

// AddRedemption keeps who has a gift; a second one of a gift is an error.
func (db *DB) AddRedemption(ctx context.Context, r billing.Redemption) error {
	_, err := db.exec(ctx, "add redemption", `
		INSERT INTO gift_redemptions (`+redemptionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		r.Gift, r.ReaderID, stamp(r.At), stamp(r.From), stamp(r.To), r.Ship.Name, r.Ship.Line1, r.Ship.Line2, r.Ship.PostalCode, r.Ship.City,
		r.Ship.Country, r.Push.Subscription, r.Push.Span.Microseconds(), stamp(r.Push.Base), stamp(r.Push.Until), stamp(r.Push.Set), r.Push.Done)
	return err
}

// RedemptionOf finds who has a gift.
func (db *DB) RedemptionOf(ctx context.Context, gift string) (billing.Redemption, bool, error) {
	return one(all(ctx, db, "redemption", scanRedemption, `SELECT `+redemptionColumns+` FROM gift_redemptions WHERE gift = $1`, gift))
}

// RedemptionsOf lists the gifts that a reader has, the oldest first.
func (db *DB) RedemptionsOf(ctx context.Context, readerID string) ([]billing.Redemption, error) {
	return all(ctx, db, "redemptions", scanRedemption, `
		SELECT `+redemptionColumns+` FROM gift_redemptions WHERE reader_id = $1 ORDER BY at, gift`, readerID)
}

// SavePush keeps what a gift did to its reader's next payment.
func (db *DB) SavePush(ctx context.Context, gift string, p billing.GiftPush) error {
	_, err := db.exec(ctx, "save push", `
		UPDATE gift_redemptions SET push_sub = $2, push_span = $3, push_base = $4, push_until = $5, push_set = $6, push_done = $7 WHERE gift = $1`,
		gift, p.Subscription, p.Span.Microseconds(), stamp(p.Base), stamp(p.Until), stamp(p.Set), p.Done)
	return err
}

// GiftMoved reports whether a gift moved the subscription's next payment to that
// time.
func (db *DB) GiftMoved(ctx context.Context, subscription string, until time.Time) (bool, error) {
	_, ok, err := one(all(ctx, db, "moved payment", scanRedemption, `
		SELECT `+redemptionColumns+` FROM gift_redemptions WHERE push_sub = $1 AND push_set = $2 LIMIT 1`, subscription, stamp(until)))
	return ok, err
}

// saveGiftPrices makes these the gifts that a plan is sold as.
func (db *DB) saveGiftPrices(ctx context.Context, p billing.Plan) error {
	for _, g := range p.Gifts {
		if _, err := db.exec(ctx, "save gift price", `
			INSERT INTO gift_prices (lookup_key, plan, months, amount, currency, sold) VALUES ($1, $2, $3, $4, $5, TRUE)
			ON CONFLICT (lookup_key) DO UPDATE SET plan = excluded.plan, months = excluded.months, amount = excluded.amount,
				currency = excluded.currency, sold = TRUE`,
			g.LookupKey, p.Key, g.Months, g.Money.Amount, g.Money.Currency); err != nil {
			return err
		}
	}
	return nil
}

// giftPrices lists the gifts that plans are sold as, the shorter first.
func (db *DB) giftPrices(ctx context.Context) (map[string][]billing.GiftPrice, error) {
	list, err := all(ctx, db, "gift prices", func(rows *sql.Rows) (g billing.GiftPrice, err error) {
		return g, rows.Scan(&g.LookupKey, &g.Plan, &g.Months, &g.Money.Amount, &g.Money.Currency)
	}, `SELECT lookup_key, plan, months, amount, currency FROM gift_prices WHERE sold ORDER BY plan, months`)
	of := map[string][]billing.GiftPrice{}
	for _, g := range list {
		of[g.Plan] = append(of[g.Plan], g)
	}
	return of, err
}
