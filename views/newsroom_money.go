package views

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"broadsheet/billing"
	"broadsheet/numbers"
)

// MoneyPage is what subscriptions bring, and who came and went.
type MoneyPage struct {
	NumbersFrame
	Reckoned   time.Time // zero if never
	Currency   string    // of all that follows
	Currencies []string  // that there are
	Catalogue  billing.Catalogue
	Days       []numbers.MoneyDay // of the span, and of the day before it
	Moves      []numbers.Move
	Taken      []numbers.Taken
	Cohorts    []numbers.Cohort // of the year up to the span's end
	ThisMonth  int64
}

func (p MoneyPage) money(amount int64) billing.Money {
	return billing.Money{Amount: amount, Currency: p.Currency}
}

// monthly is a twelfth of what is paid in a year, to the minor unit.
func (p MoneyPage) monthly(yearly int64) billing.Money { return p.money(twelfth(yearly)) }

func twelfth(yearly int64) int64 { return (yearly + 6) / 12 }

// endOfDay is how things stood at the end of a day.
type endOfDay struct {
	day int64
	numbers.MoneyDay
}

// byDay adds plans up, a row for each day of the span up to today.
func (p MoneyPage) byDay() []endOfDay {
	sums := map[int64]numbers.MoneyDay{}
	for _, d := range p.Days {
		sums[d.Day] = plus(sums[d.Day], d)
	}
	var out []endOfDay
	last := min(p.Span.Range.To, p.today()+1)
	for day := p.Span.Range.From; day < last; day++ {
		out = append(out, endOfDay{day, sums[day]})
	}
	return out
}

func plus(a, b numbers.MoneyDay) numbers.MoneyDay {
	b.Subscribers, b.PastDue, b.Trials = a.Subscribers+b.Subscribers, a.PastDue+b.PastDue, a.Trials+b.Trials
	b.Paused, b.Yearly = a.Paused+b.Paused, a.Yearly+b.Yearly
	return b
}

func (f NumbersFrame) today() int64 { return numbers.DayOf(f.Day.In(f.zone())) }

// before is how things stood when the span began.
func (p MoneyPage) before() (sum numbers.MoneyDay) {
	for _, d := range p.Days {
		if d.Day == p.Span.Range.From-1 {
			sum = plus(sum, d)
		}
	}
	return sum
}

func (p MoneyPage) now() numbers.MoneyDay {
	if all := p.byDay(); len(all) > 0 {
		return all[len(all)-1].MoneyDay
	}
	return numbers.MoneyDay{}
}

// moved counts the moves of some kinds, and what they cost in a year.
func (p MoneyPage) moved(kinds ...numbers.Kind) (n, yearly int64) {
	for _, m := range p.Moves {
		if slices.Contains(kinds, m.Kind) {
			n, yearly = n+m.N, yearly+m.Yearly
		}
	}
	return n, yearly
}

func (p MoneyPage) taken(kinds ...numbers.Taking) (n, amount int64) {
	for _, t := range p.Taken {
		if slices.Contains(kinds, t.Kind) {
			n, amount = n+t.N, amount+t.Amount
		}
	}
	return n, amount
}

func (p MoneyPage) arpu(d numbers.MoneyDay) billing.Money {
	if d.Subscribers == 0 {
		return p.money(0)
	}
	return p.money((d.Yearly + 6*d.Subscribers) / (12 * d.Subscribers))
}

func (p MoneyPage) kpis() []KPI {
	days, was, now := p.byDay(), p.before(), p.now()
	line := func(of func(numbers.MoneyDay) int64) []int64 {
		out := make([]int64, len(days))
		for i, d := range days {
			out[i] = of(d.MoneyDay)
		}
		return out
	}
	signed := func(n int64) string {
		if n < 0 {
			return "−" + thousands(-n)
		}
		return "+" + thousands(n)
	}
	lost, _ := p.moved(numbers.Lost)
	failed, _ := p.taken(numbers.Failed)
	saved, amount := p.taken(numbers.Recovered)
	return []KPI{
		{Label: "Subscribers", Value: thousands(now.Subscribers), Change: signed(now.Subscribers - was.Subscribers), Good: now.Subscribers >= was.Subscribers,
			Note: "since the day before", Line: line(func(d numbers.MoneyDay) int64 { return d.Subscribers })},
		{Label: "Monthly recurring income", Value: Money(p.monthly(now.Yearly)), Change: changed(now.Yearly, was.Yearly), Good: now.Yearly >= was.Yearly,
			Line: line(func(d numbers.MoneyDay) int64 { return d.Yearly })},
		{Label: "A subscriber brings", Value: Money(p.arpu(now)), Note: "a month"},
		{Label: "Lost", Value: thousands(lost), Note: p.churn(lost) + " of subscribers a month"},
		{Label: "Payments failing", Value: thousands(now.PastDue), Note: itoa(int(saved)) + " of " + itoa(int(failed)) + " recovered, " + Money(p.money(amount)),
			Line: line(func(d numbers.MoneyDay) int64 { return d.PastDue })},
	}
}

