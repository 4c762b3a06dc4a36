package standin

// defaultEndpoint is the endpoint that the configuration asks for.
const defaultEndpoint = "we_1StandinDefaultEndpoint00"

// openAccount brings the books in line with the configuration.
func (w *work) openAccount() error {
	if err := w.forgetKeys(); err != nil {
		return err
	}
	was, err := w.find(defaultEndpoint)
	if err != nil {
		return err
	}
	if w.s.cfg.WebhookURL == "" {
		if was == nil {
			return nil
		}
		was["status"] = "disabled"
		return w.put(was)
	}
	e := w.newEndpoint(defaultEndpoint, w.s.cfg.WebhookURL, w.s.cfg.WebhookSecret, []string{"*"})
	e["description"] = "The app's own endpoint, from the configuration"
	if was != nil {
		e["created"] = was.num("created")
	}
	return w.put(e)
}

func (w *work) newEndpoint(id, url, secret string, events []string) obj {
	return obj{
		"id": id, "object": "webhook_endpoint", "api_version": APIVersion, "application": nil,
		"created": w.now, "description": nil, "enabled_events": anys(events), "livemode": false,
		"metadata": obj{}, "status": "enabled", "url": url, hiddenKey: obj{"secret": secret},
	}
}

func anys(many []string) []any {
	out := make([]any, len(many))
	for i := range many {
		out[i] = many[i]
	}
	return out
}

func createEndpoint(c *call) (obj, error) {
	if v := c.p.str("api_version"); v != "" && v != APIVersion {
		return nil, invalid("api_version", "Invalid API version: %s. This stand-in speaks %s only.", v, APIVersion)
	}
	c.p.ignore("connect")
	e := c.newEndpoint(c.newID("we_"), c.p.webAddress("url"), c.newID("whsec_"), c.p.strings("enabled_events"))
	if len(e["enabled_events"].([]any)) == 0 {
		return nil, invalidCode("parameter_missing", "enabled_events", "Missing required param: enabled_events.")
	}
	e["description"] = orNull(c.p.str("description"))
	e["metadata"] = merged(nil, c.p.metadata("metadata"))
	if err := c.put(e); err != nil {
		return nil, err
	}
	out := e.shown()
	out["secret"] = e.str(hiddenKey, "secret") // shown once, at its creation
	return out, nil
}

func updateEndpoint(c *call) (obj, error) {
	e, err := c.live("webhook_endpoint", c.id())
	if err != nil {
		return nil, err
	}
	if url := c.p.str("url"); url != "" {
		e["url"] = url
	}
	if d, sent := c.p.opt("description"); sent {
		e["description"] = orNull(d)
	}
	if off, sent := c.p.optBool("disabled"); sent {
		e["status"] = map[bool]string{true: "disabled", false: "enabled"}[off]
	}
	if events := c.p.strings("enabled_events"); len(events) > 0 {
		e["enabled_events"] = anys(events)
	}
	e["metadata"] = merged(e.sub("metadata"), c.p.metadata("metadata"))
	if e.str("status") == "disabled" {
		if err := c.stopDeliveries(c.id()); err != nil {
			return nil, err
		}
	}
	return e, c.put(e)
}

// stopDeliveries gives up what is still waiting for an endpoint that no longer
// listens.
func (w *work) stopDeliveries(endpoint string) error {
	_, err := w.tx.ExecContext(w.ctx,
		`UPDATE deliveries SET status = 'dropped', last = 'the endpoint was switched off' WHERE endpoint = $1 AND status = 'waiting'`, endpoint)
	return err
}

func deleteEndpoint(c *call) (obj, error) {
	e, err := c.live("webhook_endpoint", c.id())
	if err != nil {
		return nil, err
	}
	gone := obj{"id": e["id"], "object": "webhook_endpoint", "deleted": true}
	if err := c.stopDeliveries(c.id()); err != nil {
		return nil, err
	}
	return gone, c.put(gone)
}

func listEndpoints(c *call) (obj, error) {
	return c.page("/v1/webhook_endpoints", of("webhook_endpoint").cond(column("deleted")+" IS NULL"))
}
