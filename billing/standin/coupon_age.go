package standin

// A coupon is valid while it may still be given to somebody, and a code is active
// while its coupon is valid and it may still be used itself. Both turn by
// themselves: at their last second, and with their last use.
// https://docs.stripe.com/api/coupons/object#coupon_object-valid
// https://docs.stripe.com/api/promotion_codes/object#promotion_code_object-active

// used reports whether a coupon or a code was used as often as it may be.
func used(o obj) bool {
	limit := o.num("max_redemptions")
	return limit > 0 && o.num("times_redeemed") >= limit
}

// past reports whether its last second, kept in that field, is over.
func (w *work) past(o obj, field string) bool { return o.num(field) > 0 && o.num(field) <= w.now }

// ageCodes makes a coupon and its codes be what the second and their uses make
// of them. A code shows its coupon as it is.
func (w *work) ageCodes(coupon string) error {
	o, err := w.find(coupon)
	if err != nil || o == nil {
		return err
	}
	if !o.flag("deleted") {
		if o["valid"] = o.flag("valid") && !used(o) && !w.past(o, "redeem_by"); w.past(o, "redeem_by") {
			o.due(0)
		}
		if err := w.put(o); err != nil {
			return err
		}
	}
	promos, err := w.all(of("promotion_code").cond("body->>'$.coupon.id' = ?", coupon))
	if err != nil {
		return err
	}
	for _, p := range promos {
		if !o.flag("deleted") {
			p["coupon"] = o.shown()
		} else {
			p.sub("coupon")["valid"] = false
		}
		if p["active"] = p.flag("active") && w.redeemable(p); w.past(p, "expires_at") {
			p.due(0)
		}
		if err := w.put(p); err != nil {
			return err
		}
	}
	return nil
}

// redeemable reports whether a code could be used by somebody, were it active.
func (w *work) redeemable(promo obj) bool {
	return promo.flag("coupon", "valid") && !used(promo) && !w.past(promo, "expires_at")
}

// typed finds the code that somebody typed: the active one, else the newest, so
// that they can be told why it is no longer good; nil when there never was one.
func (w *work) typed(code string) (obj, error) {
	found, err := w.promotion(code)
	if err != nil || found != nil {
		return found, err
	}
	all, err := w.all(of("promotion_code").cond("lower("+column("code")+") = lower(?)", code))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[len(all)-1], nil
}
