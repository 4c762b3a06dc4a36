package journey

import (
	"context"
	"time"

	"broadsheet/reader"
)

// TryCode counts a code that was typed, or refuses: codes can be guessed.
func (c *Checkout) TryCode(ctx context.Context, network string, wall time.Time) error {
	return reader.TakeFrom(ctx, c.parts.Store, c.parts.Keys, reader.CodesFromNetwork, network,
		"Many codes were tried from your network. Please try again in %s, or go on without one.", wall)
}
