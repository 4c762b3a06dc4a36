package drill

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// account is what a reader's mails are measured by: how often there was cause.
type account struct {
	subs, ended, paid, attempts, hard int
}

// accounts counts the causes from the books, by address.
func (e *evidence) accounts() map[string]account {
	out := map[string]account{}
	note := func(customer string, change func(*account)) {
		if reader := e.books.reader(customer); reader != "" {
			a := out[e.rows.readers[reader]]
			change(&a)
			out[e.rows.readers[reader]] = a
		}
	}
	for _, s := range e.books.subs {
		note(s.Customer, func(a *account) {
			a.subs++
			if s.Status == "canceled" || s.Status == "unpaid" {
				a.ended++
			}
		})
	}
	for _, g := range e.rows.gifts { // a gift that is over has a letter of its own
		a := out[e.rows.readers[g.reader]]
		a.ended++
		out[e.rows.readers[g.reader]] = a
	}
	for _, inv := range e.books.invoices {
		note(inv.Customer, func(a *account) {
			a.attempts += inv.Attempts
			if inv.Status == "paid" && inv.AmountPaid > 0 {
				a.paid++
				if inv.Attempts > 1 {
					a.hard++
				}
			}
		})
	}
	return out
}

// kinds are the letters of which a reader may get several that read alike: each
// has a cause that can be counted. Every other letter is sent once.
var kinds = []struct {
	name    string
	subject *regexp.Regexp
	most    func(account) int
}{
	{"welcomes", regexp.MustCompile(`^(Welcome: |.* was bought with your address)`), func(a account) int { return a.subs }},
	{"receipts", regexp.MustCompile(`^Receipt: `), func(a account) int { return a.paid }},
	{"letters about a failed payment", regexp.MustCompile(`^(The payment of .* did not go through|Please confirm the payment)`), func(a account) int { return a.attempts }},
	{"letters about a recovery", regexp.MustCompile(`^Paid: .* goes on`), func(a account) int { return a.hard }},
	{"letters about an end", regexp.MustCompile(`has ended$`), func(a account) int { return a.ended }},
}

var (
	receiptNumber = regexp.MustCompile(`Receipt ([A-Z0-9]+-\d{4,})`)
	codeSubject   = regexp.MustCompile(`^\d{6} is your code`)
	linkToken     = regexp.MustCompile(`https?://\S+`)
)

// checkMails: no letter came twice, and none without a cause.
func checkMails(e *evidence) (wrong []string) {
	numbers, letters, counts := map[string]int{}, map[string]int{}, map[[2]string]int{}
	for _, m := range e.mails {
		if found := receiptNumber.FindStringSubmatch(m.Text); found != nil && strings.HasPrefix(m.Subject, "Receipt: ") {
			numbers[found[1]]++
		}
		kind := ""
		for _, k := range kinds {
			if k.subject.MatchString(m.Subject) {
				kind = k.name
			}
		}
		switch {
		case kind != "":
			counts[[2]string{m.To, kind}]++
		case !codeSubject.MatchString(m.Subject):
			letters[m.To+", "+m.Subject+"\n"+linkToken.ReplaceAllString(m.Text, "…")]++
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		if numbers[number] > 1 {
			wrong = append(wrong, fmt.Sprintf("the receipt %s was sent %d times", number, numbers[number]))
		}
	}
	for _, letter := range slices.Sorted(maps.Keys(letters)) {
		if letters[letter] > 1 {
			head, _, _ := strings.Cut(letter, "\n")
			wrong = append(wrong, fmt.Sprintf("the same letter was sent %d times: %s", letters[letter], head))
		}
	}
	accounts := e.accounts()
	for _, k := range kinds {
		for who, n := range counts {
			if most := k.most(accounts[who[0]]); who[1] == k.name && n > most {
				wrong = append(wrong, fmt.Sprintf("%s got %d %s, and there was cause for %d", who[0], n, k.name, most))
			}
		}
	}
	return wrong
}
