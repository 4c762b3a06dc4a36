package main

import "broadsheet/journey"

// support is what the desk can do for readers.
func (p *paper) support() *journey.Support {
	return &journey.Support{
		Store: p.db, Everything: journey.NewEverything(p.db, p.db.Personal()), Queue: p.runner,
		Outbox: journey.Outbox{Queue: p.runner}, House: p.house, Addresses: p.mailable(),
	}
}
