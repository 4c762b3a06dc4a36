package mail

import (
	"strconv"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Code carries the six digits that sign a reader in, and the link that does the same.
type Code struct {
	Code    string // six digits
	Link    string // absolute; opening it only shows a button
	Minutes int    // how long both work
}

// Letter writes it.
func (c Code) Letter(h House) (Letter, error) {
	lasts := plural(c.Minutes, "minute")
	return h.write(letter{
		subject: c.Code + " is your code for " + h.Paper.Name,
		preview: "It works for " + lasts + ", once.",
		title:   "This is your code.",
		big:     c.Code,
		under:   "It works for " + lasts + ", once. Nobody from " + h.Paper.Name + " will ever ask you for it.",
		button:  "Or sign in on this device",
		link:    c.Link,
		foot:    "You get this because somebody, most likely you, typed this address at " + h.home() + ". If it was not you, do nothing: nobody gets in without the code.",
	})
}

// Welcome says that a plan has begun.
type Welcome struct {
	Name     string // the reader's; "" for none
	Plan     string
	Money    billing.Money
	Interval billing.Interval
	Next     time.Time     // of the next payment
	Sum      billing.Money // of the next payment, when it is another
	Ship     string        // where the magazine goes, in one line; "" for a plan without it
}

// Letter writes it.
func (w Welcome) Letter(h House) (Letter, error) {
	price := views.Money(w.Money) + " a " + string(w.Interval)
	paras := []string{"You pay " + price + ". The next payment is " + sumOn(w.Sum) + "on " + h.date(w.Next) + ", and so on until you cancel, which takes two clicks in your account."}
	if w.Ship != "" {
		paras = append(paras, "The magazine goes to "+w.Ship+".")
	}
	return h.write(letter{
		subject: "Welcome: " + w.Plan + " is yours from now",
		preview: "Every story is open. Next payment on " + h.date(w.Next) + ".",
		title:   greet("Welcome", w.Name) + " " + w.Plan + " is yours from now: every story is open.",
		paras:   paras,
		button:  "Start reading",
		link:    h.BaseURL + "/",
		foot:    "You get this because you subscribed to " + h.Paper.Name + ".",
		leave:   true,
	})
}

// Receipt says that a payment was taken.
type Receipt struct {
	Name     string // the reader's; "" for none
	Number   string // of the invoice
	Plan     string
	Paid     billing.Money
	At       time.Time     // of the payment
	Card     string        // "the card ending 4242"; "" when it isn't known
	From, To time.Time     // the period paid for; zero leaves it out
	Lines    []Line        // what else stands on the invoice: credits, taxes; the plan's own line comes first when it's empty
	Next     time.Time     // of the next payment; zero when there is none
	Sum      billing.Money // of the next payment; zero leaves it out
	Invoice  string        // its id, for its page and its PDF; "" leads to the account
}

// Letter writes it.
func (r Receipt) Letter(h House) (Letter, error) {
	sum := views.Money(r.Paid)
	paid := "Paid on " + h.date(r.At)
	if r.Card != "" {
		paid += " with " + r.Card
	}
	lines := r.Lines
	if len(lines) == 0 {
		lines = []Line{{Text: r.what(h), Money: r.Paid}}
	}
	lines = append(lines[:len(lines):len(lines)], Line{Text: "Paid", Money: r.Paid, Bold: true})
	next := "There is nothing more to pay."
	if !r.Next.IsZero() {
		next = "The next payment is " + sumOn(r.Sum) + "on " + h.date(r.Next) + "."
	}
	l := letter{
		subject: "Receipt: " + sum + " for " + r.Plan,
		preview: paid + ". " + next + " Nothing to do.",
		title:   greet("Thank you", r.Name) + " This is your receipt.",
		big:     sum,
		under:   paid,
		table:   lines,
		paras:   []string{next},
		button:  "See your account",
		link:    h.account(""),
		foot:    "Receipt " + r.Number + ". You get this because you pay for " + h.Paper.Name + "; receipts come whether or not you take our letters.",
		leave:   true,
	}
	if r.Invoice != "" {
		l.button, l.link = "See the invoice", h.BaseURL+views.InvoicePath(r.Invoice)
		l.also, l.alsoTo = "The same as PDF", h.BaseURL+views.InvoicePDFPath(r.Invoice)
	}
	return h.write(l)
}

func (r Receipt) what(h House) string {
	if r.From.IsZero() || r.To.IsZero() {
		return r.Plan
	}
	return r.Plan + ", " + h.date(r.From) + " to " + h.date(r.To)
}

// Purchase tells the owner of an address what was bought with it before the address was proven: anybody can type an
// address, and its owner must hear of it.
type Purchase struct {
	Plan     string
	Money    billing.Money
	Interval billing.Interval
	At       time.Time
	Free     time.Time // nothing is charged before; zero when it was paid at once
}

// Letter writes it.
func (p Purchase) Letter(h House) (Letter, error) {
	price := "for " + views.Money(p.Money) + " a " + string(p.Interval)
	if !p.Free.IsZero() {
		price = "free until " + h.date(p.Free) + " and then " + price
	}
	return h.write(letter{
		subject: p.Plan + " was bought with your address",
		preview: "If it was you, sign in once. If not, you can cancel it.",
		title:   p.Plan + " was bought with your address, " + price + ".",
		under:   "Bought on " + h.date(p.At),
		paras: []string{
			"If it was you, sign in once with this address, and the plan is yours on every device.",
			"If it was not you, sign in all the same: that signs out every other device, and you can cancel the plan in your account.",
		},
		button: "Sign in",
		link:   h.BaseURL + "/signin",
		foot:   "You get this because this address was typed at " + h.home() + " when the plan was bought.",
		leave:  true,
	})
}

// greet adds a name to a word of greeting, when there is one.
func greet(word, name string) string {
	if name == "" {
		return word + "."
	}
	first, _, _ := strings.Cut(name, " ")
	return word + ", " + first + "."
}

func plural(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
