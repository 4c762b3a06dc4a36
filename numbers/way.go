package numbers

import (
	"net/url"
	"strings"
)

// viaParameter carries on the way back to a story what led to its wall. It is in
// the address and not in a cookie: nothing is kept on anybody's device for it.
const viaParameter = "via"

// Way is a story's path as the forms of its wall carry it: what led there goes
// with it. Nothing is added for Direct, or for "".
func Way(path, source string) string {
	if source == "" || source == Direct {
		return path
	}
	return path + "?" + url.Values{viaParameter: {source}}.Encode()
}

// OfWay says which story a local path leads back to, by its address, and what had
// led there: "" for any other page, and Direct for what is not said or is made
// up. The page of plans carries where it was opened.
func OfWay(path string) (slug, source string) {
	u, err := url.Parse(path)
	if err != nil {
		return "", Direct
	}
	q := u.Query()
	if back := q.Get("return"); back != "" {
		if u, err = url.Parse(back); err != nil {
			return "", Direct
		}
		q = u.Query()
	}
	if source = q.Get(viaParameter); !isSource(source) {
		source = Direct
	}
	slug, ok := strings.CutPrefix(u.Path, "/stories/")
	if !ok || strings.Contains(slug, "/") {
		return "", source
	}
	return slug, source
}