// churn is the share of subscribers that is lost in thirty days, over the span.
func (p MoneyPage) churn(lost int64) string {
	var days int64
	for _, d := range p.byDay() {
		days += d.Subscribers
	}
	return percent(30*lost, days)
}

func (p MoneyPage) subscribersChart() lineChart {
	c := lineChart{ID: "c-subscribers", Title: "Subscribers, " + p.span(), Text: thousandsShort}
	s := series{Name: "Subscribers"}
	for _, d := range p.byDay() {
		c.Labels, s.Values = append(c.Labels, p.short(d.day)), append(s.Values, d.Subscribers)
	}
	c.Series, c.Says = []series{s}, "Subscribers "+extremes(lineChart{Labels: c.Labels, Text: thousands}, s)+"."
	return c
}

func (p MoneyPage) incomeChart() lineChart {
	// The axis counts whole units of the currency.
	unit := int64(1)
	for range billing.Decimals(p.Currency) {
		unit *= 10
	}
	c := lineChart{ID: "c-income", Title: "Monthly recurring income, " + p.span()}
	c.Text = func(v int64) string { return moneyShort(p.money(v * unit)) }
	s := series{Name: "Income"}
	for _, d := range p.byDay() {
		c.Labels, s.Values = append(c.Labels, p.short(d.day)), append(s.Values, twelfth(d.Yearly)/unit)
	}
	c.Series, c.Says = []series{s}, "Monthly recurring income "+extremes(c, s)+", in whole units."
	return c
}

func (p MoneyPage) daysSheet() Listing {
	l := Listing{Name: "subscribers", Label: "Subscribers and income by day", Texts: 1,
		Head: []string{"Day", "Subscribers", "Behind with a payment", "Free days", "Paused", "Monthly income", "Currency"}}
	for _, d := range slices.Backward(p.byDay()) {
		l.Rows = append(l.Rows, []Cell{{p.date(d.day), isoDay(d.day)}, cellN(d.Subscribers), cellN(d.PastDue), cellN(d.Trials), cellN(d.MoneyDay.Paused), cellMoney(p.monthly(d.Yearly)), p.currency()})
	}
	return l
}

func (p MoneyPage) currency() Cell { return cellOf(upperAll(p.Currency)) }

func upperAll(s string) string {
	out := []byte(s)
	for i, c := range out {
		if 'a' <= c && c <= 'z' {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}

// kindNames are the moves in the order of a statement.
var kindNames = []struct {
	kind numbers.Kind
	name string
	sign int64
}{
	{numbers.New, "New", 1}, {numbers.Returned, "Came back after leaving", 1}, {numbers.Resumed, "Out of a pause", 1},
	{numbers.Up, "Pay more", 1}, {numbers.Down, "Pay less", -1}, {numbers.Paused, "Into a pause", -1}, {numbers.Lost, "Lost", -1},
}

func (p MoneyPage) movesSheet() Listing {
	l := Listing{Name: "moves", Label: "Who came and went", Texts: 1, Head: []string{"What", "Subscribers", "Monthly income", "Currency"}}
	was, now := p.before(), p.now()
	row := func(name string, n, yearly int64) {
		l.Rows = append(l.Rows, []Cell{cellOf(name), cellN(n), cellMoney(p.monthly(yearly)), p.currency()})
	}
	row("At the start", was.Subscribers, was.Yearly)
	for _, k := range kindNames {
		n, yearly := p.moved(k.kind)
		row(k.name, n, k.sign*yearly)
	}
	row("At the end", now.Subscribers, now.Yearly)
	return l
}

func (p MoneyPage) movesBars() barChart {
	var list []bar
	for _, k := range kindNames {
		if n, _ := p.moved(k.kind); n > 0 {
			list = append(list, bar{Label: k.name, Value: n, Text: thousands(n)})
		}
	}
	return barChart{ID: "c-moves", Title: "Who came and went, " + p.span(), Bars: list}
}

// lossName is why somebody was lost, in words.
func lossName(why string) string {
	switch why {
	case numbers.Unsaid:
		return "Cancelled, and gave no reason"
	case numbers.Unpaid:
		return "The payment failed for good"
	case numbers.Ended:
		return "Ended at once by the desk"
	case numbers.Disputed:
		return "The bank took a payment back"
	}
	for _, r := range billing.PartingReasons {
		if r.Key == why {
			return r.Text
		}
	}
	return sentence(why)
}

// losses are why subscribers were lost, the most first.
func (p MoneyPage) losses() []numbers.Move {
	sums := map[string]numbers.Move{}
	for _, m := range p.Moves {
		if m.Kind == numbers.Lost {
			sum := sums[m.Why]
			sums[m.Why] = numbers.Move{Why: m.Why, N: sum.N + m.N, Yearly: sum.Yearly + m.Yearly}
		}
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b numbers.Move) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Why, b.Why)) })
}

