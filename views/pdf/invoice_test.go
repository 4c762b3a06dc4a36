package pdf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"broadsheet/views"
	"broadsheet/views/pdf"
)

var update = flag.Bool("update", false, "write the golden files anew")

var made = time.Date(2024, 4, 3, 9, 0, 0, 0, time.UTC)

func sheet() views.Sheet {
	return views.Sheet{
		Paper: "The Example", Accent: "#a3125f", Language: "en", Title: "Receipt 0A1B-0001",
		State: "Paid on 3 April 2024. €3.50 of it went back.",
		From:  []string{"Example Press", "24 Ladder Quay", "0000 XX Haverdam", "desk@example.org"},
		To:    []string{"Siobhán O’Brien-Łukaszewicz", "Straße 1", "Århus"},
		Dates: []views.SheetFact{{Name: "Date", Text: "3\u00a0April 2024"}, {Name: "Paid", Text: "3\u00a0April 2024"}},
		Lines: []views.SheetLine{
			{Text: "1 × Print + Digital", Note: "3\u00a0April 2024 to 3\u00a0May 2024", Sum: "€14.00"},
			{Text: "Discount", Sum: "−€1.11"},
		},
		Sums: []views.SheetLine{
			{Text: "Total", Sum: "€12.89", Bold: true}, {Text: "Paid", Sum: "€12.89"},
			{Text: "Credit: Edition 403 did not arrive", Note: "Credited on 11\u00a0April 2024", Sum: "−€3.50"},
			{Text: "Remains paid", Sum: "€9.39", Bold: true},
		},
	}
}

func drawn(t *testing.T, s views.Sheet) []byte {
	t.Helper()
	raw, err := pdf.Invoice(s, made)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The same rows give the same bytes, today and in any order of maps.
func TestTheSameSheetIsTheSameFile(t *testing.T) {
	t.Parallel()
	first := drawn(t, sheet())
	for range 5 {
		if !bytes.Equal(first, drawn(t, sheet())) {
			t.Fatal("two drawings differ")
		}
	}
	golden := filepath.Join("testdata", "invoice.txt")
	got := words(t, first)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("it says\n%s\nand should say\n%s", got, want)
	}
	for _, s := range []string{"/Title", "/Lang (en)", "D:20240403090000"} {
		if !bytes.Contains(first, []byte(s)) {
			t.Errorf("no %s in the file", s)
		}
	}
}

// Whatever a name is written in, something stands there.
func TestNoLetterVanishes(t *testing.T) {
	t.Parallel()
	s := sheet()
	s.To = []string{"Nguyễn Thị Ánh", "Δημήτρης", "Дмитрий", "Zoe\u0308", "大谷", "a\tb\u200bc", "🌊"}
	got := words(t, drawn(t, s))
	for _, want := range []string{"Nguyễn Thị Ánh", "Δημήτρης", "Дмитрий", "Zoë", "??", "a bc", "\n?\n", pdf.Poor} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	s.To = s.To[:4]
	if got := words(t, drawn(t, s)); strings.Contains(got, pdf.Poor) {
		t.Error("it says that a letter is missing, and none is")
	}
}

func TestALongInvoiceTurnsThePage(t *testing.T) {
	t.Parallel()
	s := sheet()
	s.State = strings.Repeat("A sentence that goes on. ", 20)
	s.To = append(s.To, strings.Repeat("unbroken", 40))
	for range 80 {
		s.Lines = append(s.Lines, s.Lines[0])
	}
	raw := drawn(t, s)
	got := words(t, raw)
	n := strings.Count(got, "of ") // in the feet
	if pages := len(regexp.MustCompile(`/Type /Page\n`).FindAll(raw, -1)); pages < 3 || !strings.Contains(got, "Page 1 of "+strconv.Itoa(pages)) || n < pages {
		t.Errorf("%d pages:\n%s", pages, got)
	}
	if joined := strings.ReplaceAll(got, "\n", ""); !strings.Contains(joined, strings.Repeat("unbroken", 40)) {
		t.Error("a long word lost letters")
	}
	if strings.Count(got, "1 × Print + Digital") != 81 {
		t.Error("lines were lost between pages")
	}
}

func TestAnEmptySheetIsAFileToo(t *testing.T) {
	t.Parallel()
	if raw, err := pdf.Invoice(views.Sheet{}, time.Time{}); err != nil || !bytes.HasPrefix(raw, []byte("%PDF-")) {
		t.Error(err)
	}
}

var (
	streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	placed  = regexp.MustCompile(`(?s)([\d.]+) ([\d.]+) Td (?:\((.*?)\)|<([0-9A-Fa-f]*)>) Tj`)
)

// words is the text of a file, a line for each baseline, as a program that
// copies it finds it: fpdf writes UTF-16 under Identity-H with a ToUnicode of
// the same numbers.
func words(t *testing.T, raw []byte) string {
	t.Helper()
	var out strings.Builder
	at := ""
	for _, m := range streams.FindAllSubmatch(raw, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		page, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(page, []byte(" Tj")) {
			continue
		}
		for _, p := range placed.FindAllSubmatch(page, -1) {
			code := unescaped(p[3])
			if len(p[4]) > 0 {
				code, _ = hex.DecodeString(string(p[4]))
			}
			if string(p[2]) != at && at != "" {
				out.WriteByte('\n')
			}
			at = string(p[2])
			for i := 0; i+1 < len(code); i += 2 {
				out.WriteRune(rune(code[i])<<8 | rune(code[i+1]))
			}
		}
	}
	return out.String() + "\n"
}

// unescaped reads a string as PDF writes it between brackets.
func unescaped(raw []byte) (out []byte) {
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
			if raw[i] == 'r' {
				out = append(out, '\r')
				continue
			}
		}
		out = append(out, raw[i])
	}
	return out
}
