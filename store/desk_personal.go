package store

import (
	"context"
	"time"
)

// deskTables are the tables of second factors. The record is none of them: it
// names people by their ids alone, which lead to nobody once an account is
// erased.
var deskTables = []string{"staff_totp", "staff_passkeys", "staff_recovery"}

type deskData struct{ db *DB }

// DeskData registers export, erase and merge for second factors.
func (db *DB) DeskData() Personal { return deskData{db} }

func (deskData) Tables() []string { return deskTables }

type exportedFactor struct {
	Kind  string    `json:"kind"`
	Name  string    `json:"name,omitempty"`
	Added time.Time `json:"added"`
	Used  time.Time `json:"last_used,omitzero"`
}

// Export tells which factors there are, and nothing that could be shown as one.
func (d deskData) Export(ctx context.Context, readerID string) (map[string]any, error) {
	had, err := d.db.FactorsOf(ctx, readerID)
	if err != nil || !had.Any() && had.Recovery == 0 {
		return nil, err
	}
	factors := []exportedFactor{}
	if !had.TOTP.IsZero() {
		factors = append(factors, exportedFactor{Kind: "authenticator app", Added: had.TOTP})
	}
	for _, k := range had.Passkeys {
		factors = append(factors, exportedFactor{Kind: "passkey", Name: k.Name, Added: k.Added, Used: k.Used})
	}
	return map[string]any{"second_factors": factors, "recovery_codes_left": had.Recovery}, nil
}

// Erase takes the factors away. What the desk did stays on record.
func (d deskData) Erase(ctx context.Context, readerID string) error {
	_, err := d.db.DropFactors(ctx, readerID)
	return err
}

// Merge ends the factors of the account that ends: they belong to a role, and
// roles do not travel.
func (d deskData) Merge(ctx context.Context, from, _ string) error { return d.Erase(ctx, from) }
