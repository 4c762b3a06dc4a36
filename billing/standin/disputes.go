package standin

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

const (
	disputeFee  = 1500      // what the firm takes for a dispute, in minor units
	evidenceFor = 9 * 86400 // how long the merchant may answer one
)

// evidenceFields are what a merchant can bring forward.
var evidenceFields = []string{"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
	"cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip",
	"customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
	"product_description", "receipt", "refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date",
	"service_documentation", "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
	"shipping_tracking_number", "uncategorized_file", "uncategorized_text"}

// openDispute has a cardholder take a charge back: the money leaves the
// account until the dispute is won. An inquiry only asks, and no money moves.
// https://docs.stripe.com/disputes
func (w *work) openDispute(charge obj, reason string, inquiry bool) error {
	evidence := obj{}
	for _, key := range evidenceFields {
		evidence[key] = nil
	}
	amount := charge.num("amount") - charge.num("amount_refunded")
	dispute := obj{
		"id": w.newID("dp_"), "object": "dispute", "amount": amount, "balance_transactions": []any{}, "charge": charge["id"],
		"created": w.now, "currency": charge["currency"], "evidence": evidence,
		"evidence_details":     obj{"due_by": w.now + evidenceFor, "has_evidence": false, "past_due": false, "submission_count": 0},
		"is_charge_refundable": inquiry, "livemode": false, "metadata": obj{}, "payment_intent": charge["payment_intent"],
		"payment_method_details": obj{"card": obj{"brand": charge.str("payment_method_details", "card", "brand"),
			"network_reason_code": "10"}, "type": "card"},
		"reason": reason, "status": map[bool]string{true: "warning_needs_response", false: "needs_response"}[inquiry],
	}
	dispute.due(w.now + evidenceFor)
	if !inquiry {
		out := w.disputeEntry(dispute, -amount)
		out["fee"], out["net"], out["reporting_category"] = disputeFee, -amount-disputeFee, "dispute"
		out["fee_details"] = []any{obj{"amount": disputeFee, "application": nil, "currency": charge["currency"],
			"description": "Dispute fee", "type": "stripe_fee"}}
		if err := w.put(out); err != nil {
			return err
		}
		dispute["balance_transactions"] = []any{out}
	}
	charge["disputed"] = true
	charge.due(0)
	for _, o := range []obj{dispute, charge} {
		if err := w.put(o); err != nil {
			return err
		}
	}
	if err := w.emit("charge.dispute.created", dispute); err != nil || inquiry {
		return err
	}
	return w.emit("charge.dispute.funds_withdrawn", dispute)
}

// disputeEntry is what a dispute moves in the account's balance.
func (w *work) disputeEntry(dispute obj, amount int64) obj {
	entry := w.newTransaction("adjustment", amount, dispute.str("currency"), dispute.str("id"))
	entry["reporting_category"] = "dispute_reversal"
	return entry
}

// takeBack has the holder of the card dispute what they paid.
func (w *work) takeBack(charge obj) error {
	pm, err := w.find(charge.str("payment_method"))
	if err != nil {
		return err
	}
	c := cardOf(pm)
	return w.openDispute(charge, cmp.Or(c.dispute, "fraudulent"), c.inquiry)
}

// settleDispute closes a dispute. Won, the money comes back; the fee does not.
// An inquiry that is closed, whichever way, leaves things as they are.
func (w *work) settleDispute(dispute obj, won bool) error {
	back, status := won, map[bool]string{true: "won", false: "lost"}[won]
	if inquires(dispute) {
		back, status = false, "warning_closed"
	}
	dispute["status"] = status
	dispute.due(0)
	if back {
		entry := w.disputeEntry(dispute, dispute.num("amount"))
		if err := w.put(entry); err != nil {
			return err
		}
		many, _ := dispute["balance_transactions"].([]any)
		dispute["balance_transactions"], dispute["is_charge_refundable"] = append(many, entry), true
	}
	if err := w.put(dispute); err != nil {
		return err
	}
	if back {
		if err := w.emit("charge.dispute.funds_reinstated", dispute); err != nil {
			return err
		}
	}
	return w.emit("charge.dispute.closed", dispute)
}

// inquires reports whether the bank only asks.
func inquires(dispute obj) bool { return strings.HasPrefix(dispute.str("status"), "warning_") }

