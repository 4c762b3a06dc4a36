package views

import (
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"

	"broadsheet/billing"
)

// GiftPath returns the address of the buyer's page of a gift.
func GiftPath(token string) string { return GiftPrefix + url.PathEscape(token) }

// GiftCardPath returns the address of a gift's card, to be printed.
func GiftCardPath(token string) string { return GiftPath(token) + "/card" }

// redeemPath returns the address at which a code is redeemed.
func redeemPath(code string) string {
	if code == "" {
		return RedeemPath
	}
	return RedeemPath + "?" + url.Values{"code": {code}}.Encode()
}

// GiftWords is "six months of Digital".
func GiftWords(plan string, months int) string {
	return count(months, "month") + " of " + firstOf(plan, "the paper")
}

// Sentence puts a capital first.
func Sentence(s string) string {
	if s == "" {
		return s
	}
	return sentence(s)
}

// GiftsPage is where a gift is chosen and addressed.
type GiftsPage struct {
	Frame
	Catalogue billing.Catalogue
	Fields    GiftFields
	Reader    string // the address of who is signed in; "" asks for one
}

// GiftFields are a gift's form as it was filled in, and what is wrong with it.
type GiftFields struct {
	Price, From, Email            string
	ByHand                        bool
	ToName, ToEmail, Message, Day string
	Earliest, Latest              string // days, 2006-01-02
	Errors                        map[string]string
}

func (f GiftFields) err(field string) string { return f.Errors[field] }

// giftable are the plans that can be given.
func (p GiftsPage) giftable() []billing.Plan {
	var out []billing.Plan
	for _, plan := range p.Catalogue.Plans {
		if len(plan.Gifts) > 0 {
			out = append(out, plan)
		}
	}
	return out
}

// chosen is the price whose button is set at first: what was chosen, or the
// first of the least plan.
func (p GiftsPage) chosen(key string) bool {
	if p.Fields.Price != "" {
		return p.Fields.Price == key
	}
	list := p.giftable()
	return len(list) > 0 && list[len(list)-1].Gifts[0].LookupKey == key
}

// months is "Three months".
func giftMonths(n int) string { return sentence(count(n, "month")) }

// GiftDonePage is what a buyer sees on coming back from paying.
type GiftDonePage struct {
	Frame
	Gift  billing.Gift
	Plan  billing.Plan
	Paid  bool
	Token string // of the gift's page, for the browser that bought it; "" for any other
}

func (p GiftDonePage) where() string {
	if p.Token == "" {
		return ""
	}
	if p.Gift.Handed() {
		return "The code and the card went to " + p.Gift.Buyer.Email + "; you can print the card from there."
	}
	return "It goes to " + p.Gift.To.Email + " " + p.when(p.Gift.DeliverAt) + "."
}

// when is when a gift leaves.
func (f Frame) when(at time.Time) string {
	if !at.After(f.Day) {
		return "now"
	}
	return "on " + f.date(at) + ", in the morning"
}

// GiftPage is the buyer's page of a gift.
type GiftPage struct {
	Frame
	Token  string
	Gift   billing.Gift
	Plan   billing.Plan
	Code   string // "" once it is redeemed or taken back
	Until  time.Time
	Begins time.Time // of what was redeemed
	Fields GiftFields
	Ask    bool // taking it back is asked about
}

func (p GiftPage) what() string { return sentence(GiftWords(p.Plan.Name, p.Gift.Months)) }

