package cork_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"broadsheet/internal/cork"
)

func serve(t *testing.T, l net.Listener, h http.Handler) string {
	t.Helper()
	s := &http.Server{Handler: h, ConnContext: cork.Context}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-ended })
	return "http://" + l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i%26)
	}
	return b
}

// answers writes as many bytes as the path says, whole or in two writes.
func answers(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Path[1:])
	body := text(n)
	w.Header()["Content-Length"] = []string{strconv.Itoa(n)}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if r.URL.RawQuery == "plain" {
		_, _ = w.Write(body)
		return
	}
	_ = cork.Write(r.Context(), w, body)
}

// Every byte arrives, in its order, whatever the size around the server's
// buffers, and the connection is as good afterwards.
func TestEverySizeArrives(t *testing.T) {
	t.Parallel()
	url := serve(t, cork.Listener{Listener: listen(t)}, http.HandlerFunc(answers))
	sizes := []int{0, 1, 100, 1 << 16, 1 << 20}
	for _, around := range []int{2048, 4096, 8192} {
		for d := -260; d <= 40; d++ {
			sizes = append(sizes, around+d)
		}
	}
	for _, n := range sizes {
		for _, kind := range []string{"", "?plain"} {
			res, err := http.Get(fmt.Sprint(url, "/", n, kind))
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || !bytes.Equal(got, text(n)) {
				t.Fatalf("%d bytes%s: got %d (%v)", n, kind, len(got), err)
			}
		}
	}
}

// A page goes to the network in one piece: the reader's kernel gets one segment
// for each write of so few bytes over the loopback.
func TestAPageIsSentAtOnce(t *testing.T) {
	t.Parallel()
	addr := serve(t, cork.Listener{Listener: listen(t)}, http.HandlerFunc(answers))[len("http://"):]
	for _, n := range []int{100, 3900, 4000, 5000, 8000, 9000, 24000} {
		if got := segments(t, addr, n, ""); got != 1 {
			t.Errorf("%d bytes came in %d pieces", n, got)
		}
	}
	if got := segments(t, addr, 24000, "?plain"); got != 2 {
		t.Errorf("without the cork a page comes in %d pieces: this test sees nothing", got)
	}
}

func segments(t *testing.T, addr string, n int, kind string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET /%d%s HTTP/1.1\r\nHost: a\r\n\r\n", n, kind); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.Copy(io.Discard, res.Body); err != nil || got != int64(n) {
		t.Fatalf("%d bytes: got %d (%v)", n, got, err)
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	if failed := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO) }); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	return int(info.Data_segs_in)
}

// A reader who is gone is an error of the write and harms nobody.
func TestAReaderWhoIsGone(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	addr := serve(t, cork.Listener{Listener: listen(t)}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Length"] = []string{"100000000"}
		var err error
		for body := text(1 << 20); err == nil; {
			err = cork.Write(r.Context(), w, body)
		}
		failed <- err
	}))[len("http://"):]
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := <-failed; err == nil {
		t.Error("the write does not say that nobody reads")
	}
}
