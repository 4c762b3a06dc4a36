package mail

import (
	"strconv"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Gift is what letters about a gift have in common.
type Gift struct {
	Plan    string
	Months  int
	From    string // the buyer's name; "" without one
	To      string // the recipient's
	Message string // plain text, perhaps of several lines
	Ships   bool   // the magazine belongs to it
	Token   string // of the buyer's link
}

// what is "six months of Digital".
func (g Gift) what() string { return views.GiftWords(g.Plan, g.Months) }

func (g Gift) link(h House) string { return h.BaseURL + views.GiftPath(g.Token) }

// GiftBought is the buyer's receipt, and the way to the gift.
type GiftBought struct {
	Gift
	Paid    billing.Money
	At      time.Time
	Number  string // of the invoice
	Receipt string // its address
	Email   string // where the gift goes; "" when the buyer hands it over
	On      time.Time
	Code    string // for who hands it over
}

// Letter writes it.
func (g GiftBought) Letter(h House) (Letter, error) {
	l := letter{
		subject: "Your gift: " + g.what(),
		preview: views.Money(g.Paid) + ". It can be taken back until it is redeemed.",
		title:   "Thank you. " + views.Sentence(g.what()) + " is paid for.",
		under:   "Paid on " + h.date(g.At),
		table:   []Line{{Text: views.Sentence(g.what()) + ", a gift", Money: g.Paid}, {Text: "Paid", Money: g.Paid, Bold: true}},
		button:  "See the gift and its card",
		link:    g.link(h),
		after:   "Whoever has the link to the gift can see its code, change where it goes, and take it back. Keep it to yourself.",
		foot:    "Receipt " + g.Number + ". You get this because you bought a gift at " + h.home() + ".",
	}
	if g.Code != "" {
		l.paras = []string{
			"This is the code: " + g.Code,
			"Write it on a card of your own, or print ours. It is redeemed at " + h.home() + views.RedeemPath + ".",
		}
	} else {
		l.paras = []string{"It goes to " + g.Email + " on " + h.date(g.On) + ", in the morning. Until then you can change the address and the day; and when it was the wrong one, afterwards too."}
	}
	l.paras = append(l.paras, "Until it is redeemed you can take it back, and all of it is refunded.")
	if g.Receipt != "" {
		l.also, l.alsoTo = "The invoice", g.Receipt
	}
	return h.write(l)
}

// GiftArrives brings the gift to its recipient.
type GiftArrives struct {
	Gift
	Code string
}

// Letter writes it.
func (g GiftArrives) Letter(h House) (Letter, error) {
	from := g.From
	if from == "" {
		from = "somebody"
	}
	hello := ""
	if g.To != "" {
		hello = g.To + ", "
	}
	l := letter{
		subject: views.Sentence(from) + " gives you " + g.what(),
		preview: "Of " + h.Paper.Name + ". The code is inside.",
		title:   views.Sentence(hello+from) + " gives you " + g.what() + " of " + h.Paper.Name + ".",
		big:     g.Code,
		under:   "This is your code. It does not run out.",
		button:  "Redeem the gift",
		link:    h.BaseURL + views.RedeemPath + "?code=" + g.Code,
		foot:    "You get this because " + from + " gave us this address for the gift. We forget it after 90 days and write nothing else to it.",
	}
	for _, para := range strings.Split(g.Message, "\n") {
		if para = strings.TrimSpace(para); para != "" {
			l.paras = append(l.paras, "“"+para+"”")
		}
	}
	how := "To redeem it, sign in with any e-mail address of yours; there is no password. No card is asked for, and nothing is charged when it ends."
	if g.Ships {
		how += " We ask where the magazine is to go."
	}
	l.paras = append(l.paras, how, "If you read us already, it makes what you have longer.")
	return h.write(l)
}

// GiftBegan tells the recipient what they have.
type GiftBegan struct {
	Gift
	Begins, Ends time.Time
	Later        bool // it begins when something else ends
	Paying       bool // they pay for a plan, whose next payment moves
}

// Letter writes it.
func (g GiftBegan) Letter(h House) (Letter, error) {
	title := g.Plan + " is yours until " + h.date(g.Ends) + "."
	if g.Later {
		title = g.Plan + " is yours from " + h.date(g.Begins) + " to " + h.date(g.Ends) + ", after what you have now."
	}
	next := "No card is on file for it, and nothing is charged when it ends. We write a month before."
	if g.Paying {
		next = "Your own plan goes on after it: its next payment moves back by " + months(g.Months) + ". Your account shows the day."
	}
	return h.write(letter{
		subject: "Your gift has been redeemed: " + g.Plan + " until " + h.date(g.Ends),
		preview: "There is nothing to pay and nothing to do.",
		title:   title,
		under:   views.Sentence(g.giver()),
		paras:   []string{next},
		button:  "Start reading",
		link:    h.BaseURL + "/",
		foot:    "You get this because you redeemed a gift at " + h.home() + ".",
	})
}

func (g Gift) giver() string {
	if g.From == "" {
		return "a gift"
	}
	return "a gift from " + g.From
}

// GiftEnds invites to go on, a month before a gift's end or at it.
type GiftEnds struct {
	Gift
	Ends time.Time
	Over bool
}

// Letter writes it.
func (g GiftEnds) Letter(h House) (Letter, error) {
	l := letter{
		subject: "Your gift ends on " + h.date(g.Ends),
		preview: "Nothing is charged. If you want to go on, it takes a minute.",
		title:   g.Plan + ", " + g.giver() + ", ends on " + h.date(g.Ends) + ".",
		under:   "Nothing is charged then: we have no card of yours for it",
		paras:   []string{"If you want to go on, choose a plan now. You lose none of the gift: the first renewal moves back by what is left of it."},
		button:  "See the plans",
		link:    h.BaseURL + views.SubscribePath,
		foot:    "You get this because you redeemed a gift at " + h.home() + ".",
	}
	if g.Over {
		l.subject, l.preview = "Your gift has ended", "Your account and what you wrote are kept."
		l.title = g.Plan + ", " + g.giver() + ", has ended."
		l.under = "Nothing was charged"
		l.paras = []string{"Your account, what you saved and what you wrote are kept. You read what every registered reader reads. With a plan of your own everything opens again."}
	}
	return h.write(l)
}

// GiftPays says that the payments of one's own plan go on after a gift.
type GiftPays struct {
	Plan     string
	Money    billing.Money
	Interval billing.Interval
	On       time.Time
	Card     string // "the card ending 4242"; "" when it isn't known
}

// Letter writes it.
func (g GiftPays) Letter(h House) (Letter, error) {
	how := "Charged that day, for a " + string(g.Interval)
	if g.Card != "" {
		how += ", from " + g.Card
	}
	return h.write(letter{
		subject: "Your gift ends, and " + g.Plan + " goes on: " + views.Money(g.Money) + " on " + h.date(g.On),
		preview: "If you stay, there is nothing to do.",
		title:   "Your gift ends on " + h.date(g.On) + ", and your own plan goes on.",
		big:     views.Money(g.Money),
		under:   how,
		paras:   []string{"If you stay, there is nothing to do. If you cancel before that day, in two clicks, you keep everything until then and nothing is charged."},
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	})
}

// GiftBack tells the buyer that the money goes back.
type GiftBack struct {
	Gift
	Money billing.Money
}

// Letter writes it.
func (g GiftBack) Letter(h House) (Letter, error) {
	return h.write(letter{
		subject: "Refund: " + views.Money(g.Money) + " for your gift",
		preview: "The code no longer works.",
		title:   "You took your gift back. All of it is refunded.",
		big:     views.Money(g.Money),
		under:   views.Sentence(g.what()) + ". Banks take five to ten days to show it.",
		paras:   []string{"The code no longer works, also where it was sent or printed already."},
		foot:    "You get this because you bought a gift at " + h.home() + ".",
	})
}

// GiftTrouble tells the publisher that a redeemed gift was not paid for after all.
type GiftTrouble struct {
	Gift
	Money  billing.Money
	Reader string // the address of the account that has it
	Ends   time.Time
	Charge string // Stripe's, ch_…
	Due    time.Time
	URL    string // where a dispute is answered; "" without one
}

// Letter writes it.
func (g GiftTrouble) Letter(h House) (Letter, error) {
	l := letter{
		subject: "A redeemed gift was refunded or disputed",
		preview: views.Money(g.Money) + ", " + g.Charge + ". You decide what follows.",
		title:   "The payment for a gift that somebody has redeemed was taken back, or is disputed.",
		under:   views.Sentence(g.what()) + ", " + views.Money(g.Money) + ", " + g.Charge,
		paras: []string{
			"The gift is held by " + g.Reader + ", until " + h.date(g.Ends) + ". Nothing was taken from them: they did nothing wrong, and most likely know nothing of it.",
			"Had nobody redeemed the gift, its code would have died by itself.",
		},
		foot: publisher(h),
	}
	if g.URL != "" {
		l.button, l.link = "Answer at the payment service", g.URL
	}
	if !g.Due.IsZero() {
		l.paras = append(l.paras, "Answer by "+h.date(g.Due)+"; without an answer the payment is lost.")
	}
	return h.write(l)
}

func months(n int) string {
	if n == 1 {
		return "a month"
	}
	return strconv.Itoa(n) + " months"
}
