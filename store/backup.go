package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// LastBackup is what is known of the newest backup that was made of this paper.
// A backup that failed its trial restore is none.
type LastBackup struct {
	File     string    `json:"file"`  // where it was written
	Bytes    int64     `json:"bytes"` // its size
	Rows     int64     `json:"rows"`
	Media    int       `json:"media"`    // pictures
	Made     time.Time `json:"made"`     // the moment that it holds, wall time
	Verified time.Time `json:"verified"` // when its trial restore was complete, wall time
}

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
