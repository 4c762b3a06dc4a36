package journey

import (
	"context"
	"fmt"

	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
)

// MailJob is the kind of job that sends a mail. Its payload is a mail.Message.
const MailJob = "mail"

// Outbox lets mails leave through the job queue: a mail exists exactly when the
// transaction that caused it stands.
type Outbox struct{ Queue jobs.Queue }

// Post asks for the message to be sent, once for its key.
func (o Outbox) Post(ctx context.Context, m mail.Message) error {
	key := ""
	if m.Key != "" {
		key = MailJob + "/" + m.Key
	}
	if err := o.Queue.Enqueue(ctx, jobs.New{Kind: MailJob, Key: key, Payload: m}); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// SendMail is the job: it hands the message to the sender. What can never be
// sent is given up at once.
func SendMail(sender mail.Sender) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var m mail.Message
		if err := j.Into(&m); err != nil {
			return err
		}
		err := sender.Send(ctx, m)
		if mail.Permanent(err) {
			return jobs.GiveUp(err)
		}
		return err
	}
}
