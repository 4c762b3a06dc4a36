package views

import (
	"strings"

	"broadsheet/news"
)

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

func noteClass(k Kind) string {
	if k == Plain {
		return ""
	}
	return "note-" + string(k)
}

func pillClass(k Kind) string {
	if k == Plain {
		return ""
	}
	return "pill-" + string(k)
}

// footLine is the small print: who publishes, where, and what the paper says of itself.
func footLine(p news.Publication) string {
	var parts []string
	if p.Disclaimer != "" {
		parts = append(parts, p.Disclaimer)
	}
	lines := strings.Split(strings.TrimSpace(p.Address), "\n")
	if strings.TrimSpace(lines[0]) != p.Publisher { // an address often begins with who lives there
		lines = append([]string{p.Publisher}, lines...)
	}
	house := strings.Join(lines, ", ")
	if house = strings.Trim(house, ", "); house != "" {
		parts = append(parts, house+".")
	}
	return strings.Join(parts, " ")
}