func (p MoneyPage) lossBars() barChart {
	return barChart{ID: "c-lost", Title: "Why subscribers were lost, " + p.span(),
		Bars: topBars(p.losses(), func(m numbers.Move) string { return lossName(m.Why) }, func(m numbers.Move) int64 { return m.N })}
}

func (p MoneyPage) lossSheet() Listing {
	l := Listing{Name: "lost", Label: "Why subscribers were lost", Texts: 1, Head: []string{"Why", "Subscribers", "Monthly income", "Currency"}}
	for _, m := range p.losses() {
		l.Rows = append(l.Rows, []Cell{cellOf(lossName(m.Why)), cellN(m.N), cellMoney(p.monthly(m.Yearly)), p.currency()})
	}
	return l
}

// plans is how each plan stands at the end, the one that brings most first.
func (p MoneyPage) plans() []numbers.MoneyDay {
	sums := map[string]numbers.MoneyDay{}
	last := min(p.Span.Range.To, p.today()+1) - 1
	for _, d := range p.Days {
		if d.Day == last {
			key := d.Plan + " " + string(d.Every)
			sums[key] = plus(sums[key], d)
		}
	}
	return slices.SortedFunc(maps.Values(sums), func(a, b numbers.MoneyDay) int {
		return cmp.Or(cmp.Compare(b.Yearly, a.Yearly), cmp.Compare(a.Plan+string(a.Every), b.Plan+string(b.Every)))
	})
}

func (p MoneyPage) planName(d numbers.MoneyDay) string {
	name := d.Plan
	if plan, ok := p.Catalogue.Plan(d.Plan); ok {
		name = plan.Name
	}
	if d.Every == billing.Yearly {
		return name + ", by the year"
	}
	return name + ", by the month"
}

func (p MoneyPage) planBars() barChart {
	list := topBars(p.plans(), p.planName, func(d numbers.MoneyDay) int64 { return d.Subscribers })
	return barChart{ID: "c-plans", Title: "Subscribers by plan at the end of " + p.span(), Bars: list}
}

func (p MoneyPage) planSheet() Listing {
	l := Listing{Name: "plans", Label: "By plan", Texts: 1, Head: []string{"Plan", "Subscribers", "Monthly income", "A subscriber brings", "Currency"}}
	for _, d := range p.plans() {
		l.Rows = append(l.Rows, []Cell{cellOf(p.planName(d)), cellN(d.Subscribers), cellMoney(p.monthly(d.Yearly)), cellMoney(p.arpu(d)), p.currency()})
	}
	return l
}

// takingNames are the kinds of money in the order of a statement.
var takingNames = []struct {
	kind numbers.Taking
	name string
}{
	{numbers.First, "First payments"}, {numbers.Renewal, "Renewals"}, {numbers.Change, "Changes of plan"}, {numbers.Gift, "Gifts"},
	{numbers.Won, "Disputes won"}, {numbers.Refunded, "Given back"}, {numbers.Withdrawn, "Taken back by banks"},
}

func (p MoneyPage) takingsBars() barChart {
	var list []bar
	for _, k := range takingNames {
		if _, amount := p.taken(k.kind); amount > 0 {
			list = append(list, bar{Label: k.name, Value: amount, Text: Money(p.money(amount * k.kind.Into()))})
		}
	}
	return barChart{ID: "c-takings", Title: "Money taken and given back, " + p.span(), Bars: list}
}

func (p MoneyPage) takingsSheet() Listing {
	l := Listing{Name: "takings", Label: "Money taken and given back", Texts: 1, Head: []string{"What", "How many", "Amount", "Currency"}}
	var sum int64
	for _, k := range takingNames {
		n, amount := p.taken(k.kind)
		sum += amount * k.kind.Into()
		if n > 0 {
			l.Rows = append(l.Rows, []Cell{cellOf(k.name), cellN(n), cellMoney(p.money(amount * k.kind.Into())), p.currency()})
		}
	}
	if len(l.Rows) > 0 {
		l.Rows = append(l.Rows, []Cell{cellOf("What stays"), {"", ""}, cellMoney(p.money(sum)), p.currency()})
	}
	return l
}

