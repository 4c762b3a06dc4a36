package standin

import "strconv"

func createProduct(c *call) (obj, error) {
	id := c.p.str("id")
	if id == "" {
		id = c.newID("prod_")
	} else if was, err := c.find(id); err != nil || was != nil {
		if err == nil {
			err = invalidCode("resource_already_exists", "id", "Product already exists.")
		}
		return nil, err
	}
	c.p.oneOf("type", "service", "service", "good")
	product := c.newProduct(id, c.p.need("name"))
	c.fillProduct(product)
	if err := c.put(product); err != nil {
		return nil, err
	}
	if err := c.emit("product.created", product); err != nil {
		return nil, err
	}
	if in := c.p.child("default_price_data"); in != nil {
		price, err := c.newPrice(in, product)
		if err != nil {
			return nil, err
		}
		product["default_price"] = price["id"]
		return product, c.put(product)
	}
	return product, nil
}

func (w *work) newProduct(id, name string) obj {
	return obj{
		"id": id, "object": "product", "active": true, "created": w.now, "default_price": nil, "description": nil,
		"features": []any{}, "images": []any{}, "livemode": false, "metadata": obj{}, "name": name,
		"package_dimensions": nil, "shippable": nil, "statement_descriptor": nil, "tax_code": nil, "type": "service",
		"unit_label": nil, "updated": w.now, "url": nil,
	}
}

func (c *call) fillProduct(product obj) {
	if name := c.p.str("name"); name != "" {
		product["name"] = name
	}
	for _, key := range []string{"description", "statement_descriptor", "unit_label", "url", "default_price"} {
		if v, sent := c.p.opt(key); sent {
			product[key] = orNull(v)
		}
	}
	for _, key := range []string{"active", "shippable"} {
		if b, sent := c.p.optBool(key); sent {
			product[key] = b
		}
	}
	if images := c.p.strings("images"); images != nil {
		product["images"] = anys(images)
	}
	product["metadata"] = merged(product.sub("metadata"), c.p.metadata("metadata"))
}

func updateProduct(c *call) (obj, error) {
	product, err := c.live("product", c.id())
	if err != nil {
		return nil, err
	}
	return product, c.change(product, "product.updated", func() {
		c.fillProduct(product)
		product["updated"] = c.now
	})
}

func deleteProduct(c *call) (obj, error) {
	product, err := c.live("product", c.id())
	if err != nil {
		return nil, err
	}
	prices, err := c.all(of("price").is("product", c.id()))
	if err != nil {
		return nil, err
	}
	if len(prices) > 0 {
		return nil, invalid("", "This product cannot be deleted because it has one or more user-created prices.")
	}
	gone := obj{"id": c.id(), "object": "product", "deleted": true}
	if err := c.put(gone); err != nil {
		return nil, err
	}
	return gone, c.emit("product.deleted", product)
}

func listProducts(c *call) (obj, error) {
	q := of("product").cond(column("deleted") + " IS NULL")
	if on, sent := c.p.optBool("active"); sent {
		q.is("active", on)
	}
	if ids := c.p.strings("ids"); len(ids) > 0 {
		in, args := oneOfMany(ids)
		q.cond("id IN ("+in+")", args...)
	}
	return c.page("/v1/products", q)
}

func createPrice(c *call) (obj, error) {
	var product obj
	var err error
	if in := c.p.child("product_data"); in != nil {
		product = c.newProduct(c.newID("prod_"), in.need("name"))
		product["metadata"] = merged(nil, in.metadata("metadata"))
		if err := c.put(product); err != nil {
			return nil, err
		}
		if err := c.emit("product.created", product); err != nil {
			return nil, err
		}
	} else if product, err = c.live("product", c.p.need("product")); err != nil {
		return nil, asParam(err, "product")
	}
	return c.newPrice(c.p, product)
}

