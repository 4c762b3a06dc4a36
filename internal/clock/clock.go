// Package clock keeps the two times. Paper time is what the paper lives by:
// meters, billing and print. Wall time is what the machine lives by: sessions,
// sign-in codes, webhook signatures, leases and rate limits. In production the
// two are the same; in development paper time is wall time plus an offset kept
// in a file, so that a month can pass in a second without expiring a session.
//
// The package refuses to know who reads a clock and why. Rules take the time as
// an argument; only the edges ask a clock.
package clock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Clock tells a time, in UTC.
type Clock interface{ Now() time.Time }

// Wall is the machine's own clock.
type Wall struct{}

// Now is the present, in UTC.
func (Wall) Now() time.Time { return time.Now().UTC() }

// Fixed is a clock that stands still, for tests.
type Fixed time.Time

// Now is always the same instant.
func (f Fixed) Now() time.Time { return time.Time(f).UTC() }

// lookAgain is how long a process may be behind another one that moved the
// clock. A stat costs about a microsecond, so this bounds work, not truth.
const lookAgain = 20 * time.Millisecond

// Paper is wall time plus an offset that is kept in a file, so that every
// process beside the same database agrees and a restart changes nothing.
type Paper struct {
	path string
	wall Clock

	mu     sync.Mutex
	offset time.Duration
	looked time.Time // when the file was last looked at, in wall time
	stamp  time.Time // the file's modification time at that look
}

type paperFile struct {
	OffsetNS int64 `json:"offset_ns"`
}

// OpenPaper reads the offset kept at path; a missing file means none.
func OpenPaper(path string) (*Paper, error) {
	p := &Paper{path: path, wall: Wall{}}
	if err := p.read(); err != nil {
		return nil, err
	}
	p.looked = p.wall.Now()
	return p, nil
}

// Now is paper time, in UTC.
func (p *Paper) Now() time.Time {
	now := p.wall.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.looked) > lookAgain {
		p.looked = now
		// A file that is being replaced keeps the last good offset.
		_ = p.read()
	}
	return now.Add(p.offset)
}

// Offset is how far paper time is ahead of wall time.
func (p *Paper) Offset() time.Duration {
	p.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offset
}

// MoveTo sets paper time to t and keeps it. Time only moves forward: an
// earlier t is an error and changes nothing.
func (p *Paper) MoveTo(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.read(); err != nil {
		return err
	}
	now := p.wall.Now()
	if t.Before(now.Add(p.offset)) {
		return fmt.Errorf("paper time is %s and cannot go back to %s",
			now.Add(p.offset).Format(time.RFC3339), t.UTC().Format(time.RFC3339))
	}
	offset := t.Sub(now)
	if err := p.write(offset); err != nil {
		return err
	}
	p.offset = offset
	return nil
}

func (p *Paper) read() error {
	info, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("paper clock: %w", err)
	}
	if info.ModTime().Equal(p.stamp) {
		return nil
	}
	raw, err := os.ReadFile(p.path)
	if err != nil {
		return fmt.Errorf("paper clock: %w", err)
	}
	var kept paperFile
	if err := json.Unmarshal(raw, &kept); err != nil {
		return fmt.Errorf("paper clock %s is damaged: %w", p.path, err)
	}
	p.offset, p.stamp = time.Duration(kept.OffsetNS), info.ModTime()
	return nil
}

// write replaces the file in one step, so that no reader sees half of it.
func (p *Paper) write(offset time.Duration) error {
	raw, err := json.Marshal(paperFile{OffsetNS: int64(offset)})
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(p.path), ".clock-*")
	if err != nil {
		return fmt.Errorf("paper clock: %w", err)
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(raw); err != nil {
		return errors.Join(fmt.Errorf("paper clock: %w", err), tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("paper clock: %w", err)
	}
	return os.Rename(tmp.Name(), p.path)
}
