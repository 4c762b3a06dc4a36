package standin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// deskView is the stand-in's own page, for whoever develops.
type deskView struct {
	Now        string
	Ahead      string
	Faults     faultSet
	Dunning    dunning
	Retries    string
	Counts     []deskCount
	Objects    []deskObject
	Deliveries []deskDelivery
	Disputes   []deskDispute
}

type deskDispute struct {
	ID, Charge, Amount, Status string
	Open                       bool
}

type deskCount struct {
	Kind string
	N    int64
}

type deskObject struct {
	ID, Kind, Status string
	Created          int64
}

type deskDelivery struct {
	ID                        int64
	Event, Type, Status, Last string
	Attempts                  int64
	Tries                     []deskTry
	NotBefore                 int64
	Late                      bool
}

type deskTry struct {
	At     int64
	Status int64
	Note   string
}

// deskRows is how many objects and deliveries the desk shows.
const deskRows = 40

func (s *Server) deskPage(w http.ResponseWriter, r *http.Request) error {
	v := &deskView{Faults: s.faults.get(), Ahead: s.cfg.Clock.Offset().Round(time.Second).String()}
	err := s.do(r.Context(), func(b *work) (err error) {
		v.Now = time.Unix(b.now, 0).UTC().Format(time.RFC3339)
		if v.Dunning, err = b.dunning(); err != nil {
			return err
		}
		if err := v.objects(b); err != nil {
			return err
		}
		if err := v.disputes(b); err != nil {
			return err
		}
		return v.deliveries(b)
	})
	if err != nil {
		return err
	}
	days := make([]string, len(v.Dunning.Retries))
	for i, d := range v.Dunning.Retries {
		days[i] = strconv.Itoa(d)
	}
	v.Retries = strings.Join(days, ", ")
	return s.show(w, http.StatusOK, "desk", "Stand-in", v)
}

