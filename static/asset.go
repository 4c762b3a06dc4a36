package static

import (
	"bytes"
	"compress/gzip"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
)

// asset is one file as it is served.
type asset struct {
	path  string // address with the fingerprint
	kind  string // media type
	sum   string // eight hex digits of the SHA-256 of plain
	plain []byte
	dense bool // no encoding would make it smaller

	// The encoded bodies are made by the first request that could use one, in the background, and that request is
	// answered plain. Brotli at its best costs some 100 ms for the paper's sheet: at start it would eat half of what
	// starting may take, and inside a request somebody would wait for it. Committed .br files would do as well, but each
	// change of a sheet would then bring binary files along and a test to keep them fresh.
	once sync.Once
	br   atomic.Pointer[[]byte]
	gz   atomic.Pointer[[]byte]
}

// encode makes the encoded bodies unless they are being made already, and returns without waiting for them.
func (a *asset) encode() {
	if a.dense {
		return
	}
	a.once.Do(func() {
		go func() {
			keepIfSmaller(&a.gz, a.plain, gzipped(a.plain)) // first: it's there after a few milliseconds
			keepIfSmaller(&a.br, a.plain, brotlied(a.plain))
		}()
	})
}

func keepIfSmaller(slot *atomic.Pointer[[]byte], plain, encoded []byte) {
	if len(encoded) < len(plain) {
		slot.Store(&encoded)
	}
}

// Writes to a bytes.Buffer cannot fail, so neither can these two.

func gzipped(plain []byte) []byte {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic("static: " + err.Error()) // only for a level that gzip doesn't have
	}
	_, _ = w.Write(plain)
	_ = w.Close()
	return buf.Bytes()
}

func brotlied(plain []byte) []byte {
	var buf bytes.Buffer
	w := brotli.NewWriterLevel(&buf, brotli.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return buf.Bytes()
}
