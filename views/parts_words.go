package views

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"broadsheet/billing"
	"broadsheet/news"
)

// measures are the width and height of a picture, left out when they aren't known.
func measures(fig news.Figure) templ.OrderedAttributes {
	if fig.Width <= 0 || fig.Height <= 0 {
		return nil
	}
	a := templ.OrderedAttributes{
		{Key: "width", Value: itoa(fig.Width)},
		{Key: "height", Value: itoa(fig.Height)},
	}
	if fig.Set != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "srcset", Value: fig.Set}, templ.KeyValue[string, any]{Key: "sizes", Value: pictureSizes})
	}
	return a
}

// pictureSizes is about how wide a picture stands: most of a wide screen, all of a narrow one.
const pictureSizes = "(min-width: 64rem) 60rem, 100vw"

// describedBy names the hint of a field, and its error first when there is one.
func describedBy(id, err string) string {
	if err != "" {
		return id + "-err " + id + "-hint"
	}
	return id + "-hint"
}

// stripText is the strip's own text, or the least that a plan costs.
func stripText(f Frame, c billing.Catalogue) string {
	if f.Paper.Strip.Text != "" {
		return f.Paper.Strip.Text
	}
	plan := cheapest(c)
	if plan == nil {
		return ""
	}
	price := priceOf(*plan, billing.Monthly)
	return plan.Name + " is " + moneyShort(price.Money) + " " + each(price.Interval) + "."
}

// mailEscape writes a text for a mailto: address, where a space is %20 and never +.
func mailEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// noteLines are the lines of a house note.
func noteLines(n news.Note) []string {
	var lines []string
	for _, line := range strings.Split(n.Text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// backOr is the way back, or the front page.
func backOr(path string) string { return firstOf(path, FrontPath) }
