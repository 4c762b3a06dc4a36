package standin

import "slices"

// revision is a change to what a subscription sells or to when it bills.
type revision struct {
	items    []itemChange
	prorate  string // create_prorations, none or always_invoice
	at       int64  // prorations are reckoned from this second
	anchor   bool   // the cycle begins anew now
	trialEnd int64  // a new end of trial; now ends it; 0 leaves it
}

// itemChange is one item that comes, goes or becomes another.
type itemChange struct {
	id       string // "" adds one
	price    obj    // nil keeps the price
	quantity int64  // 0 keeps the quantity
	gone     bool
}

// nothing reports whether the revision asks for nothing at all.
func (r revision) nothing() bool { return len(r.items) == 0 && !r.anchor && r.trialEnd == 0 }

// readRevision reads a revision; prefix is "subscription_" in the preview's
// names and empty in the update's.
func (c *call) readRevision(sub obj, prefix string) (revision, error) {
	name := prefix + "items"
	rev := revision{at: c.now,
		prorate: c.p.oneOf(prefix+"proration_behavior", "create_prorations", "create_prorations", "none", "always_invoice")}
	if at, sent := c.p.optInt(prefix + "proration_date"); sent {
		if at < sub.num("current_period_start") || at > sub.num("current_period_end") {
			return rev, invalid(prefix+"proration_date", "Invalid proration_date: it must be within the current period of the subscription.")
		}
		rev.at = at
	}
	rev.anchor = c.p.oneOf(prefix+"billing_cycle_anchor", "unchanged", "now", "unchanged") == "now"
	switch end := c.p.str(prefix + "trial_end"); end {
	case "":
	case "now":
		rev.trialEnd = c.now
	default:
		if rev.trialEnd = c.p.integer(prefix + "trial_end"); rev.trialEnd <= c.now {
			return rev, invalid(prefix+"trial_end", "Invalid timestamp: trial_end must be in the future, or `now`.")
		}
	}
	c.p.ignore(prefix + "trial_from_plan")
	for _, in := range c.p.items(name) {
		change, err := c.itemChange(sub, in)
		if err != nil {
			return rev, err
		}
		rev.items = append(rev.items, change)
	}
	return rev, nil
}

