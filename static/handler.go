package static

import (
	"net/http"
	"strconv"
	"strings"
)

// forEver is sent with every asset: its address changes when its content does.
const forEver = "public, max-age=31536000, immutable"

// Handler serves the assets under Prefix, in the densest encoding that the client takes and that is ready. It answers
// GET and HEAD, revalidations with 304, other methods with 405 and unknown addresses with a plain 404 (an old
// fingerprint is an unknown address).
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address can only be read.", http.StatusMethodNotAllowed)
			return
		}
		a, ok := assets.byPath[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	body, encoding := a.pick(r.Header.Values("Accept-Encoding"))
	h := w.Header()
	h.Set("Cache-Control", forEver)
	h.Set("Vary", "Accept-Encoding")
	tag := `"` + a.sum + `"`
	if encoding != "" {
		tag = `"` + a.sum + "-" + encoding + `"` // a strong tag names bytes, and these bytes differ
	}
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), a.sum) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client may have left; there is nobody to tell
}

// pick returns the body to send and the name of its encoding, "" for the plain one.
func (a *asset) pick(accept []string) ([]byte, string) {
	br, gz := accepts(accept)
	if !br && !gz {
		return a.plain, ""
	}
	a.encode()
	if body := a.br.Load(); br && body != nil {
		return *body, "br"
	}
	if body := a.gz.Load(); gz && body != nil {
		return *body, "gzip"
	}
	return a.plain, ""
}

// accepts reads Accept-Encoding as RFC 9110, 12.5.3, has it: a weight of zero refuses, a star speaks for the encodings
// that aren't named. Of what is accepted we choose, so weights above zero are alike.
func accepts(header []string) (br, gz bool) {
	named := map[string]bool{}
	for _, item := range strings.Split(strings.Join(header, ","), ",") {
		coding, params, _ := strings.Cut(item, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "x-gzip" { // the same encoding by RFC 9110, 8.4.1.3
			coding = "gzip"
		}
		if coding != "" {
			named[coding] = !refused(params)
		}
	}
	of := func(coding string) bool {
		if yes, ok := named[coding]; ok {
			return yes
		}
		return named["*"]
	}
	return of("br"), of("gzip")
}

// refused reports whether the parameters of a coding give it the weight zero. A weight that isn't a number refuses too:
// the plain body is never wrong.
func refused(params string) bool {
	name, value, found := strings.Cut(params, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return false
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err != nil || !(q > 0)
}

// matches reports whether If-None-Match names the asset in any of its encodings: whichever of them the browser holds
// shows the same thing, and sending another would help nobody.
func matches(header, sum string) bool {
	for _, tag := range strings.Split(header, ",") {
		tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
		base, _, _ := strings.Cut(tag, "-")
		if tag == "*" || base == sum {
			return true
		}
	}
	return false
}
