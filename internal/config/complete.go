package config

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// kept is what a development paper makes up once and keeps.
type kept struct {
	AppSecret     string `json:"app_secret"`
	WebhookSecret string `json:"stripe_webhook_secret"`
	StandinKey    string `json:"standin_secret_key"`
}

// Complete gives a development paper the secrets that were not set: made once
// and kept in secrets.json beside the database, readable by its owner only. In
// production it does nothing; Load has refused what is missing there.
func (c *Config) Complete() error {
	if !c.IsDevelopment() {
		return nil
	}
	path := filepath.Join(c.DataDir(), "secrets.json")
	k, err := keep(path)
	if err != nil {
		return fmt.Errorf("the secrets of this development paper cannot be kept in %s: %w", path, err)
	}
	for _, s := range []struct {
		field *Secret
		made  string
	}{{&c.AppSecret, k.AppSecret}, {&c.WebhookSecret, k.WebhookSecret}, {&c.StripeKey, k.StandinKey}} {
		if s.field.IsZero() {
			*s.field = NewSecret(s.made)
		}
	}
	return nil
}

// keep reads the secrets at path and makes those that are missing.
func keep(path string) (kept, error) {
	var k kept
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err == nil {
		if err := json.Unmarshal(raw, &k); err != nil {
			return k, fmt.Errorf("it is damaged: %w", err)
		}
	}
	before := k
	for _, s := range []struct {
		value  *string
		prefix string
	}{{&k.AppSecret, ""}, {&k.WebhookSecret, "whsec_"}, {&k.StandinKey, "sk_test_"}} {
		if *s.value == "" {
			*s.value = s.prefix + strings.ToLower(rand.Text()+rand.Text())
		}
	}
	if k == before {
		return k, nil
	}
	return k, write(path, k)
}

// write replaces the file in one step; two programs that start at once must not
// read halves.
func write(path string, k kept) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".secrets-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(raw, '\n')); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
