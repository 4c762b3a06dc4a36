package drill

import (
	"errors"
	"fmt"
)

// checkNews: before the reconciler is called, whoever's newest event was taken
// with a 200 stands in the paper as in the books. However late, doubled or
// shuffled the events before it came, that one had the paper ask.
func checkNews(o Options, r *rows) (wrong []string, err error) {
	db, err := openReadOnly(o.booksPath())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	customers, err := objects[bookCustomer](db, "customer")
	if err != nil {
		return nil, err
	}
	owner := map[string]string{}
	for _, c := range customers {
		owner[c.ID] = c.Metadata["reader_id"]
	}
	told, err := texts(db, `SELECT customer FROM (
		SELECT coalesce(body->>'$.data.object.customer', body->>'$.data.object.id') AS customer, max(seq) AS newest,
			EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND status = 'delivered') AS told
		FROM objects WHERE kind = 'event' AND EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id)
		GROUP BY 1) WHERE told`)
	if err != nil {
		return nil, err
	}
	fresh := map[string]bool{}
	for _, customer := range told {
		fresh[customer] = true
	}
	subs, err := objects[bookSub](db, "subscription")
	if err != nil {
		return nil, err
	}
	for _, s := range subs {
		if owner[s.Customer] == "" || !fresh[s.Customer] {
			continue
		}
		for _, how := range r.differ(s, owner[s.Customer]) {
			wrong = append(wrong, fmt.Sprintf("the newest event of %s was delivered, and the paper did not take in what had happened: %s", s.Customer, how))
		}
	}
	return wrong, nil
}
