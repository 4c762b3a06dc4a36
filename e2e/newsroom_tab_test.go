package e2e

import (
	"context"
	"net/url"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// enterAs gives the tab the cookies of a browser without script, and so what
// that one has signed in to.
func (b *tab) enterAs(other *Browser) error {
	at, err := url.Parse(b.paper.URL)
	if err != nil {
		return err
	}
	return b.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, c := range other.Jar.Cookies(at) {
			_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.paper.URL})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