// newPrice reads a price out of p.
func (c *call) newPrice(p *params, product obj) (obj, error) {
	p.oneOf("billing_scheme", "per_unit", "per_unit")
	amount, sent := p.within("unit_amount", 0, maxAmount)
	if dec := p.str("unit_amount_decimal"); !sent && dec != "" {
		n, err := strconv.ParseInt(dec, 10, 64)
		if err != nil {
			return nil, invalid("unit_amount_decimal", "This stand-in knows whole minor units only: %s", dec)
		}
		amount, sent = n, true
	}
	if !sent || amount < 0 {
		return nil, invalidCode("parameter_missing", p.full("unit_amount"), "Missing required param: %s.", p.full("unit_amount"))
	}
	price := obj{
		"id": c.newID("price_"), "object": "price", "active": true, "billing_scheme": "per_unit", "created": c.now,
		"currency": p.currency("currency"), "custom_unit_amount": nil, "livemode": false, "lookup_key": nil,
		"metadata": merged(nil, p.metadata("metadata")), "nickname": orNull(p.str("nickname")), "product": product["id"],
		"recurring": nil, "tax_behavior": p.oneOf("tax_behavior", "unspecified", "exclusive", "inclusive", "unspecified"),
		"tiers_mode": nil, "transform_quantity": nil, "type": "one_time", "unit_amount": amount,
		"unit_amount_decimal": itoa(amount),
	}
	if on, sent := p.optBool("active"); sent {
		price["active"] = on
	}
	if err := recurring(p.child("recurring"), price); err != nil {
		return nil, err
	}
	if err := c.lookupKey(p, price); err != nil {
		return nil, err
	}
	if err := c.put(price); err != nil {
		return nil, err
	}
	return price, c.emit("price.created", price)
}

// recurring reads a price's rhythm; without one it is paid once.
func recurring(r *params, price obj) error {
	if r == nil {
		return nil
	}
	r.oneOf("usage_type", "licensed", "licensed")
	every, sent := r.optInt("interval_count")
	if !sent {
		every = 1
	}
	if every < 1 {
		return invalid("recurring[interval_count]", "This value must be greater than or equal to 1.")
	}
	unit := r.oneOf("interval", "", "day", "week", "month", "year")
	if unit == "" {
		return invalidCode("parameter_missing", "recurring[interval]", "Missing required param: recurring[interval].")
	}
	price["type"] = "recurring"
	price["recurring"] = obj{"aggregate_usage": nil, "interval": unit, "interval_count": every,
		"trial_period_days": nil, "usage_type": "licensed"}
	return nil
}

// lookupKey gives the price its key; another price gives it up only when
// transfer_lookup_key says so.
func (c *call) lookupKey(p *params, price obj) error {
	key, sent := p.opt("lookup_key")
	transfer := p.boolean("transfer_lookup_key")
	if !sent {
		return nil
	}
	price["lookup_key"] = orNull(key)
	if key == "" {
		return nil
	}
	holders, err := c.all(of("price").is("lookup_key", key))
	if err != nil {
		return err
	}
	for _, holder := range holders {
		if holder.str("id") == price.str("id") {
			continue
		}
		if !transfer {
			return invalid("lookup_key", "A price (`%s`) already uses that lookup key.", holder.str("id"))
		}
		if err := c.change(holder, "price.updated", func() { holder["lookup_key"] = nil }); err != nil {
			return err
		}
	}
	return nil
}

func updatePrice(c *call) (obj, error) {
	price, err := c.get("price", c.id())
	if err != nil {
		return nil, err
	}
	before := price.clone()
	if err := c.lookupKey(c.p, price); err != nil {
		return nil, err
	}
	if on, sent := c.p.optBool("active"); sent {
		price["active"] = on
	}
	if n, sent := c.p.opt("nickname"); sent {
		price["nickname"] = orNull(n)
	}
	price["metadata"] = merged(price.sub("metadata"), c.p.metadata("metadata"))
	if err := c.put(price); err != nil {
		return nil, err
	}
	return price, c.emitChange("price.updated", before, price)
}

func listPrices(c *call) (obj, error) {
	q := of("price").is("product", c.p.str("product")).is("currency", c.p.str("currency")).
		is("type", c.p.oneOf("type", "", "one_time", "recurring"))
	if on, sent := c.p.optBool("active"); sent {
		q.is("active", on)
	}
	if keys := c.p.strings("lookup_keys"); len(keys) > 0 {
		in, args := oneOfMany(keys)
		q.cond(column("lookup_key")+" IN ("+in+")", args...)
	}
	if unit := c.p.child("recurring").str("interval"); unit != "" {
		q.cond("body->>'$.recurring.interval' = ?", unit)
	}
	return c.page("/v1/prices", q)
}

// planOf is the price in the older shape that items and lines still carry.
func planOf(price obj) obj {
	return obj{
		"id": price["id"], "object": "plan", "active": price["active"], "aggregate_usage": nil, "amount": price["unit_amount"],
		"amount_decimal": price["unit_amount_decimal"], "billing_scheme": "per_unit", "created": price["created"],
		"currency": price["currency"], "interval": price.str("recurring", "interval"),
		"interval_count": price.num("recurring", "interval_count"), "livemode": false, "metadata": price["metadata"],
		"nickname": price["nickname"], "product": price["product"], "tiers_mode": nil, "transform_usage": nil,
		"trial_period_days": nil, "usage_type": "licensed",
	}
}