func (p MoneyPage) dunningSheet() Listing {
	l := Listing{Name: "dunning", Label: "Payments that failed", Texts: 1, Head: []string{"What", "How many", "Amount", "Currency"}}
	failed, owed := p.taken(numbers.Failed)
	saved, amount := p.taken(numbers.Recovered)
	lost, yearly := int64(0), int64(0)
	for _, m := range p.losses() {
		if m.Why == numbers.Unpaid {
			lost, yearly = m.N, m.Yearly
		}
	}
	if failed+saved+lost == 0 {
		return l
	}
	l.Rows = [][]Cell{
		{cellOf("Renewals that failed at first"), cellN(failed), cellMoney(p.money(owed)), p.currency()},
		{cellOf("Recovered: paid after all"), cellN(saved), cellMoney(p.money(amount)), p.currency()},
		{cellOf("Lost: nobody paid, and the plan ended"), cellN(lost), cellMoney(p.monthly(yearly)), p.currency()},
	}
	return l
}

func (p MoneyPage) dunningBars() barChart {
	c := barChart{ID: "c-dunning", Title: "Payments that failed, " + p.span()}
	for _, row := range p.dunningSheet().Rows {
		n, _ := strconv.ParseInt(row[1].CSV, 10, 64)
		c.Bars = append(c.Bars, bar{Label: row[0].Text, Value: n, Text: row[1].Text + " · " + row[2].Text})
	}
	return c
}

// cohort is one month's new payers, and how many of them were left in each month since.
type cohort struct {
	first, size int64
	kept        []int64
}

func (p MoneyPage) cohorts() []cohort {
	var out []cohort
	for _, c := range p.Cohorts {
		if c.First == c.Month {
			out = append(out, cohort{first: c.First, size: c.Size, kept: make([]int64, max(0, p.ThisMonth-c.First+1))})
		}
		if n := len(out); n > 0 && out[n-1].first == c.First && c.Month-c.First < int64(len(out[n-1].kept)) {
			out[n-1].kept[c.Month-c.First] = c.Kept
		}
	}
	return out
}

func monthName(month int64) string {
	return numbers.DateOf(numbers.FirstOf(month), time.UTC).Format("January 2006")
}

func (p MoneyPage) cohortSheet() Listing {
	all := p.cohorts()
	l := Listing{Name: "cohorts", Label: "Who stayed, by the month of the first payment", Texts: 1, Head: []string{"First paid in", "Readers"}}
	longest := 0
	for _, c := range all {
		longest = max(longest, len(c.kept))
	}
	for i := range longest {
		l.Head = append(l.Head, "After "+itoa(i))
	}
	for _, c := range all {
		row := []Cell{{monthName(c.first), numbers.DateOf(numbers.FirstOf(c.first), time.UTC).Format("2006-01")}, cellN(c.size)}
		for i := range longest {
			cell := Cell{"", ""}
			if i < len(c.kept) {
				cell = Cell{percent(c.kept[i], c.size), strconv.FormatInt(c.kept[i], 10)}
			}
			row = append(row, cell)
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

// stayChart is the share of all cohorts that were old enough which was left after so many months.
func (p MoneyPage) stayChart() lineChart {
	c := lineChart{ID: "c-stay", Title: "Share of new subscribers who stayed, by months since the first payment", Text: func(v int64) string { return itoa(int(v)) + "%" }}
	s := series{Name: "Stayed"}
	for i := 0; ; i++ {
		var kept, of int64
		for _, one := range p.cohorts() {
			if i < len(one.kept) {
				kept, of = kept+one.kept[i], of+one.size
			}
		}
		if of == 0 {
			break
		}
		c.Labels, s.Values = append(c.Labels, itoa(i)), append(s.Values, (kept*100+of/2)/of)
	}
	c.Series, c.Says = []series{s}, "Of all who paid for the first time in these months, a share is left month by month; it "+extremes(c, s)+" months."
	return c
}

// Listings are the page's tables, to be taken away.
func (p MoneyPage) Listings() []Listing {
	return []Listing{p.daysSheet(), p.movesSheet(), p.lossSheet(), p.planSheet(), p.takingsSheet(), p.dunningSheet(), p.cohortSheet()}
}

func (p MoneyPage) asOf() string {
	if p.Reckoned.IsZero() {
		return "Not reckoned yet: the figures are made within an hour of the paper's start."
	}
	return "Reckoned hourly, last at " + p.clock(p.Reckoned) + "."
}
