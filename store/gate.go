package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"broadsheet/paywall"
)

// GateRules are the rules in force at that instant; the defaults where none
// were ever set.
func (db *DB) GateRules(ctx context.Context, at time.Time) (paywall.Rules, error) {
	var doc string
	none, err := missing(db.r(ctx).QueryRowContext(ctx, `
		SELECT doc FROM gate_rules WHERE from_at <= $1 AND (to_at IS NULL OR to_at > $1)
		ORDER BY from_at DESC LIMIT 1`, stamp(at)).Scan(&doc))
	if err != nil {
		return paywall.Rules{}, fmt.Errorf("gate rules: %w", err)
	}
	rules := paywall.DefaultRules()
	if none {
		return rules, nil
	}
	if err := json.Unmarshal([]byte(doc), &rules); err != nil {
		return paywall.Rules{}, fmt.Errorf("gate rules: %w", err)
	}
	return rules, nil
}

// SetGateRules ends the rules of today and begins these. Nothing is overwritten.
func (db *DB) SetGateRules(ctx context.Context, rules paywall.Rules, at time.Time) error {
	doc, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(ctx context.Context) error {
		if _, err := db.w(ctx).ExecContext(ctx, `UPDATE gate_rules SET to_at = $1 WHERE to_at IS NULL`, stamp(at)); err != nil {
			return fmt.Errorf("set gate rules: %w", err)
		}
		if _, err := db.w(ctx).ExecContext(ctx, `
			INSERT INTO gate_rules (from_at, to_at, doc) VALUES ($1, NULL, $2)
			ON CONFLICT (from_at) DO UPDATE SET doc = excluded.doc, to_at = NULL`, stamp(at), string(doc)); err != nil {
			return fmt.Errorf("set gate rules: %w", err)
		}
		return nil
	})
}

// AddGiftLink keeps a link that opens one story until it ends. Only the
// token's hash is kept.
func (db *DB) AddGiftLink(ctx context.Context, token, story, reader string, from, to time.Time) error {
	_, err := db.w(ctx).ExecContext(ctx, `
		INSERT INTO gift_links (token_hash, story, reader_id, from_at, to_at) VALUES ($1, $2, $3, $4, $5)`,
		hashToken(token), story, reader, stamp(from), stamp(to))
	if err != nil {
		return fmt.Errorf("add gift link: %w", err)
	}
	return nil
}

// GiftOpens reports whether the token opens that story at that instant.
func (db *DB) GiftOpens(ctx context.Context, token, story string, at time.Time) (bool, error) {
	var n int
	err := db.r(ctx).QueryRowContext(ctx, `
		SELECT count(*) FROM gift_links WHERE token_hash = $1 AND story = $2 AND from_at <= $3 AND to_at > $3`,
		hashToken(token), story, stamp(at)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("gift link: %w", err)
	}
	return n > 0, nil
}

// hashToken is how a secret of enough entropy is kept.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
