package store

import (
	"context"
	"time"

	"broadsheet/billing"
)

// giftData is the hold on gifts, of those who gave and those who got one.
type giftData struct{ db *DB }

// GiftData registers export, erase and merge for gifts.
func (db *DB) GiftData() Personal { return giftData{db} }

func (giftData) Tables() []string { return []string{"gifts", "gift_redemptions"} }

type exportedGift struct {
	Plan      string        `json:"plan"`
	Months    int           `json:"months"`
	Money     billing.Money `json:"paid"`
	To        string        `json:"to_name,omitempty"`
	Email     string        `json:"to_email,omitempty"`
	Message   string        `json:"message,omitempty"`
	State     string        `json:"state"`
	Bought    time.Time     `json:"bought"`
	DeliverAt time.Time     `json:"deliver_at,omitzero"`
	Sent      time.Time     `json:"sent,omitzero"`
	Dispute   string        `json:"dispute,omitempty"`       // how it stands
	Failure   string        `json:"refund_failed,omitempty"` // why
}

type exportedRedemption struct {
	At   time.Time      `json:"redeemed"`
	From time.Time      `json:"from"`
	To   time.Time      `json:"to"`
	Ship billing.Postal `json:"ship,omitzero"`
}

func (d giftData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	bought, err := d.db.GiftsBoughtBy(ctx, readerID)
	if err != nil {
		return nil, err
	}
	had, err := d.db.RedemptionsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	gave, got := []exportedGift{}, []exportedRedemption{}
	for _, g := range bought {
		gave = append(gave, exportedGift{g.Plan, g.Months, g.Money, g.To.Name, g.To.Email, g.Message, string(g.State), g.Created, g.DeliverAt, g.Sent, g.Dispute.Status, g.Failure})
	}
	for _, r := range had {
		got = append(got, exportedRedemption{r.At, r.From, r.To, r.Ship})
	}
	return map[string]any{"gifts_given": gave, "gifts_received": got}, nil
}

// Erase removes the buyer's name and address, and from a gift that was sent the
// recipient's too. One that is paid for and waits for its day still goes out:
// it is somebody else's by now. A door is forgotten with who lived behind it.
func (d giftData) Erase(ctx context.Context, readerID string) error {
	return billingData{d.db}.each(ctx, "erase gifts", []string{
		`DELETE FROM gifts WHERE state = 'open' AND ` + boughtBy,
		`UPDATE gifts SET to_name = '', to_email = '', message = '', rev = rev + 1 WHERE (sent_at IS NOT NULL OR state <> 'paid') AND ` + boughtBy,
		`UPDATE gifts SET buyer_name = '', buyer_email = '', buyer_form = '', visitor = '', receipt = '', rev = rev + 1 WHERE ` + boughtBy,
		`UPDATE gift_redemptions SET ship_name = '', line1 = '', line2 = '', postal = '', city = '', country = '' WHERE reader_id = $1`,
	}, readerID)
}

// Merge moves what was given and what was got.
func (d giftData) Merge(ctx context.Context, from, into string) error {
	return billingData{d.db}.each(ctx, "merge gifts", []string{
		`UPDATE gifts SET reader_id = CAST($2 AS TEXT), rev = rev + 1 WHERE ` + boughtBy,
		`UPDATE gift_redemptions SET reader_id = $2 WHERE reader_id = $1`,
	}, from, into)
}
