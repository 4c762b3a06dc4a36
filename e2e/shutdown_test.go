package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A paper that is told to stop answers what it has begun, takes nothing new,
// and keeps the jobs that it did not come to.
func TestShutdownLosesNothing(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	host := strings.TrimPrefix(p.URL, "http://")
	email := newEmail()
	body := "email=" + strings.ReplaceAll(email, "@", "%40") + "&return=%2F"

	// A form of which half has come. The server asks for the body when the
	// handler reads it: from then on the request has begun.
	conn, err := net.Dial("tcp", host)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "POST /signin HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n",
		host, p.URL, len(body))
	must(t, err)
	answers := bufio.NewReader(conn)
	begun, err := http.ReadResponse(answers, nil)
	must(t, err)
	begun.Body.Close()
	if begun.StatusCode != http.StatusContinue {
		t.Fatalf("the form is answered %s before it has come", begun.Status)
	}
	_, err = conn.Write([]byte(body[:10]))
	must(t, err)

	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, "nothing new is taken", func() bool {
		other, err := net.Dial("tcp", host)
		if err == nil {
			other.Close()
		}
		return err != nil
	})
	if p.gone() {
		t.Fatal("the paper ended before it had answered")
	}
	_, err = conn.Write([]byte(body[10:]))
	must(t, err)
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("a request that had begun was lost: %v", err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the request that had begun got %s", res.Status)
	}
	conn.Close()
	<-p.exited
	if p.exit != nil {
		t.Errorf("the paper ended with %v", p.exit)
	}
	p.Restart(t)
	p.Code(t, email) // the mail was sent, before or after
}
