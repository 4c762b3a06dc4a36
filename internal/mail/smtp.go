package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"broadsheet/internal/clock"
)

// smtpTimeout bounds a connection and each of its commands.
const smtpTimeout = 20 * time.Second

// SMTP hands messages to a mail server. It opens a connection for each: a paper
// sends few mails at once, and a connection that idles is closed by most servers.
type SMTP struct {
	host    string
	options []gomail.Option
	from    *mail.Address
	wall    clock.Clock
}

// NewSMTP reads the server's address: smtp://user:password@host:port speaks TLS
// after STARTTLS and refuses a server that doesn't, unless it is this machine;
// smtps:// speaks TLS at once. Ports default to 587 and 465. An error never
// repeats the address: it holds a password.
func NewSMTP(address, from string, wall clock.Clock) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &SMTP{host: u.Hostname(), wall: wall}
	if s.from, err = sender(from); err != nil {
		return nil, err
	}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("SMTP_URL names no usable port")
		}
	}
	policy := gomail.TLSMandatory
	if loopback(s.host) {
		policy = gomail.TLSOpportunistic
	}
	s.options = []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithTLSPolicy(policy)}
	if u.Scheme == "smtps" {
		s.options = append(s.options, gomail.WithSSL())
	}
	s.options = append(s.options, gomail.WithPort(port))
	if u.User != nil && u.User.Username() != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, fmt.Errorf("SMTP_URL cannot be used: %w", err)
	}
	return s, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Send hands the message over; nil means that the server took it.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := compose(m, s.from, s.wall.Now())
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// Permanent reports whether trying again cannot help: the message is not one,
// or the server refused its address for good.
func Permanent(err error) bool {
	if _, ok := errors.AsType[*refused](err); ok {
		return true
	}
	said, ok := errors.AsType[*gomail.SendError](err)
	return ok && !said.IsTemp() && said.ErrorCode() >= 500 && said.ErrorCode() < 600 &&
		(said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose)
}
