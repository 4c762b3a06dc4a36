package store

import (
	"context"

	"broadsheet/billing"
)

// backData is the billing room's hold on what went back of a reader's payments.
type backData struct{ db *DB }

// BackData registers export, erase and merge for refunds, credit notes and
// disputes.
func (db *DB) BackData() Personal { return backData{db} }

func (backData) Tables() []string {
	return []string{"credits", "credit_states", "refund_orders", "disputes", "dispute_states"}
}

func (d backData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	credits, err := d.db.CreditsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	disputes, err := d.db.DisputesOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"credits": append([]billing.Credit{}, credits...), "disputes": append([]billing.Dispute{}, disputes...)}, nil
}

// Erase empties what somebody wrote in their own words, and the way to Stripe's
// page. Sums and states stay, as the law of accounts wants it; without the
// account they name nobody here.
func (d backData) Erase(ctx context.Context, readerID string) error {
	return billingData{d.db}.each(ctx, "erase what went back", []string{
		`UPDATE credits SET reason = '' WHERE reader_id = $1`,
		`UPDATE credit_states SET doc = '' WHERE reader_id = $1`,
		`UPDATE refund_orders SET reason = '' WHERE reader_id = $1`,
		`UPDATE disputes SET url = '' WHERE reader_id = $1`,
		`UPDATE dispute_states SET doc = '' WHERE reader_id = $1`,
	}, readerID)
}

// Merge moves all of it.
func (d backData) Merge(ctx context.Context, from, into string) error {
	return billingData{d.db}.each(ctx, "merge what went back", []string{
		`UPDATE credits SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE credit_states SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE refund_orders SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE disputes SET reader_id = $2 WHERE reader_id = $1`,
		`UPDATE dispute_states SET reader_id = $2 WHERE reader_id = $1`,
	}, from, into)
}
