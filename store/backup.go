package store

import (
	"broadsheet/desk"
	"context"
	"encoding/json"
	"fmt"
)

// LastBackup is what is known of the newest backup that was made of this paper.
type LastBackup = desk.Backup

const backupMark = "last backup"

// LastBackup is the newest backup; false if none was ever made.
func (db *DB) LastBackup(ctx context.Context) (LastBackup, bool, error) {
	var last LastBackup
	raw, err := db.Mark(ctx, backupMark)
	if err != nil || raw == "" {
		return last, false, err
	}
	if err := json.Unmarshal([]byte(raw), &last); err != nil {
		return last, false, fmt.Errorf("last backup: %w", err)
	}
	return last, true, nil
}

// NoteBackup remembers a backup, in place of the last.
func (db *DB) NoteBackup(ctx context.Context, b LastBackup) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return db.SetMark(ctx, backupMark, string(raw))
}
