package views

import "time"

// MailboxPage lists what was sent in development, newest first. It holds sign-in codes and exists nowhere else.
type MailboxPage struct {
	Frame
	To       string // shows only what was sent to this address; "" shows everything
	Messages []MailboxRow
}

// MailboxRow is one message.
type MailboxRow struct {
	To, Subject string
	At          time.Time
	Text        string
	Link        string // local address of its HTML; "" for none
}