func (v *deskView) objects(b *work) error {
	rows, err := b.tx.QueryContext(b.ctx, `SELECT kind, count(*) FROM objects GROUP BY kind ORDER BY kind`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c deskCount
		if err := rows.Scan(&c.Kind, &c.N); err != nil {
			return err
		}
		v.Counts = append(v.Counts, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	found, err := b.rows(`SELECT body FROM objects WHERE kind <> 'event' ORDER BY seq DESC LIMIT $1`, deskRows)
	for _, o := range found {
		v.Objects = append(v.Objects, deskObject{ID: o.str("id"), Kind: o.str("object"), Status: o.str("status"), Created: o.num("created")})
	}
	return err
}

func (v *deskView) disputes(b *work) error {
	found, err := b.rows(`SELECT body FROM objects WHERE kind = 'dispute' ORDER BY seq DESC LIMIT $1`, deskRows)
	for _, o := range found {
		v.Disputes = append(v.Disputes, deskDispute{ID: o.str("id"), Charge: o.str("charge"), Status: o.str("status"),
			Amount: money(o.num("amount"), o.str("currency")), Open: openStill(o)})
	}
	return err
}

func (v *deskView) deliveries(b *work) error {
	rows, err := b.tx.QueryContext(b.ctx, `SELECT id, event, type, status, last, attempts, not_before
		FROM deliveries ORDER BY id DESC LIMIT $1`, deskRows)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var d deskDelivery
		if err := rows.Scan(&d.ID, &d.Event, &d.Type, &d.Status, &d.Last, &d.Attempts, &d.NotBefore); err != nil {
			return err
		}
		d.Late = d.NotBefore > b.now
		v.Deliveries = append(v.Deliveries, d)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range v.Deliveries {
		if v.Deliveries[i].Tries, err = b.tries(v.Deliveries[i].ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) tries(delivery int64) (out []deskTry, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT at_wall, status, note FROM attempts WHERE delivery = $1 ORDER BY at_wall`, delivery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t deskTry
		if err := rows.Scan(&t.At, &t.Status, &t.Note); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// booksDump is what a drill compares the app with: subscriptions and
// customers, or the kinds that ?kinds= names, without anything hidden.
func (s *Server) booksDump(w http.ResponseWriter, r *http.Request) error {
	kinds := []string{"subscription", "customer"}
	if asked := r.URL.Query().Get("kinds"); asked != "" {
		kinds = strings.Split(asked, ",")
	}
	out := obj{}
	err := s.do(r.Context(), func(b *work) error {
		out["now"] = b.now
		for _, kind := range kinds {
			found, err := b.all(of(kind))
			if err != nil {
				return err
			}
			many := make([]any, len(found))
			for i := range found {
				many[i] = found[i].shown()
			}
			out[kind+"s"] = many
		}
		return nil
	})
	if err != nil {
		return err
	}
	return reply(w, out)
}

func reply(w http.ResponseWriter, o obj) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(encode(o))
	return err
}

// back answers a desk form: people go back to the desk, programs get JSON.
func back(w http.ResponseWriter, r *http.Request, o obj) error {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return reply(w, o)
}

// advancePost moves time by a duration or to an instant, in strides if it is
// asked to, and answers when all is quiet.
func (s *Server) advancePost(w http.ResponseWriter, r *http.Request) error {
	by, to := strings.TrimSpace(r.PostFormValue("by")), strings.TrimSpace(r.PostFormValue("to"))
	var until time.Time
	switch {
	case (by == "") == (to == ""):
		return invalid("by", "Say either by, a duration like 720h, or to, an instant like 2024-05-01T12:00:00Z.")
	case by != "":
		d, err := time.ParseDuration(by)
		if err != nil || d < 0 {
			return invalid("by", "%q is not a duration like 720h.", by)
		}
		until = s.now().Add(d)
	default:
		t, err := time.Parse(time.RFC3339, to)
		if err != nil {
			return invalid("to", "%q is not an instant like 2024-05-01T12:00:00Z.", to)
		}
		if t.Before(s.now()) {
			return invalid("to", "Paper time is %s and only moves forward.", s.now().Format(time.RFC3339))
		}
		until = t
	}
	stride, err := time.ParseDuration(cmp.Or(strings.TrimSpace(r.PostFormValue("stride")), "0"))
	if err != nil || stride < 0 {
		return invalid("stride", "%q is not a duration like 1h.", r.PostFormValue("stride"))
	}
	// Moving time halfway because somebody closed a tab would help nobody.
	if err := s.AdvanceBy(context.WithoutCancel(r.Context()), until, stride); err != nil {
		return fmt.Errorf("advance: %w", err)
	}
	return back(w, r, obj{"now": s.now().Format(time.RFC3339), "offset": s.cfg.Clock.Offset().String()})
}

// faultsPost orders troubles. A field that isn't sent keeps its value; from
// the desk's own form ("form") an unticked box means off.
func (s *Server) faultsPost(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return invalid("", "The form could not be read.")
	}
	next := s.faults.get()
	if r.PostForm.Get("clear") != "" {
		next = faultSet{}
	}
	if err := next.read(r.PostForm); err != nil {
		return err
	}
	s.faults.update(func(f *faultSet) { *f = next })
	s.nudge()
	return back(w, r, next.json())
}

func (f faultSet) json() obj {
	return obj{"mute": f.Mute, "drop": f.Drop, "double": f.Double, "fail": f.Fail, "delay": f.Delay.String(), "delay_share": f.DelayShare,
		"reorder": f.Reorder, "fail_before": f.FailBefore, "fail_after": f.FailAfter, "fail_path": f.FailPath}
}

// dunningPost sets what happens to failed renewals.
func (s *Server) dunningPost(w http.ResponseWriter, r *http.Request) error {
	d := dunning{Then: r.PostFormValue("then")}
	switch d.Then {
	case "cancel", "unpaid", "past_due":
	default:
		return invalid("then", "then must be cancel, unpaid or past_due.")
	}
	for part := range strings.FieldsFuncSeq(r.PostFormValue("retries"), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > 60 {
			return invalid("retries", "retries are days from 1 to 60, like 3, 5, 7.")
		}
		d.Retries = append(d.Retries, n)
	}
	if err := s.do(r.Context(), func(b *work) error { return b.setDunning(d) }); err != nil {
		return err
	}
	return back(w, r, obj{"retries": d.Retries, "then": d.Then})
}

func (s *Server) replayPost(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return missing("delivery", r.PathValue("id"))
	}
	found, err := s.replayDelivery(r.Context(), id)
	if err != nil {
		return err
	}
	if !found {
		return missing("delivery", r.PathValue("id"))
	}
	if err := s.deliverDue(r.Context()); err != nil {
		return err
	}
	return back(w, r, obj{"delivery": id})
}
