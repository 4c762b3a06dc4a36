package standin

// createPortalConfig makes a configuration of the customer portal. The first
// one is the account's default.
func createPortalConfig(c *call) (obj, error) {
	others, err := c.all(of("billing_portal.configuration"))
	if err != nil {
		return nil, err
	}
	conf := c.newPortalConfig(len(others) == 0)
	if c.p.child("features") == nil {
		return nil, invalidCode("parameter_missing", "features", "Missing required param: features.")
	}
	c.fillPortalConfig(conf)
	if err := c.put(conf); err != nil {
		return nil, err
	}
	return conf, c.emit("billing_portal.configuration.created", conf)
}

func (w *work) newPortalConfig(isDefault bool) obj {
	return obj{
		"id": w.newID("bpc_"), "object": "billing_portal.configuration", "active": true, "application": nil,
		"business_profile": obj{"headline": nil, "privacy_policy_url": nil, "terms_of_service_url": nil},
		"created":          w.now, "default_return_url": nil,
		"features": obj{
			"customer_update":       obj{"allowed_updates": []any{}, "enabled": false},
			"invoice_history":       obj{"enabled": false},
			"payment_method_update": obj{"enabled": false},
			"subscription_cancel": obj{"cancellation_reason": obj{"enabled": false, "options": []any{}}, "enabled": false,
				"mode": "at_period_end", "proration_behavior": "none"},
			"subscription_pause": obj{"enabled": false},
			"subscription_update": obj{"default_allowed_updates": []any{}, "enabled": false, "products": []any{},
				"proration_behavior": "none"},
		},
		"is_default": isDefault, "livemode": false, "login_page": obj{"enabled": false, "url": nil}, "metadata": obj{}, "updated": w.now,
	}
}

func (c *call) fillPortalConfig(conf obj) {
	if in := c.p.child("business_profile"); in != nil {
		for _, key := range []string{"headline", "privacy_policy_url", "terms_of_service_url"} {
			if v, sent := in.opt(key); sent {
				conf.sub("business_profile")[key] = orNull(v)
			}
		}
	}
	if v, sent := c.p.opt("default_return_url"); sent {
		conf["default_return_url"] = orNull(v)
	}
	if on, sent := c.p.optBool("active"); sent {
		conf["active"] = on
	}
	conf["metadata"] = merged(conf.sub("metadata"), c.p.metadata("metadata"))
	conf["updated"] = c.now
	features, in := conf.sub("features"), c.p.child("features")
	for _, name := range []string{"customer_update", "invoice_history", "payment_method_update", "subscription_cancel",
		"subscription_pause", "subscription_update"} {
		if on, sent := in.child(name).optBool("enabled"); sent {
			features.sub(name)["enabled"] = on
		}
	}
	if updates := in.child("customer_update").strings("allowed_updates"); updates != nil {
		features.sub("customer_update")["allowed_updates"] = anys(updates)
	}
	cancel := features.sub("subscription_cancel")
	inCancel := in.child("subscription_cancel")
	cancel["mode"] = inCancel.oneOf("mode", cancel.str("mode"), "at_period_end", "immediately")
	cancel["proration_behavior"] = inCancel.oneOf("proration_behavior", cancel.str("proration_behavior"), "none", "create_prorations", "always_invoice")
	if reason := inCancel.child("cancellation_reason"); reason != nil {
		cancel["cancellation_reason"] = obj{"enabled": reason.boolean("enabled"), "options": anys(reason.strings("options"))}
	}
	in.child("subscription_update").ignore("default_allowed_updates", "products", "proration_behavior")
	c.p.child("login_page").ignore("enabled")
}

func updatePortalConfig(c *call) (obj, error) {
	conf, err := c.get("billing_portal.configuration", c.id())
	if err != nil {
		return nil, err
	}
	return conf, c.change(conf, "billing_portal.configuration.updated", func() { c.fillPortalConfig(conf) })
}

func listPortalConfigs(c *call) (obj, error) {
	q := of("billing_portal.configuration")
	for _, key := range []string{"active", "is_default"} {
		if on, sent := c.p.optBool(key); sent {
			q.is(key, on)
		}
	}
	return c.page("/v1/billing_portal/configurations", q)
}

// createPortalSession opens the portal for a customer.
func createPortalSession(c *call) (obj, error) {
	customer, err := c.live("customer", c.p.need("customer"))
	if err != nil {
		return nil, asParam(err, "customer")
	}
	c.p.ignore("locale")
	conf, err := c.portalConfig(c.p.str("configuration"))
	if err != nil {
		return nil, err
	}
	flow, err := c.portalFlow(c.p.child("flow_data"))
	if err != nil {
		return nil, err
	}
	id := c.newID("bps_")
	s := obj{
		"id": id, "object": "billing_portal.session", "configuration": conf["id"], "created": c.now, "customer": customer["id"],
		"flow": flow, "livemode": false, "locale": nil, "on_behalf_of": nil,
		"return_url": orNull(c.p.str("return_url")), "url": c.s.url("/p/session/" + id),
	}
	if s["return_url"] == nil {
		s["return_url"] = conf["default_return_url"]
	}
	return s, c.put(s)
}

// portalFlow reads a deep link into the portal: to the change of the card, and
// back to the site when it is done. Others are not served.
// https://docs.stripe.com/customer-management/portal-deep-links
func (c *call) portalFlow(in *params) (any, error) {
	if in == nil {
		return nil, nil
	}
	if t := in.oneOf("type", "", "payment_method_update"); t == "" {
		return nil, invalidCode("parameter_missing", "flow_data[type]", "Missing required param: flow_data[type].")
	}
	after := in.child("after_completion")
	then := obj{"type": after.oneOf("type", "portal_homepage", "portal_homepage", "redirect", "hosted_confirmation"),
		"redirect": nil, "hosted_confirmation": nil}
	if then.str("type") == "redirect" {
		then["redirect"] = obj{"return_url": after.child("redirect").need("return_url")}
	}
	return obj{"type": "payment_method_update", "after_completion": then, "subscription_cancel": nil,
		"subscription_update": nil, "subscription_update_confirm": nil}, nil
}

// portalConfig is the one that is named, else the account's default.
func (c *call) portalConfig(id string) (obj, error) {
	if id != "" {
		conf, err := c.get("billing_portal.configuration", id)
		return conf, asParam(err, "configuration")
	}
	found, err := c.all(of("billing_portal.configuration").is("is_default", true).is("active", true))
	if err == nil && len(found) == 0 {
		err = invalid("", "No configuration provided and your test mode default configuration has not been created. "+
			"Provide a configuration or create your default.")
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
