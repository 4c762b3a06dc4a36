package drill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"broadsheet/internal/clock"
	"broadsheet/internal/mail"
)

// post is the folder of mails, read as it grows.
type post struct {
	dir string
	box *mail.Box

	mu   sync.Mutex
	seen map[string]bool
	all  []mail.Boxed
	to   map[string][]int // places in all, by address
}

func openPost(dir string) (*post, error) {
	box, err := mail.OpenBox(dir, "drill@localhost", clock.Wall{})
	if err != nil {
		return nil, err
	}
	return &post{dir: dir, box: box, seen: map[string]bool{}, to: map[string][]int{}}, nil
}

// read takes in what came since the last time.
func (p *post) read() error {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return fmt.Errorf("mails: %w", err)
	}
	var fresh []mail.Boxed
	for _, e := range entries {
		id, is := strings.CutSuffix(e.Name(), ".eml")
		if !is || p.seen[id] {
			continue
		}
		m, ok, err := p.box.Get(id)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !ok {
			continue
		}
		if err != nil {
			return fmt.Errorf("mail %s: %w", id, err)
		}
		p.seen[id] = true
		m.HTML = ""
		fresh = append(fresh, m)
	}
	slices.SortFunc(fresh, func(a, b mail.Boxed) int { return a.At.Compare(b.At) })
	for _, m := range fresh {
		p.to[m.To] = append(p.to[m.To], len(p.all))
		p.all = append(p.all, m)
	}
	return nil
}

// newest is the newest mail to an address that a rule holds for, after the place
// that is given; place is then where it lies.
func (p *post) newest(to string, after int, holds func(mail.Boxed) bool) (m mail.Boxed, place int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range slices.Backward(p.to[to]) {
		if i < after {
			break
		}
		if holds(p.all[i]) {
			return p.all[i], i, true
		}
	}
	return mail.Boxed{}, 0, false
}

// refresh is read for many at once.
func (p *post) refresh() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read()
}

// end is the place after the last mail.
func (p *post) end() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}
