package main

import (
	"time"

	"broadsheet/billing"
	"broadsheet/handlers"
	"broadsheet/journey"
	"broadsheet/reader"
)

// openGifts joins the letters about gifts and the work that they wait for.
func (p *paper) openGifts() error {
	var err error
	if p.gifts, err = billing.NewGiftLinks(p.conf.AppSecret.Reveal()); err != nil {
		return err
	}
	write := journey.GiftLetters{Store: p.db, Gifts: p.billing, Outbox: journey.Outbox{Queue: p.runner}, House: p.house, Links: p.gifts}
	write.Handle(p.runner.Handle)
	p.runner.Every(journey.GiftForgetJob, 24*time.Hour, write.Forget)
	return nil
}

// giftShop joins what the site's pages about gifts stand on.
func (p *paper) giftShop(keys reader.Keys) handlers.GiftShop {
	return handlers.GiftShop{
		Giving:    journey.NewGifts(journey.GiftParts{Limits: p.db, Billing: p.billing, Keys: keys, Addresses: p.mailable()}),
		GiftLinks: p.gifts,
	}
}
