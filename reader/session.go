package reader

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// SessionLife is how long a browser stays signed in, in wall time. It does not
// grow with use, so nothing is written while a session is only read.
const SessionLife = 90 * 24 * time.Hour

// SeenEvery is how coarse "last seen" is: it is written at most this often.
const SeenEvery = time.Hour

// maxAgent bounds what a browser says of itself, in bytes.
const maxAgent = 200

// Session is a browser that is signed in. Its token is not part of it.
type Session struct {
	ID         string // public: names it in a list, to end it
	ReaderID   string
	Unverified bool
	Agent      string // what the browser calls itself
	Created    time.Time
	Seen       time.Time // within SeenEvery
}

// NewSession opens a session.
func NewSession(id, readerID string, unverified bool, agent string, now time.Time) Session {
	agent = strings.ToValidUTF8(agent, "")
	for len(agent) > maxAgent {
		_, n := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-n]
	}
	return Session{ID: id, ReaderID: readerID, Unverified: unverified, Agent: agent, Created: now, Seen: now}
}

// sessionV1 begins every encoded session, so that another shape can follow.
const sessionV1 = 1

var errSession = errors.New("not a session of a known version")

// MarshalBinary writes the session in a few bytes: a version, a flag, two times
// in microseconds, three strings with their lengths.
func (s Session) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 2+2*binary.MaxVarintLen64+3+len(s.ID)+len(s.ReaderID)+len(s.Agent))
	b = append(b, sessionV1, 0)
	if s.Unverified {
		b[1] = 1
	}
	b = binary.AppendVarint(b, s.Created.UnixMicro())
	b = binary.AppendVarint(b, s.Seen.UnixMicro())
	for _, part := range []string{s.ID, s.ReaderID, s.Agent} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote, and nothing else.
func (s *Session) UnmarshalBinary(b []byte) error {
	if len(b) < 2 || b[0] != sessionV1 || b[1] > 1 {
		return errSession
	}
	out := Session{Unverified: b[1] == 1}
	b = b[2:]
	for _, at := range []*time.Time{&out.Created, &out.Seen} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return errSession
		}
		*at, b = time.UnixMicro(v).UTC(), b[n:]
	}
	for _, part := range []*string{&out.ID, &out.ReaderID, &out.Agent} {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return errSession
		}
		*part, b = string(b[n:n+int(size)]), b[n+int(size):]
	}
	if len(b) != 0 {
		return errSession
	}
	*s = out
	return nil
}

// Device names the session's browser and system as far as the browser tells,
// for a list that its owner reads.
func (s Session) Device() string {
	browser := firstIn(s.Agent, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	})
	system := firstIn(s.Agent, [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser == "" && system == "":
		return "Unknown browser"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// firstIn is the name of the first mark that s carries; "" for none.
func firstIn(s string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(s, m[0]) {
			return m[1]
		}
	}
	return ""
}
