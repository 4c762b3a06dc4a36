package static

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
)

// squeeze drops comments and idle white space from a sheet. It leaves strings alone, keeps the spaces that mean
// something (in selectors, around + and - in calc()) and knows nothing else of the language, so that it can't be wrong
// about it. Brotli does the rest.
func squeeze(css []byte) []byte {
	out := make([]byte, 0, len(css))
	gap := false // white space or a comment was passed since the last byte kept
	for i := 0; i < len(css); {
		switch c := css[i]; {
		case c == '/' && i+1 < len(css) && css[i+1] == '*':
			end := bytes.Index(css[i+2:], []byte("*/"))
			if end < 0 {
				return out
			}
			i += end + 4
			gap = true
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			gap = true
			i++
		default:
			if gap && len(out) > 0 && !standsAlone(out[len(out)-1]) && !standsAlone(c) {
				out = append(out, ' ')
			}
			gap = false
			n := stringLen(css[i:])
			out = append(out, css[i:i+n]...)
			i += n
		}
	}
	return out
}

// standsAlone reports whether white space beside the byte never means anything in CSS.
func standsAlone(c byte) bool { return c == '{' || c == '}' || c == ';' || c == ',' }

// stringLen returns the length of the quoted string that css begins with, or 1.
func stringLen(css []byte) int {
	quote := css[0]
	if quote != '"' && quote != '\'' {
		return 1
	}
	for i := 1; i < len(css); i++ {
		switch css[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(css)
}

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// AccentCSS returns the sheet that gives a publication its own accent: to be loaded after css/paper.css, which mixes all
// shades of the accent from the two properties set here. Both colours are #rrggbb; light stands on white paper, dark on
// a dark page. The text on a filled button becomes white or near-black, whichever is read more easily. A colour of any
// other form yields nil, and the paper keeps the accent of its tokens.
func AccentCSS(light, dark string) []byte {
	if !ValidColour(light) || !ValidColour(dark) {
		return nil
	}
	set := func(colour string) string {
		return ":root{--accent:" + colour + ";--on-accent:" + TextOn(colour) + "}"
	}
	// Paper printed from a dark screen forgets the accent in the tokens; screen keeps it that way.
	return []byte("@media screen{" + set(light) + "}@media screen and (prefers-color-scheme:dark){" + set(dark) + "}")
}

// ValidColour reports whether s is #rrggbb, the one form that colours of a publication may have.
func ValidColour(s string) bool { return hexColour.MatchString(s) }

// TextOn returns white or near-black, whichever contrasts more with the #rrggbb colour (WCAG 2.2, contrast ratio).
func TextOn(colour string) string {
	const white, black = "#ffffff", "#10171e"
	if contrast(white, colour) >= contrast(black, colour) {
		return white
	}
	return black
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance of a #rrggbb colour, 0 for black to 1 for white.
func luminance(colour string) float64 {
	channel := func(hex string) float64 {
		n, err := strconv.ParseUint(hex, 16, 8)
		if err != nil {
			return 0 // ValidColour has let it through, so this can't be
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(colour[1:3]) + 0.7152*channel(colour[3:5]) + 0.0722*channel(colour[5:7])
}
