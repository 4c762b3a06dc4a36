package standin

import (
	"fmt"
	"slices"
)

// emit writes an event about the object as it stands, and a delivery to every
// endpoint that listens, in the transaction that caused it.
func (w *work) emit(typ string, o obj) error { return w.announce(typ, o, nil) }

// emitChange is emit with what was before.
func (w *work) emitChange(typ string, before, after obj) error {
	diff := previous(before.shown(), after.shown())
	if len(diff) == 0 {
		return nil
	}
	return w.announce(typ, after, diff)
}

func (w *work) announce(typ string, o, before obj) error {
	data := obj{"object": o.shown()}
	if before != nil {
		data["previous_attributes"] = before
	}
	event := obj{
		"id": w.newID("evt_"), "object": "event", "api_version": APIVersion, "created": w.now,
		"data": data, "livemode": false, "pending_webhooks": 0, "type": typ,
		"request": obj{"id": orNull(w.request), "idempotency_key": orNull(w.idemKey)},
	}
	endpoints, err := w.listeners(typ)
	if err != nil {
		return err
	}
	event["pending_webhooks"] = len(endpoints)
	if err := w.put(event); err != nil {
		return err
	}
	for _, endpoint := range endpoints {
		if err := w.addDeliveries(event, endpoint.str("id")); err != nil {
			return err
		}
	}
	w.spoke = true
	return nil
}

// listeners are the enabled endpoints that want events of that type.
func (w *work) listeners(typ string) ([]obj, error) {
	all, err := w.all(of("webhook_endpoint").is("status", "enabled"))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e obj) bool {
		wants, _ := e["enabled_events"].([]any)
		return !slices.Contains(wants, any("*")) && !slices.Contains(wants, any(typ))
	}), nil
}

// withPending sets pending_webhooks to what is still to be delivered.
func (w *work) withPending(event obj) (obj, error) {
	var n int64
	err := w.tx.QueryRowContext(w.ctx,
		`SELECT count(DISTINCT endpoint) FROM deliveries WHERE event = $1 AND status <> 'delivered'`,
		event.str("id")).Scan(&n)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	event["pending_webhooks"] = n
	return event, nil
}

func getEvent(c *call) (obj, error) {
	event, err := c.get("event", c.id())
	if err != nil {
		return nil, err
	}
	return c.withPending(event)
}

func listEvents(c *call) (obj, error) {
	q := of("event").is("type", c.p.str("type"))
	if types := c.p.strings("types"); len(types) > 0 {
		in, args := oneOfMany(types)
		q.cond(column("type")+" IN ("+in+")", args...)
	}
	if delivered, sent := c.p.optBool("delivery_success"); sent {
		not := map[bool]string{true: "NOT ", false: ""}[delivered]
		q.cond(not + "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.status <> 'delivered')")
	}
	page, err := c.page("/v1/events", q)
	if err != nil {
		return nil, err
	}
	for _, event := range page.list("data") {
		if _, err := c.withPending(event); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// oneOfMany makes the placeholders and arguments of an IN list.
func oneOfMany(values []string) (placeholders string, args []any) {
	for i, v := range values {
		if i > 0 {
			placeholders += ", "
		}
		placeholders += "?"
		args = append(args, v)
	}
	return placeholders, args
}
