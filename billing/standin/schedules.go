package standin

// createSchedule makes a schedule for a subscription that runs already: its
// one phase is the present period, until phases are added.
// https://docs.stripe.com/billing/subscriptions/subscription-schedules
func createSchedule(c *call) (obj, error) {
	sub, err := c.get("subscription", c.p.need("from_subscription"))
	if err != nil {
		return nil, asParam(err, "from_subscription")
	}
	if sub.str("schedule") != "" {
		return nil, invalid("from_subscription", "You cannot migrate a subscription that is already attached to a schedule: `%s`.", sub.str("schedule"))
	}
	if s := sub.str("status"); s != "active" && s != "trialing" && s != "past_due" {
		return nil, invalid("from_subscription", "A subscription that is %s cannot be scheduled.", s)
	}
	id := c.newID("sub_sched_")
	phase := newPhase(sub.str("currency"), sub.num("current_period_start"), sub.num("current_period_end"))
	items := []any{}
	for _, item := range sub.list("items") {
		items = append(items, phaseItem(item.sub("price"), item.num("quantity"), item.sub("metadata")))
	}
	phase["items"], phase["metadata"] = items, sub["metadata"]
	phase["coupon"] = orNull(sub.str("discount", "coupon", "id"))
	if sub.str("status") == "trialing" {
		phase["trial_end"] = sub["trial_end"]
	}
	end := "release"
	if sub.num("cancel_at") > 0 {
		end = "cancel"
	}
	schedule := obj{
		"id": id, "object": "subscription_schedule", "application": nil, "canceled_at": nil, "completed_at": nil, "created": c.now,
		"current_phase": obj{"start_date": phase["start_date"], "end_date": phase["end_date"]}, "customer": sub["customer"],
		"default_settings": obj{"application_fee_percent": nil, "automatic_tax": obj{"enabled": false, "liability": nil},
			"billing_cycle_anchor": "automatic", "billing_thresholds": nil, "collection_method": "charge_automatically",
			"default_payment_method": sub["default_payment_method"], "description": nil,
			"invoice_settings": obj{"account_tax_ids": nil, "days_until_due": nil, "issuer": obj{"type": "self"}},
			"on_behalf_of":     nil, "transfer_data": nil},
		"end_behavior": end, "livemode": false, "metadata": merged(nil, c.p.metadata("metadata")), "phases": []any{phase},
		"released_at": nil, "released_subscription": nil, "status": "active", "subscription": sub["id"], "test_clock": nil,
	}
	if err := c.put(schedule); err != nil {
		return nil, err
	}
	if err := c.emit("subscription_schedule.created", schedule); err != nil {
		return nil, err
	}
	return schedule, c.bind(sub, schedule)
}

func newPhase(currency string, start, end int64) obj {
	return obj{
		"add_invoice_items": []any{}, "application_fee_percent": nil, "automatic_tax": obj{"enabled": false, "liability": nil},
		"billing_cycle_anchor": nil, "billing_thresholds": nil, "collection_method": nil, "coupon": nil, "currency": currency,
		"default_payment_method": nil, "default_tax_rates": []any{}, "description": nil, "discounts": []any{}, "end_date": end,
		"invoice_settings": nil, "items": []any{}, "metadata": obj{}, "on_behalf_of": nil,
		"proration_behavior": "create_prorations", "start_date": start, "transfer_data": nil, "trial_end": nil,
	}
}

func phaseItem(price obj, quantity int64, metadata obj) obj {
	return obj{"billing_thresholds": nil, "discounts": []any{}, "metadata": merged(metadata, nil), "plan": price["id"],
		"price": price["id"], "quantity": quantity, "tax_rates": []any{}}
}

// bind has the subscription wake when its schedule's present phase ends.
func (w *work) bind(sub, schedule obj) error {
	return w.change(sub, "customer.subscription.updated", func() {
		sub["schedule"] = schedule["id"]
		sub.hidden()["phase_end"] = schedule.num("current_phase", "end_date")
		w.schedule(sub)
	})
}

// unbind lets the subscription go on as it is.
func (w *work) unbind(sub obj) error {
	return w.change(sub, "customer.subscription.updated", func() {
		sub["schedule"] = nil
		delete(sub.hidden(), "phase_end")
		w.schedule(sub)
	})
}

// running is the schedule of the path, if it still does something.
func (c *call) running(verb string) (schedule, sub obj, err error) {
	if schedule, err = c.get("subscription_schedule", c.id()); err != nil {
		return nil, nil, err
	}
	if s := schedule.str("status"); s != "active" && s != "not_started" {
		return nil, nil, invalid("", "You cannot %s a subscription schedule that is currently in the `%s` status.", verb, s)
	}
	sub, err = c.get("subscription", schedule.str("subscription"))
	return schedule, sub, err
}

