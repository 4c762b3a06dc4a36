package views

// ErrorPage is shown when something can't be done. Its zero frame is enough: it must be drawn when nothing else can.
type ErrorPage struct {
	Frame
	Status     int
	Headline   string // "" takes the status's own
	Sentence   string // "" takes the status's own
	Action     string // what the one button says; "" leads to the front page
	ActionLink string // local address
	RequestID  string // what support can look for; "" for none
}

type problem struct{ headline, sentence string }

// problems are the words for each status that has a page. Theirs are told plainly, ours name what didn't happen.
var problems = map[int]problem{
	400: {"That request made no sense to us", "The address or the form was not whole. Please go back and try again."},
	403: {"That is not open to you", "You are known here, but this page is for others. If you think that is wrong, write to us."},
	404: {"We couldn’t find that page", "It may have moved. The address you followed was written down wrongly, or by us."},
	405: {"That can’t be done here", "The address is right, the way of asking is not. Please start from the front page."},
	409: {"Somebody was quicker", "What you looked at has changed meanwhile. Please look at it again."},
	413: {"That is too much at once", "What was sent is larger than this page takes. Nothing was kept of it."},
	422: {"Something in the form needs another look", "Please go back, change it and send it again. Nothing was charged."},
	429: {"That was a lot in a short time", "Please wait a few minutes and try again. Nothing was lost."},
	500: {"Something broke on our side, and we have been told", "No card was charged by this. Please try again in a minute."},
	503: {"We are not quite here", "The paper is being restarted, or has more readers than it can serve. Please try again in a moment."},
}

func (p ErrorPage) words() problem {
	w, ok := problems[p.Status]
	if !ok {
		w = problems[500]
	}
	return problem{headline: firstOf(p.Headline, w.headline), sentence: firstOf(p.Sentence, w.sentence)}
}

// asPage gives the frame what an error page is: without an address of its own, out of search engines, counting nothing.
func (p ErrorPage) asPage() Frame {
	f := p.Frame
	f.Title = p.words().headline
	f.Canonical, f.Description, f.JSONLD, f.Image, f.Meter = "", "", "", nil, nil
	f.NoIndex = true
	return f
}
