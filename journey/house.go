package journey

import (
	"context"
	"fmt"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	letters "broadsheet/views/mail"
)

// The job that looks after the house, and how often it does.
const (
	HouseJob   = "house.watch"
	HouseEvery = 5 * time.Minute
)

// houseStore remembers what was wrong.
type houseStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	Noted(ctx context.Context) ([]desk.Noted, error)
	Note(ctx context.Context, list []desk.Noted) error
}

// Watch writes to the publication's address when something is wrong with the
// house, and when it is mended.
type Watch struct {
	Store  houseStore
	Vitals func(ctx context.Context) (desk.Vitals, error)
	Outbox outbox
	House  func(ctx context.Context) (letters.House, error)
	Wall   clock.Clock
}

// Look is the job. The letters and what is noted are one transaction, so that
// none is lost and none is written twice.
func (w Watch) Look(ctx context.Context, _ jobs.Job) error {
	v, err := w.Vitals(ctx)
	if err != nil {
		return err
	}
	house, err := w.House(ctx)
	if err != nil || house.Paper.Email == "" {
		return err // nobody to write to; the newsroom shows it
	}
	wrong, now := desk.Troubles(v), w.Wall.Now()
	return w.Store.InTx(ctx, func(ctx context.Context) error {
		noted, err := w.Store.Noted(ctx)
		if err != nil {
			return err
		}
		words, next := desk.Follow(noted, wrong, now)
		for _, word := range words {
			if err := w.write(ctx, house, word, now); err != nil {
				return err
			}
		}
		return w.Store.Note(ctx, next)
	})
}

func (w Watch) write(ctx context.Context, house letters.House, word desk.Word, now time.Time) error {
	text, err := letters.HouseTrouble{
		Kind: string(word.Trouble.Kind), Says: word.Trouble.Says, Do: word.Trouble.Do, Mended: word.Mended, Since: word.Since,
	}.Letter(house)
	if err != nil {
		return fmt.Errorf("a letter about the house: %w", err)
	}
	key := fmt.Sprintf("house/%s/%t/%d", word.Trouble.Kind, word.Mended, now.UnixMicro())
	return w.Outbox.Post(ctx, mail.Message{To: house.Paper.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: key})
}
