package desk

import (
	"context"
	"fmt"
	"time"
)

// Chain is what a look at the record found.
type Chain struct {
	Total   int64
	Checked int64     // the newest so many
	Whole   bool      // from the first entry on
	Since   time.Time // wall time of the oldest that was checked
	Broken  string    // what is wrong; "" for nothing
}

// chainStore reads the record in its own order.
type chainStore interface {
	EntriesAfter(ctx context.Context, seq int64, limit int) ([]Entry, error)
	RecordHead(ctx context.Context) (seq int64, hash string, err error)
}

// chainBatch is how many entries are read at once.
const chainBatch = 2000

// CheckChain follows the record through its newest entries, most of them; 0 is
// all. Where it begins behind the first entry it takes that entry's hash of the
// one before on trust.
func CheckChain(ctx context.Context, store chainStore, most int64) (Chain, error) {
	head, hash, err := store.RecordHead(ctx)
	if err != nil {
		return Chain{}, err
	}
	c := Chain{Total: head, Whole: most == 0 || head <= most}
	last := Entry{}
	if !c.Whole {
		last.Seq = head - most
	}
	begun := c.Whole
	for last.Seq < head {
		batch, err := store.EntriesAfter(ctx, last.Seq, chainBatch)
		if err != nil {
			return c, err
		}
		if len(batch) == 0 {
			c.Broken = fmt.Sprintf("entries after %d are missing", last.Seq)
			return c, nil
		}
		for _, e := range batch {
			if !begun { // what stands before is taken on trust
				last, begun = Entry{Seq: last.Seq, Hash: e.Prev}, true
			}
			if c.Broken = e.Follows(last); c.Broken != "" {
				return c, nil
			}
			if c.Checked == 0 {
				c.Since = e.Wall
			}
			c.Checked++
			last = e
			if last.Seq == head { // what came since is the next look's
				break
			}
		}
	}
	if last.Hash != hash {
		c.Broken = fmt.Sprintf("entry %d is not the one that was written last", head)
	}
	return c, nil
}