// updateSchedule replaces the phases that have not ended, with what ends and
// follows them. The present phase is given anew as the first.
func updateSchedule(c *call) (obj, error) {
	schedule, sub, err := c.running("update")
	if err != nil {
		return nil, err
	}
	before := schedule.clone()
	schedule["metadata"] = merged(schedule.sub("metadata"), c.p.metadata("metadata"))
	schedule["end_behavior"] = c.p.oneOf("end_behavior", schedule.str("end_behavior"), "release", "cancel")
	c.p.oneOf("proration_behavior", "create_prorations", "create_prorations", "none", "always_invoice")
	if in := c.p.items("phases"); len(in) > 0 {
		if err := c.replacePhases(schedule, in); err != nil {
			return nil, err
		}
	}
	if err := c.put(schedule); err != nil {
		return nil, err
	}
	if len(c.p.items("phases")) > 0 {
		if err := c.phaseDiscount(sub, schedule.list("phases")[0]); err != nil {
			return nil, err
		}
	}
	if err := c.emitChange("subscription_schedule.updated", before, schedule); err != nil {
		return nil, err
	}
	return schedule, c.bind(sub, schedule)
}

func (c *call) replacePhases(schedule obj, in []*params) error {
	var phases []any
	start := schedule.num("current_phase", "start_date")
	for i, p := range in {
		phase, err := c.readPhase(schedule, p, start)
		if err != nil {
			return err
		}
		if i == 0 && (phase.num("start_date") != start || phase.num("end_date") <= c.now) {
			return invalid(p.full("start_date"), "The first phase must be the current one: it starts at %d and ends in the future.", start)
		}
		phases = append(phases, phase)
		start = phase.num("end_date")
	}
	first := phases[0].(obj)
	schedule["phases"] = phases
	schedule["current_phase"] = obj{"start_date": first["start_date"], "end_date": first["end_date"]}
	return nil
}

// readPhase reads a phase that follows on from start.
func (c *call) readPhase(schedule obj, p *params, start int64) (obj, error) {
	p.ignore("billing_cycle_anchor", "collection_method", "description", "default_payment_method", "currency")
	orders, err := c.orders(p.items("items"), p.full("items"), "recurring")
	if err != nil {
		return nil, err
	}
	if at, sent := p.optInt("start_date"); sent && at != start {
		return nil, invalid(p.full("start_date"), "Phases must follow one another: this one starts at %d, not at %d.", start, at)
	}
	end, sent := p.optInt("end_date")
	if n, iterations := p.optInt("iterations"); iterations {
		every := intervalOf(orders[0].price)
		every.count *= int(n)
		end, sent = every.next(start, start), true
	}
	if !sent { // without an end a phase lasts for one of its periods
		end = intervalOf(orders[0].price).next(start, start)
	}
	if end <= start {
		return nil, invalid(p.full("end_date"), "A phase must end after it starts.")
	}
	phase := newPhase(orders[0].price.str("currency"), start, end)
	items := []any{}
	for _, o := range orders {
		items = append(items, phaseItem(o.price, o.quantity, nil))
	}
	phase["items"], phase["metadata"] = items, merged(nil, p.metadata("metadata"))
	phase["proration_behavior"] = p.oneOf("proration_behavior", "create_prorations", "create_prorations", "none", "always_invoice")
	phase["trial_end"] = orNull(p.integer("trial_end"))
	if id := p.str("coupon"); id != "" {
		if _, err := c.live("coupon", id); err != nil {
			return nil, asParam(err, p.full("coupon"))
		}
		phase["coupon"] = id
	}
	return phase, nil
}

// phaseDiscount gives the subscription the discount that a phase says. A phase
// without a coupon takes off what the subscription had; the coupon that it has
// already runs on. The page below does not say so of one for some months.
// https://docs.stripe.com/api/subscription_schedules/object#subscription_schedule_object-phases-coupon
func (w *work) phaseDiscount(sub, phase obj) error {
	want, had := phase.str("coupon"), sub.sub("discount")
	switch {
	case want == had.str("coupon", "id"):
		return nil
	case want != "":
		coupon, err := w.get("coupon", want)
		if err != nil {
			return err
		}
		return w.discount(sub, coupon, "", "")
	}
	sub["discount"], sub["discounts"] = nil, []any{}
	if err := w.put(sub); err != nil {
		return err
	}
	return w.emit("customer.discount.deleted", had)
}

