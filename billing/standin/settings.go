package standin

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// dunning is what happens to a renewal that fails: after how many days it is
// tried again, and what becomes of the subscription when the last try fails.
type dunning struct {
	Retries []int  `json:"retries"` // days after the attempt before
	Then    string `json:"then"`    // cancel, unpaid or past_due
}

var defaultDunning = dunning{Retries: []int{3, 5, 7}, Then: "cancel"}

func (w *work) dunning() (dunning, error) {
	var raw []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT value FROM settings WHERE name = 'dunning'`).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return defaultDunning, nil
	}
	if err != nil {
		return dunning{}, fmt.Errorf("read settings: %w", err)
	}
	var d dunning
	return d, json.Unmarshal(raw, &d)
}

func (w *work) setDunning(d dunning) error {
	_, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO settings (name, value) VALUES ('dunning', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		string(encode(d)))
	return err
}
