package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// visitor is a browser.
type visitor struct {
	paper *newspaper
	http  *http.Client
}

const browserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

func (p *newspaper) visitor() visitor {
	jar, _ := cookiejar.New(nil) // fails on options only
	return visitor{p, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
}

func (v visitor) do(ctx context.Context, method, path string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.paper.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", browserAgent)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.paper.url)
	}
	res, err := v.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return body, err
}

func (v visitor) get(ctx context.Context, path string) ([]byte, error) {
	return v.do(ctx, http.MethodGet, path, nil)
}

// request is the visitor's request for a path, as bytes.
func (v visitor) request(path string, brotli bool) []byte {
	u, _ := url.Parse(v.paper.url)
	var cookies []string
	for _, c := range v.http.Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return rawGet(u.Host, path, strings.Join(cookies, "; "), brotli)
}

func rawGet(host, path, cookies string, brotli bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/html\r\n", path, host, browserAgent)
	if cookies != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookies)
	}
	if brotli {
		b.WriteString("Accept-Encoding: gzip, deflate, br\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

var (
	storyLink = regexp.MustCompile(`href="(/stories/[a-z0-9-]+)"`)
	reason    = regexp.MustCompile(`data-reason="([a-z]+)"`)
	sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)
)

func reasonOf(body []byte) string {
	if m := reason.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}

// metered finds n stories that a newcomer may read against the allowance.
func metered(ctx context.Context, p *newspaper, n int) ([]string, error) {
	front, err := p.visitor().get(ctx, "/")
	if err != nil {
		return nil, err
	}
	var found []string
	seen := map[string]bool{}
	for _, m := range storyLink.FindAllSubmatch(front, -1) {
		path := string(m[1])
		if seen[path] {
			continue
		}
		seen[path] = true
		body, err := p.visitor().get(ctx, path)
		if err != nil {
			return nil, err
		}
		if reasonOf(body) == "allowance" {
			found = append(found, path)
		}
		if len(found) == n {
			return found, nil
		}
	}
	return nil, fmt.Errorf("the front page leads to %d metered stories, and %d are needed", len(found), n)
}

// signIn takes the way of a reader: an address, the code in the mailbox.
func (v visitor) signIn(ctx context.Context, email string) error {
	if _, err := v.do(ctx, http.MethodPost, "/signin", url.Values{"email": {email}}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		mail, err := v.get(ctx, "/_mail/latest?to="+url.QueryEscape(email))
		if code := sixDigits.Find(mail); err == nil && code != nil {
			_, err = v.do(ctx, http.MethodPost, "/signin/code", url.Values{"code": {string(code)}, "email": {email}})
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the code never came"), err)
		case <-tick.C:
		}
	}
}
