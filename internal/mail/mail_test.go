package mail_test

import (
	"bufio"
	"context"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/clock"
	"broadsheet/internal/mail"
)

const from = "The Paper <post@paper.example>"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func aBox(t *testing.T) (*mail.Box, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mail")
	box, err := mail.OpenBox(dir, from, clock.Fixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	return box, dir
}

func send(t *testing.T, s mail.Sender, m mail.Message) {
	t.Helper()
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestBoxGivesBackWhatWasSent(t *testing.T) {
	t.Parallel()
	box, dir := aBox(t)
	long := strings.Repeat("Grüße aus Köln = 100 %. ", 20)
	send(t, box, mail.Message{
		To: "maud@bücher.example", Subject: "123456 ist dein Code für „Die Zeitung“", Text: long + "\n\n.\nhttps://paper.example/a?b=c\n",
		HTML: "<p>" + long + "</p>", Key: "one", Headers: map[string]string{"List-Unsubscribe": "<https://paper.example/leave>"},
	})
	got, ok, err := box.Latest("MAUD@xn--bcher-kva.example ")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := mail.Boxed{
		ID: got.ID, To: "maud@xn--bcher-kva.example", Subject: "123456 ist dein Code für „Die Zeitung“", At: noon,
		Text: long + "\n\n.\nhttps://paper.example/a?b=c\n", HTML: "<p>" + long + "</p>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again, ok, err := box.Get(got.ID); !ok || err != nil || again != got {
		t.Error("cannot be found by its id", ok, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, got.ID+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	head, err := textproto.NewReader(bufio.NewReader(strings.NewReader(string(raw)))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "Date": "Mon, 02 Mar 2026 12:00:00 +0000", "List-Unsubscribe": "<https://paper.example/leave>",
		"From": `"The Paper" <post@paper.example>`, "Message-Id": "<" + got.ID + "@paper.example>",
	} {
		if head.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, head.Get(name), want)
		}
	}
}

func TestBoxKeepsOneMailForAKey(t *testing.T) {
	t.Parallel()
	box, dir := aBox(t)
	other, err := mail.OpenBox(dir, from, clock.Fixed(noon.Add(time.Hour))) // another process
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, b := range []*mail.Box{box, other, box, other} {
		all.Go(func() {
			if err := b.Send(t.Context(), mail.Message{To: "maud@example.org", Subject: "s", Text: "t", Key: "one"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	send(t, box, mail.Message{To: "maud@example.org", Subject: "another", Text: "t", Key: "one"})
	if m, ok, err := box.Latest(""); !ok || err != nil || m.Subject != "s" {
		t.Error("a later mail took the place of the first:", m.Subject, err)
	}
	send(t, box, mail.Message{To: "maud@example.org", Subject: "no key", Text: "t"})
	send(t, box, mail.Message{To: "maud@example.org", Subject: "no key", Text: "t"})
	got, err := box.List()
	if err != nil || len(got) != 3 {
		t.Errorf("%d mails, %v", len(got), err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".new-*"))
	if err != nil || len(left) != 0 {
		t.Error("half a mail was left behind:", left, err)
	}
}

func TestBoxListsTheNewestFirst(t *testing.T) {
	t.Parallel()
	box, _ := aBox(t) // its clock stands still
	for _, subject := range []string{"one", "two", "three"} {
		send(t, box, mail.Message{To: subject + "@example.org", Subject: subject, Text: "t", Key: subject})
	}
	all, err := box.List()
	if err != nil || len(all) != 3 || all[0].Subject != "three" || all[2].Subject != "one" {
		t.Error(all, err)
	}
	if m, ok, err := box.Latest("one@example.org"); !ok || err != nil || m.Subject != "one" {
		t.Error(m, ok, err)
	}
	if _, ok, err := box.Latest("nobody@example.org"); ok || err != nil {
		t.Error("nobody has mail", err)
	}
	for _, id := range []string{"", "../clock", "0", all[0].ID + "/../" + all[1].ID} {
		if _, ok, err := box.Get(id); ok || err != nil {
			t.Errorf("%q is a message: %v", id, err)
		}
	}
}

func TestNobodyWritesAHeaderOfTheirOwn(t *testing.T) {
	t.Parallel()
	box, dir := aBox(t)
	good := mail.Message{To: "maud@example.org", Subject: "s", Text: "t"}
	for name, spoil := range map[string]func(m *mail.Message){
		"subject":        func(m *mail.Message) { m.Subject = "s\r\nBcc: x@example.org" },
		"subject, bare":  func(m *mail.Message) { m.Subject = "s\nBcc: x@example.org" },
		"address":        func(m *mail.Message) { m.To = "maud@example.org\r\nBcc: x@example.org" },
		"two addresses":  func(m *mail.Message) { m.To = "maud@example.org, x@example.org" },
		"named address":  func(m *mail.Message) { m.To = "Maud <maud@example.org>" },
		"no address":     func(m *mail.Message) { m.To = "" },
		"header value":   func(m *mail.Message) { m.Headers = map[string]string{"X-A": "b\r\nBcc: x@example.org"} },
		"header name":    func(m *mail.Message) { m.Headers = map[string]string{"X-A: b\r\nBcc": "x@example.org"} },
		"header of ours": func(m *mail.Message) { m.Headers = map[string]string{"BCC": "x@example.org"} },
	} {
		m := good
		spoil(&m)
		if err := box.Send(t.Context(), m); !mail.Permanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Error("something was kept:", left, err)
	}
}

func TestSMTPAddresses(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"smtp://user:secret@mail.example:2525": true, "smtps://user:secret@mail.example": true, "smtp://127.0.0.1:1025": true,
		"": false, "mail.example:25": false, "http://mail.example": false, "smtp://": false,
		"smtp://user:secret@mail.example:99999": false, "smtp://user:sec ret@mail.example": false,
	} {
		_, err := mail.NewSMTP(url, from, clock.Fixed(noon))
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "sec") {
			t.Errorf("the password is told: %v", err)
		}
	}
	if _, err := mail.NewSMTP("smtp://mail.example", "nobody", clock.Fixed(noon)); err == nil {
		t.Error("a sender that is no address was accepted")
	}
}

func TestSMTPHandsTheMessageOver(t *testing.T) {
	t.Parallel()
	server := serve(t, "250 taken")
	s, err := mail.NewSMTP("smtp://"+server.addr, from, clock.Fixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	send(t, s, mail.Message{To: "maud@example.org", Subject: "Grüße", Text: "one\n.\ntwo\n", HTML: "<p>one</p>", Key: "k"})
	got := server.said()
	for _, want := range []string{"MAIL FROM:<post@paper.example>", "RCPT TO:<maud@example.org>", "Auto-Submitted: auto-generated", "Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=", "multipart/alternative", "QUIT"} {
		if !strings.Contains(got, want) {
			t.Errorf("the server never heard %q in\n%s", want, got)
		}
	}
}

func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	for answer, permanent := range map[string]bool{"550 no such mailbox": true, "451 later": false} {
		server := serve(t, answer)
		s, err := mail.NewSMTP("smtp://"+server.addr, from, clock.Fixed(noon))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(t.Context(), mail.Message{To: "maud@example.org", Subject: "s", Text: "t"})
		if err == nil || mail.Permanent(err) != permanent {
			t.Errorf("%s: permanent is %v for %v", answer, mail.Permanent(err), err)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	s, err := mail.NewSMTP("smtp://user:secret@"+closed.Addr().String(), from, clock.Fixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), mail.Message{To: "maud@example.org", Subject: "s", Text: "t"})
	if err == nil || mail.Permanent(err) || strings.Contains(err.Error(), "secret") {
		t.Errorf("no server: %v", err)
	}
}

func TestSMTPWithoutTLSIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	server := serve(t, "250 taken")
	_, port, err := net.SplitHostPort(server.addr)
	if err != nil {
		t.Fatal(err)
	}
	// This host is reached like another one: it isn't called loopback.
	s, err := mail.NewSMTP("smtp://0.0.0.0:"+port, from, clock.Fixed(noon))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), mail.Message{To: "maud@example.org", Subject: "s", Text: "secret"}); err == nil {
		t.Error("a mail left unencrypted")
	}
	// What it was told before Send gave up, it was asked to answer first.
	if got := server.heard(); strings.Contains(got, "MAIL FROM") || strings.Contains(got, "secret") {
		t.Errorf("the server heard\n%s", got)
	}
}

// smtpServer is as much of a mail server as a client needs.
type smtpServer struct {
	addr string
	mu   sync.Mutex
	log  strings.Builder
	done sync.WaitGroup
}

// said is the whole of a conversation that has ended.
func (s *smtpServer) said() string {
	s.done.Wait()
	return s.heard()
}

func (s *smtpServer) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// serve takes one connection and answers every RCPT with answer.
func serve(t *testing.T, answer string) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &smtpServer{addr: l.Addr().String()}
	s.done.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		stop := context.AfterFunc(t.Context(), func() { conn.Close() })
		defer stop()
		c := textproto.NewConn(conn)
		_ = c.PrintfLine("220 here")
		for {
			line, err := c.ReadLine()
			if err != nil {
				return
			}
			s.hear(line)
			switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
			case "RCPT":
				_ = c.PrintfLine("%s", answer)
			case "DATA":
				_ = c.PrintfLine("354 go on")
				lines, err := c.ReadDotLines()
				if err != nil {
					return
				}
				s.hear(strings.Join(lines, "\n"))
				_ = c.PrintfLine("250 taken")
			case "QUIT":
				_ = c.PrintfLine("221 bye")
				return
			default:
				_ = c.PrintfLine("250 ok")
			}
		}
	})
	return s
}

func (s *smtpServer) hear(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.WriteString(line + "\n")
}