// state words where the gift stands.
func (p GiftPage) state() string {
	g := p.Gift
	switch g.State {
	case billing.GiftRedeemed:
		return "Redeemed on " + p.date(g.Closed) + ". It runs from " + p.date(p.Begins) + " to " + p.date(p.Until) + "."
	case billing.GiftReturning:
		if g.Dispute.Took() {
			return "Taken back on " + p.date(g.Closed) + "; its code no longer works. The cardholder’s bank has the payment of " + Money(g.Money) + " and decides about it: until then nothing can be refunded beside. If it comes back to us, it is refunded at once."
		}
		return "Taken back on " + p.date(g.Closed) + ". The refund of " + Money(g.Money) + " is being made; its code no longer works."
	case billing.GiftReturned:
		return "Taken back on " + p.date(g.Closed) + ". " + Money(g.Money) + " went back to the card it was paid with; banks take five to ten days to show it. Its code no longer works."
	case billing.GiftVoid:
		return giftVoid(g)
	}
	if g.Failure != "" {
		return "You took it back, and the refund of " + Money(g.Money) + " did not arrive: your bank sent it to us again. Until it can go back the gift is yours, with another code that nobody else has. Use it, hand it on, or take it back once more when your card works; if the card is gone, write to us."
	}
	return p.waiting()
}

// giftVoid says why the code of a gift that nobody took back is dead.
func giftVoid(g billing.Gift) string {
	switch {
	case g.Dispute.Lost():
		return "The cardholder’s bank took the payment back and has decided to keep it, so the code no longer works. Nothing is refunded beside: the bank gave the money back already. If that was a mistake, write to us."
	case g.Dispute.Took():
		return "The cardholder’s bank has taken the payment back and decides about it. Until then the code does not work; if the payment comes back to us, it works again. If that was a mistake, tell the bank, and write to us."
	}
	return "The payment was refunded, so the code no longer works. If that was a mistake, write to us."
}

func (p GiftPage) waiting() string {
	g := p.Gift
	switch {
	case g.Handed():
		return "Not redeemed yet. You hand it over: the code and the card are below."
	case !g.Sent.IsZero():
		return "Sent to " + g.To.Email + " on " + p.date(g.Sent) + ". Not redeemed yet."
	}
	return "It goes to " + g.To.Email + " " + p.when(g.DeliverAt) + "."
}

func (p GiftPage) live() bool { return p.Gift.State == billing.GiftPaid }

// send is what the button below the recipient's address says.
func (p GiftPage) send() string {
	if p.Gift.Sent.IsZero() {
		return "Save"
	}
	return "Send it again"
}

// GiftCardPage is the card, as it is printed.
type GiftCardPage struct {
	Frame
	Token string
	Gift  billing.Gift
	Plan  billing.Plan
	Code  string
	Home  string // of the paper, without a scheme
}

func (p GiftCardPage) paragraphs() []string { return giftLines(p.Gift.Message) }

