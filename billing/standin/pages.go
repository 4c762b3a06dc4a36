package standin

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

//go:embed pages
var pageFiles embed.FS

// pages are the parsed templates, one set per page over the common base.
type pages struct{ byName map[string]*template.Template }

var pageNames = []string{"pay", "ask", "portal", "invoice", "desk", "message"}

func loadPages() (*pages, error) {
	funcs := template.FuncMap{
		"money": money,
		"date":  func(unix int64) string { return time.Unix(unix, 0).UTC().Format("2 January 2006") },
		"stamp": func(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05") },
		"milli": func(unix int64) string { return time.UnixMilli(unix).UTC().Format("15:04:05.000") },
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range pageNames {
		t, err := template.New("base.html").Funcs(funcs).ParseFS(pageFiles, "pages/base.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("stand-in's page %s: %w", name, err)
		}
		p.byName[name] = t
	}
	return p, nil
}

// frame is what every page shows.
type frame struct {
	Title   string
	Account string
	Page    any
}

// show renders a page to the end before anything is sent.
func (s *Server) show(w http.ResponseWriter, status int, name, title string, page any) error {
	var buf bytes.Buffer
	err := s.pages.byName[name].Execute(&buf, frame{Title: title, Account: s.cfg.AccountName, Page: page})
	if err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
	return nil
}

// message is a page with a sentence and one way on.
type message struct {
	Heading, Text  string
	Link, LinkText string
}

// page wraps a handler of hosted pages: headers, and errors as pages.
func (s *Server) page(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := h(w, r)
		if err == nil {
			return
		}
		status, text := http.StatusInternalServerError, "The stand-in failed; its log says why."
		if bad := (*apiError)(nil); errors.As(err, &bad) {
			status, text = bad.status, bad.message
			if status == http.StatusNotFound {
				text = "There is nothing at this address."
			}
		} else {
			s.log.ErrorContext(r.Context(), "stand-in page failed", "path", r.URL.Path, "err", err)
		}
		if err := s.show(w, status, "message", http.StatusText(status), message{Heading: http.StatusText(status), Text: text}); err != nil {
			s.log.ErrorContext(r.Context(), "stand-in page failed", "path", r.URL.Path, "err", err)
		}
	})
}

func (s *Server) css(w http.ResponseWriter, _ *http.Request) error {
	raw, err := pageFiles.ReadFile("pages/standin.css")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(raw)
	return nil
}
