// Package cork sends an HTTP answer's head and body to the network in one piece.
// net/http writes a large answer in two: what fills its buffer of 4,096 bytes,
// then the rest. A system call is most of what a finished page costs, so that the
// second is worth avoiding. The package knows connections and nothing of what is
// sent.
package cork

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// bufferSize is that of net/http's buffer for a connection: the largest first
// piece. Nothing depends on it but speed.
const bufferSize = 4096

// Listener makes the connections that it accepts able to wait.
type Listener struct{ net.Listener }

// Accept waits for the next connection.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &conn{TCPConn: tcp}, nil
	}
	return c, err
}

// conn holds the first small piece of an answer back while it is corked. Only
// the goroutine that answers a request writes to its connection, so that there
// is nothing to lock. Reading and deadlines are the connection's own.
type conn struct {
	*net.TCPConn
	corked bool
	held   []byte // what was written and is not sent
	pieces [2][]byte
}

// Write sends p after what is held, in one system call, or holds it.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case c.corked && len(c.held) == 0 && len(p) <= bufferSize:
		c.held = append(c.held, p...) // p is the server's buffer, which it fills again
		return len(p), nil
	case len(c.held) == 0:
		return c.TCPConn.Write(p)
	}
	first := len(c.held)
	c.pieces = [2][]byte{c.held, p}
	pieces := net.Buffers(c.pieces[:])
	n, err := pieces.WriteTo(c.TCPConn)
	c.pieces, c.held = [2][]byte{}, c.held[:0]
	return max(0, int(n)-first), err
}

// pull sends what is held.
func (c *conn) pull() error {
	c.corked = false
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.TCPConn.Write(c.held)
	c.held = c.held[:0]
	return err
}

type key struct{}

// Context is an http.Server's ConnContext: it lets Write find the connection.
func Context(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, key{}, c)
	}
	return ctx
}

// Write writes a whole body and sends it together with the head, when the
// request came over a connection of a Listener; over any other it is w.Write.
// The head must be complete, with Content-Length.
func Write(ctx context.Context, w http.ResponseWriter, body []byte) error {
	c, ok := ctx.Value(key{}).(*conn)
	flusher, can := w.(http.Flusher)
	if !ok || !can {
		_, err := w.Write(body)
		return err
	}
	c.corked = true
	_, err := w.Write(body)
	flusher.Flush() // what is in the server's buffer joins what is held
	return errors.Join(err, c.pull())
}
