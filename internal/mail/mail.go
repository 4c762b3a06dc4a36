// Package mail sends the paper's mails: by SMTP, or in development into a box
// of files beside the database that a browser can read. It knows how a message
// is put together and nothing of what it says or why it is sent. What a person
// typed never becomes a header of its own.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// Message is one mail to one person. It can be kept as JSON in a job.
type Message struct {
	To      string // an address alone, without a name
	Subject string
	Text    string
	HTML    string            // "" for a mail of text alone
	Headers map[string]string // further headers, such as List-Unsubscribe
	Key     string            // unique: one mail for each key; "" has none
	Origin  Origin            `json:"Origin,omitzero"`
}

// Origin is what a message came of. It is no part of what is sent.
type Origin struct {
	Reader string          // id of the account that it is for; "" is whose the address is
	Kind   string          // of the job that wrote it, and can write it anew; "" for none
	Cause  json.RawMessage // that job's payload
}

// Sender sends a message. An error that Permanent reports cannot be mended by
// trying again.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// refused is a message that can never be sent as it is.
type refused struct{ why string }

func (r *refused) Error() string { return "mail refused: " + r.why }

// ours are the headers that this package writes itself.
var ours = []string{
	"From", "To", "Cc", "Bcc", "Sender", "Reply-To", "Subject", "Date", "Message-Id", "Mime-Version", "Auto-Submitted",
	"Content-Type", "Content-Transfer-Encoding",
}

// compose puts a message together, as it is sent and as it is kept.
func compose(m Message, from *mail.Address, now time.Time) (*gomail.Msg, error) {
	to, err := recipient(m.To)
	if err != nil {
		return nil, err
	}
	if err := oneLine("the subject", m.Subject); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(messageID(m.Key, from.Address))
	// Machines are asked not to answer. RFC 3834, 5.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	for name, value := range m.Headers {
		if err := headerName(name); err != nil {
			return nil, err
		}
		if err := oneLine("the header "+name, value); err != nil {
			return nil, err
		}
		msg.SetGenHeader(gomail.Header(name), value)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// recipient reads the one address of a message. Its domain leaves as the network
// writes it.
func recipient(to string) (*mail.Address, error) {
	if err := oneLine("the address", to); err != nil {
		return nil, err
	}
	parsed, err := mail.ParseAddress(to)
	if err != nil || parsed.Name != "" || parsed.Address != to {
		return nil, &refused{"the address is not one plain address"}
	}
	at := strings.LastIndexByte(to, '@')
	domain, err := idna.Lookup.ToASCII(to[at+1:])
	if err != nil {
		return nil, &refused{"the address names no mail server"}
	}
	return &mail.Address{Address: to[:at+1] + domain}, nil
}

// oneLine refuses what could begin another header.
func oneLine(what, s string) error {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return &refused{what + " holds a control character"}
	}
	return nil
}

func headerName(name string) error {
	if name == "" || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return &refused{fmt.Sprintf("%q is not the name of a header", name)}
	}
	if slices.ContainsFunc(ours, func(own string) bool { return strings.EqualFold(own, name) }) {
		return &refused{"the header " + name + " is not a message's to set"}
	}
	return nil
}

// messageID is the same whenever the same message is sent, so that a mail
// program shows a second delivery as the one it has.
func messageID(key, from string) string {
	return fingerprint(key) + from[strings.LastIndexByte(from, '@'):]
}

// fingerprint names a key in a file or a header without telling it.
func fingerprint(key string) string {
	if key == "" {
		key = rand.Text()
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// sender reads MAIL_FROM: an address, or a name and an address.
func sender(from string) (*mail.Address, error) {
	if strings.ContainsFunc(from, unicode.IsControl) {
		return nil, fmt.Errorf("MAIL_FROM holds a control character")
	}
	parsed, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("MAIL_FROM is not an address such as \"The Paper <post@example.org>\"")
	}
	return parsed, nil
}
