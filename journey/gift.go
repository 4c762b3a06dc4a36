package journey

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/reader"
)

// giver is the part of billing that sells and redeems gifts.
type giver interface {
	BuyGift(ctx context.Context, o billing.GiftOrder) (url string, err error)
	LookAtGift(ctx context.Context, typed string, who billing.GiftTaker) (billing.GiftOffer, error)
	Redeem(ctx context.Context, typed string, who billing.GiftTaker) (billing.Redemption, error)
	SendGift(ctx context.Context, gift string, to billing.Person, message string, at time.Time) (billing.Gift, error)
}

// GiftParts is what Gifts are made of.
type GiftParts struct {
	Limits    reader.Throttle
	Billing   giver
	Keys      reader.Keys
	Addresses reader.Addresses
}

// Gifts is the way of a gift from who buys it to who has it.
type Gifts struct{ parts GiftParts }

// NewGifts joins the parts.
func NewGifts(p GiftParts) *Gifts { return &Gifts{p} }

// The limits of trying codes. One in 2^81 is right; they keep those who try busy
// elsewhere. A slip that the code itself tells of is not counted.
var (
	GiftTriesFromNetwork = reader.Limit{Name: "gift codes from network", Most: 40, Every: 15 * time.Minute}
	GiftTriesByReader    = reader.Limit{Name: "gift codes by reader", Most: 20, Every: 15 * time.Minute}
)

// GiftFaults is the cause of an Invalid: what is wrong with a gift's form, a
// sentence for each field.
type GiftFaults map[string]string

func (f GiftFaults) Error() string { return fmt.Sprintf("%d fields of a gift are wrong", len(f)) }

// The fields of a gift's form.
const (
	GiftFieldPrice   = "price"
	GiftFieldBuyer   = "email"
	GiftFieldName    = "from"
	GiftFieldTo      = "to_email"
	GiftFieldToName  = "to_name"
	GiftFieldMessage = "message"
	GiftFieldDay     = "day"
)

// GiftForm is what somebody filled in.
type GiftForm struct {
	Reader    *reader.Reader // who is signed in; nil for nobody
	Email     string         // as typed by who is not
	From      string         // the buyer's name, as the recipient reads it
	LookupKey string
	ByHand    bool // the buyer hands it over
	ToName    string
	ToEmail   string
	Message   string
	Day       string // 2006-01-02 in the paper's zone; "" is today
	Visitor   string
	Network   string
	Zone      *time.Location
	Wall      time.Time
	Paper     time.Time
}

// Buy opens the page where a gift is paid. Nobody needs an account for it.
// Faults: Invalid with GiftFaults, or with billing.ErrNotSold; TooMany.
func (g *Gifts) Buy(ctx context.Context, f GiftForm) (url string, err error) {
	order := billing.GiftOrder{LookupKey: f.LookupKey, Visitor: f.Visitor}
	wrong := GiftFaults{}
	if f.LookupKey == "" {
		wrong[GiftFieldPrice] = "Choose what you want to give."
	}
	to, message, at := g.delivery(f, wrong)
	order.To, order.Message, order.DeliverAt = to, message, at
	order.Buyer.Name = line(f.From, GiftFieldName, wrong)
	if f.Reader != nil {
		order.ReaderID, order.Buyer.Email = f.Reader.ID, f.Reader.Email
	} else if addr, err := g.parts.Addresses.Parse(f.Email); err != nil {
		wrong[GiftFieldBuyer] = fault.SentenceOf(err)
	} else {
		order.Buyer.Email, order.BuyerForm = addr.Email, addr.Form
	}
	if len(wrong) > 0 {
		return "", unfinished(wrong)
	}
	if err := reader.TakeFrom(ctx, g.parts.Limits, g.parts.Keys, reader.PurchasesFromNetwork, f.Network,
		"Many purchases were begun from your network. Please try again in %s.", f.Wall); err != nil {
		return "", err
	}
	return g.parts.Billing.BuyGift(ctx, order)
}

// Send changes to whom a gift goes and when, or sends it again.
func (g *Gifts) Send(ctx context.Context, gift string, f GiftForm) (billing.Gift, error) {
	wrong := GiftFaults{}
	to, message, at := g.delivery(f, wrong)
	if len(wrong) > 0 {
		return billing.Gift{}, unfinished(wrong)
	}
	return g.parts.Billing.SendGift(ctx, gift, to, message, at)
}

