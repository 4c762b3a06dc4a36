package store

import "time"

// SetPatience makes a write wait no longer for the writer than this.
func SetPatience(db *DB, d time.Duration) { db.patience = d }