// giftLines splits a message as it was typed.
func giftLines(message string) []string {
	var out []string
	for _, line := range strings.Split(message, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// RedeemPage is where a code becomes a plan.
type RedeemPage struct {
	Frame
	Code    string
	Error   string
	Offer   *billing.GiftOffer // what the code opens; nil asks for one
	Ship    billing.Postal
	ShipTo  []string // countries, by their two letters
	Country func(code string) string
	ShipErr string
}

func (p RedeemPage) what() string { return GiftWords(p.Offer.Plan.Name, p.Offer.Gift.Months) }

func (p RedeemPage) from() string {
	if name := p.Offer.Gift.Buyer.Name; name != "" {
		return "From " + name
	}
	return "A gift"
}

// how says what redeeming does.
func (p RedeemPage) how() string {
	o := p.Offer
	text := "It begins now and runs until " + p.date(o.To) + "."
	if o.From.After(p.Day) {
		text = "It begins when what you have ends, on " + p.date(o.From) + ", and runs until " + p.date(o.To) + "."
	}
	if o.Moves == nil {
		return text + " No card is asked for, and nothing is charged when it ends."
	}
	return text + " You pay for a plan: its next payment moves back from " + p.date(o.Moves.PeriodEnd) + " to " + p.date(o.Next) + "."
}

// RedeemedPage says that a gift is its reader's.
type RedeemedPage struct {
	Frame
	Plan         billing.Plan
	Begins, Ends time.Time
	Next         time.Time // when the plan that they pay for is charged again; zero for who pays for none
}

// then says what comes after it.
func (p RedeemedPage) then() string {
	if p.Next.IsZero() {
		return "No card is on file for it, and nothing is charged when it ends. We write a month before."
	}
	return "Your own plan goes on after it: its next payment is on " + p.date(p.Next) + "."
}

func (p RedeemedPage) when() string {
	if p.Begins.After(p.Day) {
		return "From " + p.date(p.Begins) + " to " + p.date(p.Ends) + ", after what you have now."
	}
	return "Until " + p.date(p.Ends) + "."
}

// AccountGifts is the account's part about gifts.
type AccountGifts struct {
	Held  []HeldGift // that run or wait
	Given []GivenGift
	Moved bool // the next payment stands where a gift moved it
	Sells bool
}

// HeldGift is a gift that the reader has.
type HeldGift struct {
	Plan         string
	Why          string // "A gift from Ada"
	Begins, Ends time.Time
	Waits        bool
}

// GivenGift is a gift that the reader bought.
type GivenGift struct {
	What, State, Token string
}

func (p AccountPage) held(g HeldGift) string {
	if g.Waits {
		return g.Why + ", from " + p.date(g.Begins) + " until " + p.date(g.Ends)
	}
	return g.Why + " until " + p.date(g.Ends)
}

// GivenState is a gift's state in a line of the account.
func GivenState(g billing.Gift, zone *time.Location) string {
	day := func(t time.Time) string { return t.In(zone).Format("2 January 2006") }
	whom := firstOf(g.To.Name, g.To.Email)
	if whom != "" {
		whom = "For " + whom + ". "
	}
	switch g.State {
	case billing.GiftRedeemed:
		return whom + "Redeemed on " + day(g.Closed)
	case billing.GiftReturning, billing.GiftReturned:
		if g.Dispute.Took() {
			return whom + "Taken back on " + day(g.Closed) + "; the bank has the payment"
		}
		return whom + "Taken back on " + day(g.Closed)
	case billing.GiftVoid:
		switch {
		case g.Dispute.Lost():
			return whom + "Void: the bank keeps the payment"
		case g.Dispute.Took():
			return whom + "On hold: the bank has the payment"
		}
		return whom + "Void: the payment was refunded"
	}
	switch {
	case g.Failure != "":
		return whom + "The refund did not arrive: it is yours again"
	case g.Handed():
		return whom + "Not redeemed yet"
	case !g.Sent.IsZero():
		return whom + "Sent on " + day(g.Sent) + ", not redeemed yet"
	}
	return whom + "Goes out on " + day(g.DeliverAt)
}

// giftPill is a gift's state as the desk sees it: where it stands, and what
// became of its money.
func giftPill(g billing.Gift) string {
	state := sentence(string(g.State))
	switch d := g.Dispute; {
	case d.Lost():
		return state + ", dispute lost"
	case d.Took():
		return state + ", disputed"
	case d.Status == billing.DisputeWon:
		return state + ", dispute won"
	case g.Failure != "":
		return state + ", refund failed"
	}
	return state
}

// groups is a code as HTML: a line may break after a hyphen, and in no group.
// It is written here because a template would put spaces between the groups.
func groups(code string) string {
	var b strings.Builder
	for i, g := range strings.SplitAfter(code, "-") {
		if i > 0 {
			b.WriteString("<wbr>")
		}
		b.WriteString("<span>" + html.EscapeString(g) + "</span>")
	}
	return b.String()
}

// countries are those that the magazine goes to, by their two letters.
func countries(list []string, chosen string) []country {
	out := make([]country, len(list))
	for i, code := range list {
		out[i] = country{code, code == chosen}
	}
	return out
}

type country struct {
	code   string
	chosen bool
}

func maxLength(n int) string { return strconv.Itoa(n) }

// describedLine names the sentences below a field that may have a hint.
func describedLine(id, err, hint string) string {
	if hint == "" {
		return id + "-err"
	}
	return describedBy(id, err)
}
