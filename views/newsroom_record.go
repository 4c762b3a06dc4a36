package views

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"broadsheet/desk"
)

// RecordPage is the record of what the desk changed, searched.
type RecordPage struct {
	DeskFrame
	Rows    []RecordRow
	Pager   Pager
	Chain   desk.Chain
	Search  RecordForm
	People  []Option // who of the desk is on record
	CheckIn string   // address that checks the whole record; "" when that was done
}

// RecordForm is what was searched for, as typed.
type RecordForm struct {
	Who, Kind, Subject, ID, From, To string
	FromError, ToError               string // what is wrong with a date
}

// RecordRow is an entry with the names of today.
type RecordRow struct {
	desk.Entry
	Who  string // "somebody who was erased" where no name is left
	What string // the subject's name, where it has one
}

// diff is what an entry changed: a line for each thing that differs.
type diff struct{ Name, Before, After string }

// diffs reads before and after as JSON objects. What is none is shown as it is.
func (r RecordRow) diffs() []diff {
	before, after := fields(r.Before), fields(r.After)
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []diff
	for _, name := range names {
		if before[name] != after[name] {
			all = append(all, diff{Name: name, Before: before[name], After: after[name]})
		}
	}
	return all
}

// fields are the values of a JSON object, as text.
func fields(doc string) map[string]string {
	out := map[string]string{}
	if doc == "" {
		return out
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(doc), &parts); err != nil {
		out[""] = doc
		return out
	}
	for name, raw := range parts {
		out[name] = strings.Trim(string(raw), `"`)
	}
	return out
}

// became is what a value is now, or the word for none.
func (d diff) became() string { return firstOf(d.After, "nothing") }

// said is the verb of an entry in words: "staff.role" is "Staff: role".
func (r RecordRow) said() string {
	subject, verb, ok := strings.Cut(r.Kind, ".")
	if !ok {
		return sentence(r.Kind)
	}
	return sentence(subject) + ": " + strings.ReplaceAll(verb, ".", ", ")
}

// chainWords says whether the record holds together.
func (p RecordPage) chainWords() string {
	c := p.Chain
	switch {
	case c.Broken != "":
		return "The record does not hold together: " + c.Broken + ". Somebody has changed the database outside of the paper."
	case c.Checked == 0:
		return "Nothing is on record yet."
	case c.Whole && c.Checked == 1:
		return "Unbroken since " + p.moment(c.Since) + ": its one entry was checked just now."
	case c.Whole:
		return "Unbroken since " + p.moment(c.Since) + ": all " + thousands(c.Checked) + " " + plural(int(c.Checked), "entry") + " were checked just now."
	}
	return "Unbroken since " + p.moment(c.Since) + ", as far as the newest " + thousands(c.Checked) + " of " + thousands(c.Total) + " entries go, which were checked just now."
}

// both says an instant in wall time, and in paper time where the two differ.
func (r RecordRow) apart() bool {
	d := r.Paper.Sub(r.Wall)
	return d > time.Minute || d < -time.Minute
}

func thousandsPlain(n int64) string { return itoa(int(n)) }
