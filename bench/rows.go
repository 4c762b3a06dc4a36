package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// row is what is asked for again and again.
type row struct {
	file     string // of its answer, for the bare server
	body     []byte // an answer
	requests [][]byte
	made     func(n int) []byte // makes the nth request where each is another; nil for requests in turn
	asked    atomic.Int64
}

// next is the request to send now.
func (r *row) next() []byte {
	n := int(r.asked.Add(1))
	if r.made != nil {
		return r.made(n)
	}
	return r.requests[n%len(r.requests)]
}

// bareRow asks the bare server for the same bytes.
func (r *row) bareRow() *row {
	return &row{body: r.body, requests: [][]byte{rawGet("127.0.0.1", "/"+r.file, "", false)}}
}

// paperRows is a paper with all that it is asked for.
type paperRows struct {
	paper *newspaper
	bare  *child
	rows  map[rowKey]*row
}

func openPaper(ctx context.Context, p program, database, dir string, cells []cell) (_ *paperRows, err error) {
	paper, err := startPaper(ctx, p.bin, database, dir)
	if err != nil {
		return nil, err
	}
	all := &paperRows{paper: paper, rows: map[rowKey]*row{}}
	defer func() {
		if err != nil {
			_ = all.stop()
		}
	}()
	m := &maker{paper: paper}
	if m.stories, err = metered(ctx, paper, 3); err != nil {
		return nil, err
	}
	for _, c := range cells {
		if all.rows[c.key()] != nil {
			continue
		}
		r, err := m.row(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name(), err)
		}
		r.file = fmt.Sprint("answer-", len(all.rows))
		all.rows[c.key()] = r
	}
	all.bare, err = startBare(dir, all.rows)
	return all, err
}

func (p *paperRows) stop() error {
	err := p.paper.stop()
	if p.bare != nil {
		_ = p.bare.stop()
	}
	return err
}

// maker makes readers and their requests.
type maker struct {
	paper   *newspaper
	stories []string
	pays    *visitor // who subscribes, once signed in
}

func (m *maker) row(ctx context.Context, c cell) (*row, error) {
	switch c.row {
	case reRead:
		return m.story(ctx, c, m.stories[:1], m.stories[0], "counted")
	case closed:
		return m.story(ctx, c, m.stories[:2], m.stories[2], "spent")
	case subscriber:
		return m.subscriber(ctx, c)
	case firstCount:
		return m.page(ctx, c, m.paper.visitor(), m.stories[0], "allowance")
	case front:
		return m.page(ctx, c, m.paper.visitor(), "/", "")
	case feed:
		return m.page(ctx, c, m.paper.visitor(), "/feed.xml", "")
	case signIn:
		return m.signIn(ctx)
	case webhook:
		return m.webhook(ctx)
	}
	return nil, fmt.Errorf("nobody knows how to ask for %q", c.row)
}

// story is a page as visitors see it who have read others before.
func (m *maker) story(ctx context.Context, c cell, before []string, path, reason string) (*row, error) {
	var all *row
	for range c.visitors {
		v := m.paper.visitor()
		for _, p := range before {
			if _, err := v.get(ctx, p); err != nil {
				return nil, err
			}
		}
		if all != nil {
			all.requests = append(all.requests, v.request(path, c.brotli))
			continue
		}
		var err error
		if all, err = m.page(ctx, c, v, path, reason); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (m *maker) subscriber(ctx context.Context, c cell) (*row, error) {
	if m.pays == nil {
		v := m.paper.visitor()
		if err := v.signIn(ctx, "digital@example.org"); err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		m.pays = &v
	}
	return m.page(ctx, c, *m.pays, m.stories[0], "benefit")
}

// page is one page as one visitor sees it.
func (m *maker) page(ctx context.Context, c cell, v visitor, path, reason string) (*row, error) {
	r := &row{requests: [][]byte{v.request(path, c.brotli)}}
	body, err := v.get(ctx, path)
	if err != nil {
		return nil, err
	}
	if got := reasonOf(body); got != reason {
		return nil, fmt.Errorf("the gate says %q and should say %q", got, reason)
	}
	r.body = body
	if c.brotli {
		r.body, err = m.compressed(ctx, r.requests[0])
	}
	return r, err
}

// compressed waits until the page is there in brotli.
func (m *maker) compressed(ctx context.Context, request []byte) ([]byte, error) {
	for {
		head, body, err := askOnce(ctx, m.paper.addr, request)
		if err != nil || bytes.Contains(head, []byte("Content-Encoding: br\r\n")) {
			return body, err
		}
	}
}

// signIn asks for a code, each time for another address.
func (m *maker) signIn(ctx context.Context) (*row, error) {
	r := &row{made: func(n int) []byte {
		return m.post("/signin", "application/x-www-form-urlencoded", url.Values{"email": {fmt.Sprintf("reader%08d@example.org", n)}}.Encode(), "")
	}}
	_, body, err := askOnce(ctx, m.paper.addr, r.next())
	r.body = body
	return r, err
}

// webhook sends events of one customer, each of them new.
func (m *maker) webhook(ctx context.Context) (*row, error) {
	run := time.Now().UnixNano()
	r := &row{made: func(n int) []byte {
		now := time.Now().Unix()
		body := fmt.Sprintf(`{"id":"evt_%d_%d","object":"event","api_version":"2023-10-16","created":%d,"livemode":false,`+
			`"type":"customer.subscription.updated","data":{"object":{"id":"sub_bench","object":"subscription","customer":"cus_bench"}}}`, run, n, now)
		return m.post("/webhooks/stripe", "application/json", body, fmt.Sprintf("Stripe-Signature: t=%d,v1=%s\r\n", now, signature(now, body)))
	}}
	_, body, err := askOnce(ctx, m.paper.addr, r.next())
	r.body = body
	return r, err
}

// signature is Stripe's, https://docs.stripe.com/webhooks#verify-manually.
func signature(at int64, body string) string {
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (m *maker) post(path, kind, body, more string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nOrigin: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
		path, strings.TrimPrefix(m.paper.url, "http://"), browserAgent, m.paper.url, kind, len(body), more, body)
	return b.Bytes()
}
