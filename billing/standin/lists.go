package standin

import "fmt"

// page answers a list request the way Stripe does: newest first, limit,
// starting_after, ending_before, has_more.
// https://docs.stripe.com/api/pagination
func (c *call) page(url string, q *query) (obj, error) {
	limit := int64(10)
	if n, sent := c.p.optInt("limit"); sent {
		limit = n
	}
	if limit < 1 || limit > 100 {
		return nil, invalid("limit", "Invalid integer: limit must be between 1 and 100")
	}
	c.created(q)
	after, before := c.p.str("starting_after"), c.p.str("ending_before")
	if after != "" && before != "" {
		return nil, invalid("ending_before", "You may only specify one of these parameters: starting_after, ending_before.")
	}
	cursor, order := after, "DESC"
	if before != "" {
		cursor, order = before, "ASC"
	}
	if cursor != "" {
		if _, err := c.get(q.kind, cursor); err != nil {
			return nil, asParam(err, map[bool]string{true: "starting_after", false: "ending_before"}[after != ""])
		}
		sign := map[string]string{"DESC": "<", "ASC": ">"}[order]
		q.cond("seq "+sign+" (SELECT seq FROM objects WHERE id = ?)", cursor)
	}
	text := fmt.Sprintf(`SELECT body FROM objects WHERE %s ORDER BY seq %s LIMIT %d`, q.sql(), order, limit+1)
	found, err := c.rows(text, append([]any{q.kind}, q.args...)...)
	if err != nil {
		return nil, err
	}
	more := int64(len(found)) > limit
	if more {
		found = found[:limit]
	}
	if order == "ASC" {
		for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
			found[i], found[j] = found[j], found[i]
		}
	}
	out := listOf(url, found...)
	out["has_more"] = more
	return out, nil
}

// created adds the created filter, a second or a range.
func (c *call) created(q *query) {
	kid := c.p.kid("created")
	if kid == nil {
		return
	}
	if kid.leaf {
		q.is("created", c.p.integer("created"))
		return
	}
	for key, sign := range map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<="} {
		if n, sent := kid.optInt(key); sent {
			q.cond("created "+sign+" ?", n)
		}
	}
}
