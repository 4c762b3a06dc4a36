// Package archive is the form of a backup: one ZIP file that holds every table
// as lines of JSON, every picture as it is, and a manifest that says what ought
// to be there. The form is neither engine's own, so that what was taken from
// one can be put into the other.
//
// The package knows rows, files, sums and names. It refuses to know SQL, where
// a database lies, and what a table means; whoever has rows is a Source.
package archive

import (
	"context"
	"fmt"
	"time"
)

// Format is the form of the archives that this program writes and reads.
const Format = 1

// Kind is what a column holds, in words that both engines share.
type Kind string

// The kinds.
const (
	Int   Kind = "int"
	Text  Kind = "text"
	Bool  Kind = "bool"
	Bytes Kind = "bytes"
	Real  Kind = "real"
)

// Column is one column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table's name and its columns, in the order of a row's values.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Source is the content of a paper's tables, all of one moment. Values are nil,
// int64, string, bool, []byte or float64, and are good until row returns.
type Source interface {
	Tables() []Table
	Each(ctx context.Context, table string, row func(values []any) error) error
}

// About is what an archive says of where it comes from.
type About struct {
	Program string    `json:"program"` // the version that wrote it
	Schema  int64     `json:"schema"`  // the number of the database's last migration
	Engine  string    `json:"engine"`  // sqlite or postgres
	Made    time.Time `json:"made"`    // wall time, UTC
}

// Manifest says what an archive holds. It is the archive's last file.
type Manifest struct {
	Format int `json:"format"`
	About
	Tables []TableEntry `json:"tables"`
	Files  []FileEntry  `json:"files"` // all but the manifest itself
}

// TableEntry is one table. Content is a sum over its rows that does not depend
// on their order, so that a database can be compared with an archive.
type TableEntry struct {
	Table
	Rows    int64  `json:"rows"`
	Content string `json:"content"`
}

// FileEntry is one file of the archive.
type FileEntry struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows is how many rows all tables have together.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Media is how many pictures there are.
func (m Manifest) Media() int { return len(m.Files) - len(m.Tables) }

const (
	manifestName = "manifest.json"
	tablePrefix  = "tables/"
	tableSuffix  = ".ndjson"
	mediaPrefix  = "media/"
)

func tableFile(name string) string { return tablePrefix + name + tableSuffix }

// Damaged is an archive that is not as its manifest says, or as any archive is.
type Damaged struct{ What string }

func (d Damaged) Error() string { return "the archive is damaged: " + d.What }

func damaged(format string, args ...any) error { return Damaged{fmt.Sprintf(format, args...)} }

// Compare reads a source whole and reports the first table that is not as the
// manifest says: a row too many, too few or different.
func Compare(ctx context.Context, m Manifest, with Source) error {
	for _, t := range m.Tables {
		var sum digest
		var line []byte
		err := with.Each(ctx, t.Name, func(values []any) (err error) {
			if line, err = appendRow(line[:0], t.Columns, values); err == nil {
				sum.add(line)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("compare %s: %w", t.Name, err)
		}
		if sum.rows != t.Rows {
			return fmt.Errorf("table %s has %d rows and ought to have %d", t.Name, sum.rows, t.Rows)
		}
		if sum.String() != t.Content {
			return fmt.Errorf("table %s has the right number of rows, but they differ", t.Name)
		}
	}
	return nil
}