// nextPhase ends a schedule's present phase: the next one takes over, or the
// schedule is done.
func (w *work) nextPhase(sub obj) error {
	schedule, err := w.get("subscription_schedule", sub.str("schedule"))
	if err != nil {
		return err
	}
	phases := schedule.list("phases")
	for _, phase := range phases {
		if phase.num("start_date") == schedule.num("current_phase", "end_date") {
			return w.enter(schedule, sub, phase)
		}
	}
	if schedule.str("end_behavior") != "cancel" {
		return w.release(schedule, sub)
	}
	err = w.change(schedule, "", func() {
		schedule["status"], schedule["completed_at"], schedule["current_phase"] = "completed", w.now, nil
	})
	if err != nil {
		return err
	}
	if err := w.emit("subscription_schedule.completed", schedule); err != nil {
		return err
	}
	return w.end(sub, "cancellation_requested")
}

// enter has the subscription sell what the phase says. At a period's end
// nothing is left to prorate, so a lower price begins with the renewal that is
// due in the same second. What must be billed for itself is drafted like a
// renewal.
func (w *work) enter(schedule, sub, phase obj) error {
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return err
	}
	rev := revision{prorate: phase.str("proration_behavior"), at: phase.num("start_date")}
	if rev.items, err = w.phaseChanges(sub, phase); err != nil {
		return err
	}
	err = w.change(schedule, "subscription_schedule.updated", func() {
		schedule["current_phase"] = obj{"start_date": phase["start_date"], "end_date": phase["end_date"]}
	})
	if err != nil {
		return err
	}
	if err := w.dropDiscount(sub, false); err != nil {
		return err
	}
	before := sub.clone()
	if err := w.phaseDiscount(sub, phase); err != nil {
		return err
	}
	inv, err := w.revise(sub, customer, rev)
	if err != nil {
		return err
	}
	if changes := phase.sub("metadata"); len(changes) > 0 {
		sub["metadata"] = merged(sub.sub("metadata"), texts(changes))
	}
	sub.hidden()["phase_end"] = phase.num("end_date")
	w.schedule(sub)
	if err := w.put(sub); err != nil {
		return err
	}
	if err := w.emitChange("customer.subscription.updated", before, sub); err != nil || inv == nil {
		return err
	}
	if err := w.emit("invoice.created", inv); err != nil {
		return err
	}
	if pause := sub.str("pause_collection", "behavior"); pause != "" {
		return w.setAside(inv, pause)
	}
	return nil
}

func texts(o obj) map[string]string {
	out := map[string]string{}
	for key := range o {
		out[key] = o.str(key)
	}
	return out
}

// phaseChanges are the item changes that lead from what is sold to what the
// phase sells: items keep their place, the rest comes or goes.
func (w *work) phaseChanges(sub, phase obj) (changes []itemChange, err error) {
	items := sub.list("items")
	for i, want := range phase.list("items") {
		price, err := w.get("price", want.str("price"))
		if err != nil {
			return nil, err
		}
		change := itemChange{price: price, quantity: want.num("quantity")}
		if i < len(items) {
			change.id = items[i].str("id")
		}
		changes = append(changes, change)
	}
	for i := len(phase.list("items")); i < len(items); i++ {
		changes = append(changes, itemChange{id: items[i].str("id"), gone: true})
	}
	return changes, nil
}

// release ends the schedule and leaves the subscription as it is.
func (w *work) release(schedule, sub obj) error {
	err := w.change(schedule, "", func() {
		schedule["status"], schedule["released_at"], schedule["current_phase"] = "released", w.now, nil
		schedule["released_subscription"], schedule["subscription"] = sub["id"], nil
	})
	if err != nil {
		return err
	}
	if err := w.emit("subscription_schedule.released", schedule); err != nil {
		return err
	}
	return w.unbind(sub)
}

func releaseSchedule(c *call) (obj, error) {
	c.p.ignore("preserve_cancel_date")
	schedule, sub, err := c.running("release")
	if err != nil {
		return nil, err
	}
	return schedule, c.release(schedule, sub)
}

// cancelSchedule ends the schedule and its subscription with it.
func cancelSchedule(c *call) (obj, error) {
	c.p.ignore("invoice_now", "prorate")
	_, sub, err := c.running("cancel")
	if err != nil {
		return nil, err
	}
	if err := c.end(sub, "cancellation_requested"); err != nil {
		return nil, err
	}
	return c.get("subscription_schedule", c.id())
}

// dropSchedule ends the schedule of a subscription that has ended.
func (w *work) dropSchedule(sub obj) error {
	schedule, err := w.find(sub.str("schedule"))
	if err != nil || schedule.str("status") != "active" {
		return err
	}
	err = w.change(schedule, "", func() {
		schedule["status"], schedule["canceled_at"], schedule["current_phase"] = "canceled", w.now, nil
	})
	if err != nil {
		return err
	}
	return w.emit("subscription_schedule.canceled", schedule)
}

func listSchedules(c *call) (obj, error) {
	q := of("subscription_schedule").is("customer", c.p.str("customer"))
	if on, sent := c.p.optBool("scheduled"); sent && on {
		q.is("status", "not_started")
	}
	return c.page("/v1/subscription_schedules", q)
}
