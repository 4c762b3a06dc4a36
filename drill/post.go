package drill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/mail"
)

// post is the folder of mails, read as it grows.
type post struct {
	dir string
	box *mail.Box

	mu   sync.Mutex
	as   time.Time // of the folder when all that was in it had been read
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

// coarse is how far a folder's time may lag behind what happens in it.
const coarse = 100 * time.Millisecond

// names lists the folder, unless nothing came since it was read: a drill's post
// is some ten thousand letters, and looked through again and again.
func (p *post) names() ([]string, error) {
	f, err := os.Open(p.dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.ModTime().Equal(p.as) {
		return nil, err
	}
	if p.as = info.ModTime(); time.Since(p.as) < coarse {
		p.as = time.Time{}
	}
	return f.Readdirnames(-1)
}

// read takes in what came since the last time.
func (p *post) read() error {
	names, err := p.names()
	if err != nil {
		return fmt.Errorf("mails: %w", err)
	}
	var fresh []mail.Boxed
	for _, name := range names {
		id, is := strings.CutSuffix(name, ".eml")
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
