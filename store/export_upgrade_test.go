package store

import "io/fs"

// SetMigrations gives a database a program's migrations other than ours.
func SetMigrations(db *DB, steps fs.FS) { db.others = steps }
