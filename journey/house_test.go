package journey_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	letters "broadsheet/views/mail"
)

// notebook remembers troubles, for a test.
type notebook struct{ noted []desk.Noted }

func (n *notebook) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
func (n *notebook) Noted(context.Context) ([]desk.Noted, error)                    { return n.noted, nil }
func (n *notebook) Note(_ context.Context, list []desk.Noted) error {
	n.noted = list
	return nil
}

type mailbag struct{ sent []mail.Message }

func (b *mailbag) Post(_ context.Context, m mail.Message) error {
	b.sent = append(b.sent, m)
	return nil
}

type handClock struct{ at time.Time }

func (c *handClock) Now() time.Time { return c.at }

func TestTheOperatorHearsOfTroubleAndOfItsEnd(t *testing.T) {
	t.Parallel()
	clock := &handClock{time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)}
	bag, dead, address := &mailbag{}, 0, "desk@example.org"
	w := journey.Watch{
		Store: &notebook{}, Outbox: bag, Wall: clock,
		Vitals: func(context.Context) (desk.Vitals, error) { return desk.Vitals{At: clock.at, Dead: dead}, nil },
		House: func(context.Context) (letters.House, error) {
			return letters.House{Paper: news.Publication{Name: "The Test", Email: address}, BaseURL: "https://paper.example"}, nil
		},
	}
	look := func(after time.Duration, failed int, want ...string) {
		t.Helper()
		clock.at, dead, bag.sent = clock.at.Add(after), failed, nil
		if err := w.Look(t.Context(), jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if len(bag.sent) != len(want) {
			t.Fatalf("%d mails, want %d", len(bag.sent), len(want))
		}
		for i, m := range bag.sent {
			if m.To != "desk@example.org" || m.Key == "" || !strings.Contains(m.Subject, want[i]) || !strings.Contains(m.Text, "https://paper.example/newsroom/house") {
				t.Errorf("%+v, want %q", m, want[i])
			}
		}
	}
	look(0, 0)
	look(time.Minute, 1, "Needs a look: failed jobs")
	look(time.Hour, 2)
	look(24*time.Hour, 2, "Needs a look")
	look(time.Minute, 0, "Mended: failed jobs")
	look(time.Minute, 0)
	address = "" // nobody to write to
	look(48*time.Hour, 1)
}
