package mail

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/news"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	zone  = time.FixedZone("CEST", 2*60*60)
	third = time.Date(2024, time.May, 2, 22, 30, 0, 0, time.UTC) // the 3rd where the paper is
)

func house() House {
	return House{
		Paper: news.Publication{
			Name: "The Example", Language: "en-GB", Address: "1 Quay\nPorto",
			Accent: news.Accent{Light: "#0a5cad", Dark: "#ffd966"},
		},
		Zone: zone, BaseURL: "https://paper.example",
	}
}

func eur(cents int64) billing.Money { return billing.Money{Amount: cents, Currency: "eur"} }

func gift() Gift {
	return Gift{Plan: "Print + Digital", Months: 6, From: "Ada", To: "Bo", Message: "Many happy returns.\n\nUntil <Friday>.", Ships: true, Token: "token"}
}

type writer interface{ Letter(House) (Letter, error) }

func letters() map[string]writer {
	return map[string]writer{
		"code":         Code{Code: "407182", Link: "https://paper.example/signin/link/abc", Minutes: 15},
		"welcome":      Welcome{Name: "Maud Ferreira", Plan: "Print + Digital", Money: eur(1400), Interval: billing.Monthly, Next: third.AddDate(0, 1, 0), Ship: "18 Rua das Flores, 4050-262 Porto"},
		"welcome-bare": Welcome{Plan: "Digital", Money: eur(7000), Interval: billing.Yearly, Next: third.AddDate(1, 0, 0)},
		"receipt": Receipt{
			Name: "Maud Ferreira", Number: "EX-0001", Plan: "Print + Digital", Paid: eur(1400), At: third, Card: "the card ending 4242",
			From: third, To: third.AddDate(0, 1, 0), Next: third.AddDate(0, 1, 0), Invoice: "in_1",
			Lines: []Line{{Text: "Print + Digital, May 2024", Money: eur(1615)}, {Text: "Credit for an edition that did not come", Money: eur(-215)}},
		},
		"declined":      Declined{Plan: "Digital", Money: eur(700), Of: third, Until: third.AddDate(0, 0, 14), Next: third.AddDate(0, 0, 3), Why: "The card has run out.", Token: "abc"},
		"declined-last": Declined{Plan: "Digital", Money: eur(700), Of: third, Token: "abc"},
		"confirm":       Confirm{Plan: "Digital", Money: eur(700), Of: third, Until: third.AddDate(0, 0, 14), Link: "https://pay.example/invoice"},
		"recovered":     Recovered{Plan: "Digital", Money: eur(700), Next: third.AddDate(0, 1, 0)},
		"lapsed":        Lapsed{Plan: "Digital", Money: eur(700), Of: third},
		"card":          CardExpires{Plan: "Digital", Last4: "4242", Month: time.August, Year: 2027, Next: third.AddDate(0, 1, 0)},
		"renews":        Renews{Plan: "Digital", Money: eur(7000), On: third.AddDate(0, 1, 0), Card: "the card ending 4242"},
		"paused":        Paused{Plan: "Digital", Money: eur(700), From: third, Until: third.AddDate(0, 2, 0)},
		"paused-open":   Paused{Plan: "Digital", Money: eur(700), From: third},
		"paused-free":   Paused{Plan: "Digital", Money: eur(700), From: third, Until: third.AddDate(0, 2, 0), Free: true},
		"paused-later":  Paused{Plan: "Digital", Money: eur(700), From: third, Free: true, Later: true},
		"returns":       Returns{Plan: "Digital", Money: eur(700), On: third.AddDate(0, 2, 0), Card: "the card ending 4242"},
		"returns-free":  Returns{Plan: "Digital", Money: eur(700), On: third.AddDate(0, 2, 0), Free: true},
		"trial":         TrialBegan{Name: "Maud Ferreira", Plan: "Digital", Money: eur(700), Interval: billing.Monthly, Ends: third, Card: "the card ending 4242"},
		"trial-bare":    TrialBegan{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, Ends: third},
		"trial-ends":    TrialEnds{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, On: third, Card: "the card ending 4242"},
		"trial-no-card": TrialEnds{Plan: "Digital", Money: eur(7000), Interval: billing.Yearly, On: third},
		"trial-over":    TrialOver{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, On: third},
		"trial-paused":  TrialOver{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, On: third, Paused: true},
		"changed":       Changed{From: "Digital", To: "Print + Digital", Interval: billing.Monthly, Money: eur(1400), Next: third.AddDate(0, 1, 0), Gains: true},
		"changed-year":  Changed{From: "Digital", To: "Digital", Interval: billing.Yearly, Money: eur(7000)},
		"renews-before": Renews{Plan: "Digital", Money: eur(7000), On: third.AddDate(0, 1, 0), Before: eur(3500)},
		"receipt-less":  Receipt{Number: "EX-0003", Plan: "Digital", Paid: eur(350), At: third, Next: third.AddDate(0, 1, 0), Sum: eur(350), Lines: []Line{{Text: "1 × Digital", Money: eur(700)}, {Text: "Discount", Money: eur(-350)}}},
		"house-trouble": HouseTrouble{Kind: "backup", Says: "No backup was ever made.", Do: "Run broadsheet backup FILE.", Since: third},
		"house-mended":  HouseTrouble{Kind: "pending", Mended: true, Since: third},
		"second":        Second{Reader: "maud@example.org", Plan: "Digital", Subscription: "sub_1", Refund: eur(700), Refunds: []string{"re_1"}},
		"credited":      Credited{Plan: "Digital", Money: eur(215), Number: "EX-0001", Invoice: "in_1", At: third, Reason: "Edition 403 did not arrive"},
		"credited-kept": Credited{Plan: "Your plan", Money: eur(215), At: third, Kept: true},
		"refund-failed": RefundFailed{Reader: "maud@example.org", Money: eur(215), Number: "EX-0001", Refund: "re_1", Failure: "expired_or_canceled_card"},
		"refund-gift":   RefundFailed{Reader: "ada@example.org", Money: eur(3900), Number: "EX-0003", Refund: "re_1", Failure: "lost_or_stolen_card", Again: true},
		"bounced":       RefundBounced{Plan: "Digital", Money: eur(215), Number: "EX-0001", Invoice: "in_1", Failure: "expired_or_canceled_card"},
		"bounced-bare":  RefundBounced{Plan: "Your payment", Money: eur(215), Failure: "merchant_request"},
		"gift-bounced":  RefundBounced{Money: eur(3900), Failure: "unknown", Gift: &Gift{Plan: "Digital", Months: 6, Token: "token"}, Again: true},
		"gift-asked":    GiftDisputed{Gift: gift(), Stage: StageInquiry, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900), Reason: "unrecognized", Due: third.AddDate(0, 0, 9), URL: "https://desk.example"},
		"gift-disputed": GiftDisputed{Gift: gift(), Stage: StageOpened, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900), Reason: "fraudulent", Due: third.AddDate(0, 0, 9), URL: "https://desk.example"},
		"gift-won":      GiftDisputed{Gift: gift(), Stage: StageWon, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900)},
		"gift-won-back": GiftDisputed{Gift: gift(), Stage: StageWon, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900), Back: true},
		"gift-lost":     GiftDisputed{Gift: gift(), Stage: StageLost, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900)},
		"gift-lost-had": GiftDisputed{Gift: gift(), Stage: StageLost, Buyer: "ada@example.org", Number: "EX-0003", Dispute: "dp_1", Money: eur(3900), Held: true},
		"inquiry":       Disputed{Stage: StageInquiry, Reader: "maud@example.org", Plan: "Digital", Number: "EX-0001", Dispute: "dp_1", Money: eur(700), Reason: "unrecognized", Due: third.AddDate(0, 0, 9), URL: "https://desk.example"},
		"disputed":      Disputed{Stage: StageOpened, Reader: "maud@example.org", Plan: "Digital", Number: "EX-0001", Dispute: "dp_1", Money: eur(700), Reason: "fraudulent", Due: third.AddDate(0, 0, 9), URL: "https://desk.example"},
		"disputed-held": Disputed{Stage: StageOpened, Reader: "maud@example.org", Plan: "Digital", Dispute: "dp_1", Money: eur(700), Reason: "general", Held: true},
		"dispute-won":   Disputed{Stage: StageWon, Reader: "maud@example.org", Plan: "Digital", Number: "EX-0001", Dispute: "dp_1", Money: eur(700)},
		"dispute-lost":  Disputed{Stage: StageLost, Reader: "maud@example.org", Plan: "Digital", Number: "EX-0001", Dispute: "dp_1", Money: eur(700)},
		"receipt-bare":  Receipt{Number: "EX-0002", Plan: "Digital", Paid: eur(700), At: third},
		"purchase-free": Purchase{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, At: third, Free: third.AddDate(0, 0, 14)},
		"gift-bought":   GiftBought{Gift: gift(), Paid: eur(3900), At: third, Number: "EX-0003", Receipt: "https://pay.example/invoice", Email: "bo@example.org", On: third.AddDate(0, 1, 0)},
		"gift-hand":     GiftBought{Gift: Gift{Plan: "Digital", Months: 3, Token: "t"}, Paid: eur(2100), At: third, Number: "EX-0004", Code: "3467-9ACD-EFGH-JKMN-PQRT"},
		"gift":          GiftArrives{Gift: gift(), Code: "3467-9ACD-EFGH-JKMN-PQRT"},
		"gift-bare":     GiftArrives{Gift: Gift{Plan: "Digital", Months: 3}, Code: "3467-9ACD-EFGH-JKMN-PQRT"},
		"gift-began":    GiftBegan{Gift: gift(), Begins: third, Ends: third.AddDate(0, 6, 0)},
		"gift-later":    GiftBegan{Gift: gift(), Begins: third.AddDate(0, 1, 0), Ends: third.AddDate(0, 7, 0), Later: true, Paying: true},
		"gift-ends":     GiftEnds{Gift: gift(), Ends: third},
		"gift-over":     GiftEnds{Gift: gift(), Ends: third, Over: true},
		"gift-pays":     GiftPays{Plan: "Digital", Money: eur(700), Interval: billing.Monthly, On: third, Card: "the card ending 4242"},
		"gift-back":     GiftBack{Gift: gift(), Money: eur(3900)},
		"gift-trouble":  GiftTrouble{Gift: gift(), Money: eur(3900), Reader: "bo@example.org", Ends: third, Charge: "ch_1", Due: third.AddDate(0, 0, 9), URL: "https://desk.example"},
		"purchase":      Purchase{Plan: "Digital <&>", Money: eur(700), Interval: billing.Monthly, At: third},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, w := range letters() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := w.Letter(house())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", "Subject: "+got.Subject+"\n\n"+got.Text)
			golden(t, name+".html", got.HTML)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; if it should, run go test ./views/mail -update\n%s", name, diff)
	}
}

