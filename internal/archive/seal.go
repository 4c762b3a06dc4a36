package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"strings"
)

// sealSize is how long the sum is that an archive ends with: the SHA-256 of all
// that comes before it, in hex. To ZIP it is the archive's comment. It finds
// the flipped bits that the manifest cannot see, in ZIP's own pages.
const sealSize = 2 * sha256.Size

// noSeal stands where the seal will be.
var noSeal = strings.Repeat("0", sealSize)

// sealing passes everything on but the last bytes, which it replaces.
type sealing struct {
	to   io.Writer
	sum  hash.Hash
	tail []byte
}

func seal(to io.Writer) *sealing { return &sealing{to: to, sum: sha256.New()} }

func (s *sealing) Write(p []byte) (int, error) {
	s.tail = append(s.tail, p...)
	if n := len(s.tail) - sealSize; n > 0 {
		s.sum.Write(s.tail[:n])
		if _, err := s.to.Write(s.tail[:n]); err != nil {
			return 0, err
		}
		s.tail = append(s.tail[:0], s.tail[n:]...)
	}
	return len(p), nil
}

func (s *sealing) finish() error {
	if string(s.tail) != noSeal {
		return errors.New("the archive does not end in the place of its seal")
	}
	_, err := io.WriteString(s.to, hex.EncodeToString(s.sum.Sum(nil)))
	return err
}

// checkSeal reads the whole file.
func checkSeal(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(f, info.Size()-sealSize)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return damaged("it is not, byte for byte, what was written")
	}
	return nil
}
