package standin

// warnBefore is how long before a trial's end it is announced.
const warnBefore = 3 * 86400

// startTrial gives the subscription free time until end; it bills from then on.
func (w *work) startTrial(sub obj, end int64) {
	if sub.str("status") != "trialing" {
		sub["trial_start"], sub["current_period_start"] = w.now, w.now
	}
	sub["status"], sub["trial_end"] = "trialing", end
	sub["billing_cycle_anchor"], sub["current_period_end"] = end, end
	if sub.flag("cancel_at_period_end") {
		sub["cancel_at"] = end
	}
	delete(sub.hidden(), "warned")
}

// readTrial reads when a new subscription's trial is to end; 0 is no trial.
func (c *call) readTrial(p *params) (int64, error) {
	c.p.ignore("trial_from_plan")
	days, hasDays := p.optInt("trial_period_days")
	end := p.str("trial_end")
	switch {
	case hasDays && end != "":
		return 0, invalid(p.full("trial_end"), "You may only specify one of these parameters: trial_end, trial_period_days.")
	case hasDays && (days < 1 || days > 730):
		return 0, invalid(p.full("trial_period_days"), "The maximum number of trial period days is 730 (2 years), the least is 1.")
	case hasDays:
		return c.now + days*86400, nil
	case end == "" || end == "now":
		return 0, nil
	}
	at := p.integer("trial_end")
	if at <= c.now {
		return 0, invalid(p.full("trial_end"), "Invalid timestamp: trial_end must be in the future, or `now`.")
	}
	return at, nil
}

// takeTrialSettings reads what is to happen when a trial ends and there is no
// card.
func (c *call) takeTrialSettings(sub obj) { trialSettings(c.p, sub) }

func trialSettings(p *params, sub obj) {
	in := p.child("trial_settings").child("end_behavior")
	if then := in.oneOf("missing_payment_method", "", "cancel", "create_invoice", "pause"); then != "" {
		sub["trial_settings"] = obj{"end_behavior": obj{"missing_payment_method": then}}
	}
}

// warnTrial announces a trial's end, once.
func (w *work) warnTrial(sub obj) error {
	sub.hidden()["warned"] = sub.num("trial_end")
	w.schedule(sub)
	if err := w.put(sub); err != nil {
		return err
	}
	return w.emit("customer.subscription.trial_will_end", sub)
}

// endTrial does what a trial without a card ends in; done is false when it
// goes on into its first paid period.
func (w *work) endTrial(sub, customer obj) (done bool, err error) {
	then := sub.str("trial_settings", "end_behavior", "missing_payment_method")
	if then != "cancel" && then != "pause" {
		return false, nil
	}
	pm, err := w.defaultMethod(sub, customer)
	if err != nil || pm != nil {
		return false, err
	}
	if then == "cancel" {
		return true, w.end(sub, "cancellation_requested")
	}
	err = w.change(sub, "customer.subscription.updated", func() { sub["status"] = "paused"; w.schedule(sub) })
	if err != nil {
		return true, err
	}
	return true, w.emit("customer.subscription.paused", sub)
}

// cutTrial ends a trial now, if its terms want anything else than a first paid
// period for one that has no card.
func (c *call) cutTrial(sub, customer obj, rev revision) (done bool, err error) {
	if sub.str("status") != "trialing" || rev.trialEnd != c.now {
		return false, nil
	}
	was := sub["trial_end"]
	sub["trial_end"] = c.now
	if done, err = c.endTrial(sub, customer); !done {
		sub["trial_end"] = was
	}
	return done, err
}

// resumeSubscription takes up a subscription that its trial's end had paused:
// a new period begins now and is billed.
func resumeSubscription(c *call) (obj, error) {
	c.p.oneOf("billing_cycle_anchor", "now", "now")
	c.p.ignore("proration_behavior", "proration_date")
	sub, err := c.get("subscription", c.id())
	if err != nil {
		return nil, err
	}
	if sub.str("status") != "paused" {
		return nil, invalid("", "Only subscriptions with a status of `paused` can be resumed. This one is %s.", sub.str("status"))
	}
	customer, err := c.get("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	before := sub.clone()
	sub["status"] = "active"
	inv, err := c.restart(sub, customer, sub.num("current_period_start"))
	if err != nil {
		return nil, err
	}
	c.schedule(sub)
	if err := c.put(sub); err != nil {
		return nil, err
	}
	if err := c.emitChange("customer.subscription.updated", before, sub); err != nil {
		return nil, err
	}
	if err := c.emit("customer.subscription.resumed", sub); err != nil {
		return nil, err
	}
	if err := c.collect(sub, inv, "error_if_incomplete"); err != nil {
		return nil, err
	}
	return c.get("subscription", sub.str("id"))
}
