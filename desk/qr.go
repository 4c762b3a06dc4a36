package desk

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// QR is a square of dark and light modules.
type QR struct {
	Size int    // modules on a side, without the quiet zone
	Path string // the dark modules as an SVG path, one unit a module
}

// newQR draws a text as a QR code.
func newQR(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return QR{}, fmt.Errorf("QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	return QR{Size: code.Size, Path: path.String()}, nil
}