// Both forms of a letter are drawn from the same words; this holds the twins together.
func TestTwinsSayTheSame(t *testing.T) {
	t.Parallel()
	for name, w := range letters() {
		l, err := w.Letter(house())
		if err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(l.HTML))
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.Join(strings.Fields(l.Text), " ")
		doc.Find("h1, .sum, td p, td.rule").Each(func(_ int, s *goquery.Selection) {
			if s.Find("a").Length() > 0 || s.Is("p.rule") {
				return // links are written out in the text
			}
			if words := strings.Join(strings.Fields(s.Text()), " "); words != house().Paper.Name && !strings.Contains(plain, words) {
				t.Errorf("%s: the text lacks %q", name, words)
			}
		})
		doc.Find("a").Each(func(_ int, s *goquery.Selection) {
			if href := s.AttrOr("href", ""); !strings.HasPrefix(href, "https://") || !strings.Contains(l.Text, href) {
				t.Errorf("%s: the text lacks the address %q", name, href)
			}
		})
	}
}

func TestLettersCarryNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for name, w := range letters() {
		l, err := w.Letter(house())
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<img", "<script", "<link", "url(", "@import"} {
			if strings.Contains(l.HTML, bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
		if strings.ContainsAny(l.Subject, "\r\n") {
			t.Errorf("%s: the subject has more than a line", name)
		}
		for line := range strings.Lines(l.Text) {
			if line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) > width && !strings.Contains(line, "://") {
				t.Errorf("%s: a line of %d characters: %s", name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

func TestAccentThatIsNoColourIsIgnored(t *testing.T) {
	t.Parallel()
	h := house()
	h.Paper.Accent = news.Accent{Light: "red;}", Dark: "</style>"}
	l, err := Code{Code: "1"}.Letter(h)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(l.HTML, "red;}") || strings.Count(l.HTML, "</style>") != 2 {
		t.Error("the accent got into the letter")
	}
}
