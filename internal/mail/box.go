package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/clock"
)

// Box keeps messages in a folder instead of sending them, one .eml file each,
// for development. The folder may be shared by several processes.
type Box struct {
	dir  string
	from *mail.Address
	wall clock.Clock

	mu   sync.Mutex
	last time.Time // of this process, so that newest first holds within a tick of the clock
}

// OpenBox makes the folder if there is none.
func OpenBox(dir, from string, wall clock.Clock) (*Box, error) {
	parsed, err := sender(from)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the mailbox %s cannot be made: %w", dir, err)
	}
	return &Box{dir: dir, from: parsed, wall: wall}, nil
}

// Boxed is a message in the box.
type Boxed struct {
	ID      string // its file's name without .eml
	To      string
	Subject string
	At      time.Time
	Text    string
	HTML    string // "" for none
}

// IsTo reports whether the message went to an address, in any case.
func (m Boxed) IsTo(address string) bool { return strings.EqualFold(m.To, strings.TrimSpace(address)) }

const suffix = ".eml"

// Send puts the message into the box at once and whole. A key that is there
// already changes nothing.
func (b *Box) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.wall.Now()
	if !now.After(b.last) {
		now = b.last.Add(time.Microsecond)
	}
	b.last = now
	msg, err := compose(m, b.from, now)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(b.dir, ".new-*")
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	defer os.Remove(tmp.Name())
	if _, err := msg.WriteTo(tmp); err != nil {
		return errors.Join(fmt.Errorf("mailbox: %w", err), tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	// The file's time orders the box: a header has whole seconds only.
	if err := os.Chtimes(tmp.Name(), now, now); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	// A link fails where a rename would replace.
	err = os.Link(tmp.Name(), filepath.Join(b.dir, fingerprint(m.Key)+suffix))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("mailbox: %w", err)
	}
	return nil
}

// List gives the messages, the newest first.
func (b *Box) List() ([]Boxed, error) {
	names, err := filepath.Glob(filepath.Join(b.dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	all := make([]Boxed, 0, len(names))
	for _, name := range names {
		m, err := read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("mailbox: %s: %w", filepath.Base(name), err)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Boxed) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return all, nil
}

// Latest is the newest message to an address in any case; false if there is
// none. An empty address means the newest of all.
func (b *Box) Latest(to string) (Boxed, bool, error) {
	all, err := b.List()
	if err != nil {
		return Boxed{}, false, err
	}
	for _, m := range all {
		if to == "" || m.IsTo(to) {
			return m, true, nil
		}
	}
	return Boxed{}, false, nil
}

// Get finds a message by its id.
func (b *Box) Get(id string) (Boxed, bool, error) {
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return Boxed{}, false, nil
	}
	m, err := read(filepath.Join(b.dir, id+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return Boxed{}, false, nil
	}
	return m, err == nil, err
}

func read(path string) (Boxed, error) {
	f, err := os.Open(path)
	if err != nil {
		return Boxed{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Boxed{}, err
	}
	msg, err := mail.ReadMessage(bufio.NewReader(f))
	if err != nil {
		return Boxed{}, err
	}
	m := Boxed{ID: strings.TrimSuffix(filepath.Base(path), suffix), At: info.ModTime().UTC()}
	if to, err := mail.ParseAddress(msg.Header.Get("To")); err == nil {
		m.To = to.Address
	}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return Boxed{}, err
	}
	return m, m.readPart(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
}

// readPart reads a body, or the bodies inside it.
func (m *Boxed) readPart(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			// Raw, since NextPart would hide the encoding.
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			err = m.readPart(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
			if err != nil {
				return err
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	}
	return nil
}
