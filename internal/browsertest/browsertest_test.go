package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	Stop()
	os.Exit(code)
}

func TestTab(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'none'")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		_, err := r.Cookie("seen")
		fmt.Fprintf(w, `<title>x</title><p id="said">%s</p><p id="known">%v</p>
			<form method="post"><input name="say"><button>Go</button></form>`, r.FormValue("say"), err == nil)
		if r.URL.Path == "/bad" {
			fmt.Fprint(w, `<script>document.title = "y"</script>`)
		}
	}))
	t.Cleanup(site.Close)
	tab := Open(t)
	if err := tab.NoScript(); err != nil {
		t.Fatal(err)
	}
	status, err := tab.Go(site.URL)
	if err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if err := tab.Fill("input", "hello"); err != nil {
		t.Fatal(err)
	}
	if err := tab.Press("button"); err != nil {
		t.Fatal(err)
	}
	if got, err := tab.Text("#said"); err != nil || got != "hello" {
		t.Errorf("the form sent %q, %v", got, err)
	}
	if got, _ := tab.Text("#known"); got != "true" {
		t.Error("the tab kept no cookie")
	}
	other := Open(t)
	if _, err := other.Go(site.URL + "/bad"); err != nil {
		t.Fatal(err)
	}
	if got, _ := other.Text("#known"); got != "false" {
		t.Error("another tab has the same cookies")
	}
	if got := strings.Join(other.Problems(), "\n"); !strings.Contains(got, "Content Security Policy") {
		t.Errorf("a refused script was not reported, only %q", got)
	}
}