func openStill(dispute obj) bool {
	return slices.Contains([]string{"needs_response", "under_review", "warning_needs_response", "warning_under_review"}, dispute.str("status"))
}

func (c *call) openDisputeOf() (obj, error) {
	dispute, err := c.get("dispute", c.id())
	if err == nil && !openStill(dispute) {
		return nil, invalid("", "This dispute is already closed.")
	}
	return dispute, err
}

// updateDispute takes evidence. Submitted, it is under review, and the two
// magic texts decide it at once: https://docs.stripe.com/testing#evidence
func updateDispute(c *call) (obj, error) {
	dispute, err := c.openDisputeOf()
	if err != nil {
		return nil, err
	}
	before := dispute.clone()
	dispute["metadata"] = merged(dispute.sub("metadata"), c.p.metadata("metadata"))
	in := c.p.child("evidence")
	for _, key := range evidenceFields {
		if v, sent := in.opt(key); sent {
			dispute.sub("evidence")[key] = orNull(v)
			dispute.sub("evidence_details")["has_evidence"] = true
		}
	}
	submit, sent := c.p.optBool("submit")
	if in != nil && (submit || !sent) {
		details := dispute.sub("evidence_details")
		details["submission_count"] = details.num("submission_count") + 1
		dispute["status"] = strings.Replace(dispute.str("status"), "needs_response", "under_review", 1)
	}
	if err := c.put(dispute); err != nil {
		return nil, err
	}
	if err := c.emitChange("charge.dispute.updated", before, dispute); err != nil {
		return nil, err
	}
	text := dispute.str("evidence", "uncategorized_text")
	if strings.HasSuffix(dispute.str("status"), "under_review") && (text == "winning_evidence" || text == "losing_evidence") {
		return dispute, c.settleDispute(dispute, text == "winning_evidence")
	}
	return dispute, nil
}

// closeDispute gives a dispute up.
func closeDispute(c *call) (obj, error) {
	dispute, err := c.openDisputeOf()
	if err != nil {
		return nil, err
	}
	return dispute, c.settleDispute(dispute, false)
}

// listDisputes knows of what a cardholder takes back in this very second.
func listDisputes(c *call) (obj, error) {
	due, err := c.rows(`SELECT body FROM objects WHERE kind = 'charge' AND due <= $1 ORDER BY due, seq`, c.now)
	if err != nil {
		return nil, err
	}
	for _, charge := range due {
		if err := c.takeBack(charge); err != nil {
			return nil, err
		}
	}
	return c.page("/v1/disputes", of("dispute").is("charge", c.p.str("charge")).is("payment_intent", c.p.str("payment_intent")))
}

// turnDispute loses a dispute that nobody answered in time.
func (w *work) turnDispute(dispute obj) error {
	if strings.HasSuffix(dispute.str("status"), "needs_response") {
		dispute.sub("evidence_details")["past_due"] = true
		return w.settleDispute(dispute, false)
	}
	dispute.due(0)
	return w.put(dispute)
}

// disputePost opens a dispute over a charge, or decides one, from the desk:
// the bank's part, which no API call plays.
func (s *Server) disputePost(w http.ResponseWriter, r *http.Request) error {
	var dispute obj
	err := s.do(r.Context(), func(b *work) error {
		if id := r.PostFormValue("charge"); id != "" {
			charge, err := b.get("charge", id)
			if err != nil {
				return err
			}
			if !charge.flag("paid") || charge.flag("disputed") || charge.flag("refunded") {
				return invalid("charge", "Only a charge that was paid, and not given back or disputed before, can be disputed.")
			}
			if err := b.openDispute(charge, "fraudulent", false); err != nil {
				return err
			}
			found, err := b.all(of("dispute").is("charge", id))
			dispute = found[len(found)-1]
			return err
		}
		var err error
		if dispute, err = b.get("dispute", r.PostFormValue("dispute")); err != nil {
			return err
		}
		outcome := r.PostFormValue("outcome")
		if outcome != "won" && outcome != "lost" || !openStill(dispute) {
			return invalid("outcome", "An open dispute can be won or lost.")
		}
		return b.settleDispute(dispute, outcome == "won")
	})
	if err != nil {
		return err
	}
	return back(w, r, obj{"dispute": dispute["id"], "status": dispute["status"]})
}
