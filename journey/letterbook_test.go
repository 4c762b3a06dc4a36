package journey_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/reader"
)

// shelf is a list of mails that can be broken.
type shelf struct {
	kept   []desk.Letter
	broken bool
}

func (s *shelf) ReaderByForm(_ context.Context, form string) (reader.Reader, bool, error) {
	return reader.Reader{ID: "r"}, form == "maud@example.org", nil
}

func (s *shelf) KeepLetter(_ context.Context, l desk.Letter) error {
	if s.broken {
		return errors.New("the disk is full")
	}
	s.kept = append(s.kept, l)
	return nil
}

func TestTheLetterBook(t *testing.T) {
	t.Parallel()
	busy := errors.New("try later")
	for name, tt := range map[string]struct {
		message  mail.Message
		attempts int
		fails    error
		want     string // subject and error of what is noted; "" for nothing
	}{
		"sent":                      {mail.Message{To: "maud@example.org", Subject: "Your receipt", Key: "receipt:1"}, 1, nil, "Your receipt/r/"},
		"sent to an address of old": {mail.Message{To: "old@example.org", Subject: "Moved", Origin: mail.Origin{Reader: "r2"}}, 1, nil, "Moved/r2/"},
		"to nobody's address":       {mail.Message{To: "shop@example.org", Subject: "A gift"}, 1, nil, ""},
		"a code is not kept":        {mail.Message{To: "maud@example.org", Subject: "123456 is your code", Key: "signin-code/1"}, 1, nil, "A code to sign in with/r/"},
		"tried again":               {mail.Message{To: "maud@example.org", Subject: "s"}, 3, busy, ""},
		"given up after the last":   {mail.Message{To: "maud@example.org", Subject: "s"}, 4, busy, "s/r/try later"},
	} {
		kept := &shelf{}
		book := journey.LetterBook{Store: kept, Paper: still(time.Now()), Tries: 4, Log: slog.New(slog.DiscardHandler)}
		payload, err := json.Marshal(tt.message)
		if err != nil {
			t.Fatal(err)
		}
		send := func(context.Context, jobs.Job) error { return tt.fails }
		if err := book.Around(send)(t.Context(), jobs.Job{ID: "j", Attempts: tt.attempts, Payload: payload}); !errors.Is(err, tt.fails) {
			t.Errorf("%s: %v", name, err)
		}
		got := ""
		for _, l := range kept.kept {
			got = strings.Join([]string{l.Subject, l.ReaderID, l.Error}, "/")
		}
		if got != tt.want {
			t.Errorf("%s: noted %q, want %q", name, got, tt.want)
		}
		// What has left is not sent twice because it could not be noted.
		kept.broken = true
		if err := book.Around(send)(t.Context(), jobs.Job{ID: "j", Attempts: tt.attempts, Payload: payload}); !errors.Is(err, tt.fails) {
			t.Errorf("%s, on a full disk: %v", name, err)
		}
	}
}