func unfinished(wrong GiftFaults) error {
	return fault.New(fault.Invalid, "Something in the form needs another look. Nothing was charged or changed.", wrong)
}

// delivery reads the part of the form about the recipient.
func (g *Gifts) delivery(f GiftForm, wrong GiftFaults) (to billing.Person, message string, at time.Time) {
	to.Name = line(f.ToName, GiftFieldToName, wrong)
	message = strings.TrimSpace(strings.ReplaceAll(f.Message, "\r\n", "\n"))
	if n := utf8.RuneCountInString(message); n > billing.GiftMessageMost {
		wrong[GiftFieldMessage] = fmt.Sprintf("The message has %d characters. A card holds %d.", n, billing.GiftMessageMost)
	}
	if f.ByHand {
		return to, message, f.Paper
	}
	if addr, err := g.parts.Addresses.Parse(f.ToEmail); err != nil {
		wrong[GiftFieldTo] = fault.SentenceOf(err)
	} else {
		to.Email = addr.Email
	}
	var err error
	if at, err = GiftDay(f.Day, f.Paper, f.Zone); err != nil {
		wrong[GiftFieldDay] = fault.SentenceOf(err)
	}
	return to, message, at
}

// line is a name: one line, and not a long one. Marks that nobody sees are left
// out: some turn round what is read after the name, in a subject or on a card.
func line(typed, field string, wrong GiftFaults) string {
	seen := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, typed)
	s := strings.Join(strings.Fields(seen), " ")
	if utf8.RuneCountInString(s) > billing.GiftNameMost {
		wrong[field] = fmt.Sprintf("A name may have %d characters here.", billing.GiftNameMost)
	}
	return s
}

// giftHour is when gifts leave, in the paper's zone: with the morning's post.
const giftHour = 8

// GiftDay is the morning of a day in the paper's zone. Today's, once it is past,
// is now. Its fault is Invalid.
func GiftDay(day string, now time.Time, zone *time.Location) (time.Time, error) {
	here := now.In(zone)
	today := time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, zone)
	if strings.TrimSpace(day) == "" {
		day = today.Format(time.DateOnly)
	}
	on, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(day), zone)
	switch {
	case err != nil:
		return on, fault.New(fault.Invalid, "That is no day. Write it as year-month-day, such as "+today.AddDate(0, 0, 7).Format(time.DateOnly)+".", err)
	case on.Before(today):
		return on, fault.New(fault.Invalid, "That day is past. Today is the earliest.", nil)
	case on.After(today.AddDate(billing.GiftAhead, 0, 0)):
		return on, fault.New(fault.Invalid, "That is more than a year ahead. The latest is "+today.AddDate(billing.GiftAhead, 0, 0).Format("2 January 2006")+".", nil)
	}
	morning := time.Date(on.Year(), on.Month(), on.Day(), giftHour, 0, 0, 0, zone)
	if morning.Before(now) {
		return now, nil
	}
	return morning.UTC(), nil
}

// GiftTry is somebody with a code.
type GiftTry struct {
	Code    string // as typed
	Who     billing.GiftTaker
	Network string
	Wall    time.Time
}

// Look says what a code opens. The faults are those of billing's LookAtGift, and
// TooMany.
func (g *Gifts) Look(ctx context.Context, t GiftTry) (billing.GiftOffer, error) {
	if err := g.counted(ctx, t); err != nil {
		return billing.GiftOffer{}, err
	}
	return g.parts.Billing.LookAtGift(ctx, t.Code, t.Who)
}

// Redeem gives the gift to who has its code.
func (g *Gifts) Redeem(ctx context.Context, t GiftTry) (billing.Redemption, error) {
	if err := g.counted(ctx, t); err != nil {
		return billing.Redemption{}, err
	}
	return g.parts.Billing.Redeem(ctx, t.Code, t.Who)
}

// counted counts a try, unless the code is none at all.
func (g *Gifts) counted(ctx context.Context, t GiftTry) error {
	if _, err := billing.ParseGiftCode(t.Code); err != nil {
		return err
	}
	const sentence = "Many codes were tried. A code that you have in hand stays good; please try again in %s."
	if err := reader.TakeFrom(ctx, g.parts.Limits, g.parts.Keys, GiftTriesFromNetwork, t.Network, sentence, t.Wall); err != nil {
		return err
	}
	return reader.TakeFrom(ctx, g.parts.Limits, g.parts.Keys, GiftTriesByReader, t.Who.ReaderID, sentence, t.Wall)
}
