package journey

import (
	"context"
	"log/slog"
	"strings"

	"broadsheet/desk"
	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/reader"
)

// letterStore keeps the list of mails.
type letterStore interface {
	ReaderByForm(ctx context.Context, form string) (reader.Reader, bool, error)
	KeepLetter(ctx context.Context, l desk.Letter) error
}

// LetterBook notes what was mailed to whom, so that the desk can answer "I never
// got it". What a mail says is not kept.
type LetterBook struct {
	Store letterStore
	Paper clock.Clock
	Tries int // after which a mail is given up
	Log   *slog.Logger
}

// Around is the job that sends a mail, noted when it has left or was given up.
// A mail that has left is not sent twice because the note of it failed.
func (b LetterBook) Around(send jobs.Handler) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		err := send(ctx, j)
		if err != nil && !mail.Permanent(err) && j.Attempts < b.Tries {
			return err
		}
		if noted := b.note(ctx, j, err); noted != nil {
			b.Log.Error("what was mailed could not be noted", "job", j.ID, "err", noted)
		}
		return err
	}
}

func (b LetterBook) note(ctx context.Context, j jobs.Job, failed error) error {
	var m mail.Message
	if err := j.Into(&m); err != nil {
		return nil // nobody can read to whom it was
	}
	l := desk.Letter{
		ID: j.ID, ReaderID: m.Origin.Reader, Key: m.Key, Email: m.To, Subject: subjectToKeep(m),
		Kind: m.Origin.Kind, Cause: string(m.Origin.Cause), At: b.Paper.Now(),
	}
	if failed != nil {
		l.Failed, l.Error = true, failed.Error()
	}
	if l.ReaderID == "" {
		addr, err := reader.Addresses{Local: true}.Parse(m.To)
		if err != nil {
			return nil // not an address that an account could have
		}
		r, ok, err := b.Store.ReaderByForm(ctx, addr.Form)
		if err != nil || !ok {
			return err
		}
		l.ReaderID = r.ID
	}
	return b.Store.KeepLetter(ctx, l)
}

// signInMails is how the keys of mails begin that carry a code.
const signInMails = "signin-code/"

// subjectToKeep is the subject, but for a code that would let whoever reads the
// list in.
func subjectToKeep(m mail.Message) string {
	if strings.HasPrefix(m.Key, signInMails) {
		return "A code to sign in with"
	}
	return m.Subject
}