func (c *call) itemChange(sub obj, in *params) (itemChange, error) {
	in.ignore("metadata", "clear_usage")
	change := itemChange{id: in.str("id"), quantity: in.integer("quantity"), gone: in.boolean("deleted")}
	known := slices.ContainsFunc(sub.list("items"), func(item obj) bool { return item.str("id") == change.id })
	if change.id != "" && !known {
		return change, asParam(missing("subscription item", change.id), in.full("id"))
	}
	if change.quantity < 0 {
		return change, invalid(in.full("quantity"), "This value must be greater than or equal to 1.")
	}
	id := in.str("price")
	if id == "" {
		if change.id == "" {
			return change, invalidCode("parameter_missing", in.full("price"), "Missing required param: %s.", in.full("price"))
		}
		return change, nil
	}
	price, err := c.live("price", id)
	if err != nil {
		return change, asParam(err, in.full("price"))
	}
	if !price.flag("active") {
		return change, invalid(in.full("price"), "The price specified is inactive. This field only accepts active prices.")
	}
	if price.str("type") != "recurring" {
		return change, invalid(in.full("price"), "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
	}
	change.price = price
	return change, nil
}

// revise carries a revision out on sub, which is changed but not yet written:
// prorations become pending items, and whatever must be billed at once a draft.
// inv is nil when nothing is billed now. The preview of an invoice runs this
// very code and forgets what it did. Another interval begins another cycle,
// whatever billing_cycle_anchor says, and so does the first price that costs
// something.
// https://docs.stripe.com/billing/subscriptions/prorations
func (w *work) revise(sub, customer obj, rev revision) (inv obj, err error) {
	was := sub.clone()
	touched, err := w.changeItems(sub, rev.items)
	if err != nil {
		return nil, err
	}
	trial := was.str("status") == "trialing"
	resets := rev.anchor || trial && rev.trialEnd == w.now ||
		!trial && (rhythmOf(was) != rhythmOf(sub) || worth(was) == 0 && worth(sub) > 0)
	begins := rev.trialEnd > w.now
	appraise(was, false)
	appraise(sub, resets || begins)
	start, end := was.num("current_period_start"), was.num("current_period_end")
	prorates := rev.prorate != "none" && !trial && (len(touched) > 0 || resets || begins) &&
		slices.Contains([]string{"active", "past_due", "unpaid"}, was.str("status"))
	if prorates {
		if err := w.credit(was, touched, resets || begins, rev.at, start, end); err != nil {
			return nil, err
		}
	}
	switch {
	case begins:
		w.startTrial(sub, rev.trialEnd)
		return nil, nil
	case resets:
		return w.restart(sub, customer, start)
	case prorates:
		for _, item := range sub.list("items") {
			if !slices.Contains(touched, item.str("id")) {
				continue
			}
			if err := w.prorate(sub, item, 1, rev.at, start, end); err != nil {
				return nil, err
			}
		}
		if rev.prorate == "always_invoice" {
			inv, err = w.bill(sub, customer, statement{reason: "subscription_update", start: start, end: w.now})
			sub["latest_invoice"] = inv["id"]
		}
	}
	return inv, err
}

// credit gives back the unused time of the items that went or changed, or of
// all of them.
func (w *work) credit(was obj, touched []string, all bool, at, start, end int64) error {
	for _, item := range was.list("items") {
		if !all && !slices.Contains(touched, item.str("id")) {
			continue
		}
		if err := w.prorate(was, item, -1, at, start, end); err != nil {
			return err
		}
	}
	return nil
}

// restart begins a new cycle now and bills its first period.
func (w *work) restart(sub, customer obj, start int64) (obj, error) {
	if sub.str("status") == "trialing" {
		sub["status"], sub["trial_end"] = "active", w.now
	}
	sub["billing_cycle_anchor"], sub["current_period_start"] = w.now, w.now
	sub["current_period_end"] = rhythmOf(sub).next(w.now, w.now)
	if sub.flag("cancel_at_period_end") {
		sub["cancel_at"] = sub["current_period_end"]
	}
	inv, err := w.bill(sub, customer, statement{reason: "subscription_update", start: start, end: w.now, period: true})
	if err != nil {
		return nil, err
	}
	sub["latest_invoice"] = inv["id"]
	if sub.str("discount", "coupon", "duration") == "once" { // used up
		sub["discount"], sub["discounts"] = nil, []any{}
	}
	return inv, nil
}

// changeItems swaps, adds and removes items, and gives the ids of those that
// are not what they were.
func (w *work) changeItems(sub obj, changes []itemChange) (touched []string, err error) {
	items := sub.list("items")
	for _, change := range changes {
		at := slices.IndexFunc(items, func(item obj) bool { return item.str("id") == change.id })
		switch {
		case change.id == "":
			item := w.newSubscriptionItem(sub.str("id"), order{change.price, max(change.quantity, 1)})
			items = append(items, item)
			touched = append(touched, item.str("id"))
			continue
		case change.gone:
			items = slices.Delete(items, at, at+1)
			touched = append(touched, change.id)
			continue
		}
		item := items[at]
		other := change.price != nil && change.price.str("id") != item.str("price", "id")
		more := change.quantity > 0 && change.quantity != item.num("quantity")
		if other {
			item["price"], item["plan"] = change.price.shown(), planOf(change.price)
		}
		if more {
			item["quantity"] = change.quantity
		}
		if other || more {
			delete(item, hiddenKey)
			touched = append(touched, change.id)
		}
	}
	many := make([]any, len(items))
	for i := range items {
		many[i] = items[i]
	}
	sub.sub("items")["data"] = many
	return touched, sellable(items, sub.str("currency"))
}

// sellable says why items cannot be sold in one subscription.
func sellable(items []obj, currency string) error {
	if len(items) == 0 {
		return invalid("items", "A subscription must have at least one active item.")
	}
	seen := map[string]bool{}
	for _, item := range items {
		id := item.str("price", "id")
		switch {
		case intervalOf(item.sub("price")) != intervalOf(items[0].sub("price")) || item.str("price", "currency") != currency:
			return invalid("items", "All prices on a subscription must have the same interval and currency.")
		case seen[id]:
			return invalid("items", "Cannot add multiple subscription items with the same plan: %s", id)
		}
		seen[id] = true
	}
	return nil
}

// appraise keeps with each item what it costs for a whole period, after the
// discount that stays on: the base of its prorations. Items that were billed
// know it already.
func appraise(sub obj, all bool) {
	items := sub.list("items")
	parts := make([]int64, len(items))
	var total int64
	for i, item := range items {
		parts[i] = item.num("price", "unit_amount") * item.num("quantity")
		total += parts[i]
	}
	var less int64
	touched := parts
	if d := sub.sub("discount"); d != nil && d.str("coupon", "duration") != "once" {
		touched = make([]int64, len(parts))
		for i, item := range items {
			if suits(d.sub("coupon"), item.sub("price")) {
				touched[i] = parts[i]
			}
		}
		less = off(d.sub("coupon"), total-untouched(parts, touched))
	}
	for i, part := range spread(less, touched) {
		if items[i][hiddenKey] == nil || all {
			items[i][hiddenKey] = obj{"net": parts[i] - part}
		}
	}
}

// untouched is what a discount leaves alone.
func untouched(parts, touched []int64) (n int64) {
	for i := range parts {
		n += parts[i] - touched[i]
	}
	return n
}

func rhythmOf(sub obj) interval { return intervalOf(sub.list("items")[0].sub("price")) }

// worth is what a period costs before any discount.
func worth(sub obj) (total int64) {
	for _, item := range sub.list("items") {
		total += item.num("price", "unit_amount") * item.num("quantity")
	}
	return total
}
