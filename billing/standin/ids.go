package standin

import (
	"crypto/rand"
	"encoding/binary"
	mrand "math/rand/v2"
	"sync"
)

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// dice makes identifiers and whatever else is left to chance. With a seed a
// drill gets the same ids and the same faults each time.
type dice struct {
	mu  sync.Mutex
	rng *mrand.Rand
}

func newDice(seed uint64) *dice {
	var key [32]byte
	if seed == 0 {
		rand.Read(key[:])
	} else {
		binary.LittleEndian.PutUint64(key[:], seed)
	}
	return &dice{rng: mrand.New(mrand.NewChaCha8(key))}
}

// id is prefix and n random letters and digits.
func (d *dice) id(prefix string, n int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]byte, n)
	for i := range out {
		out[i] = idLetters[d.rng.IntN(len(idLetters))]
	}
	return prefix + string(out)
}

// below is a number from 0 up to n, n excluded.
func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.IntN(n)
}

// newID makes an identifier of the form that Stripe gives that prefix.
func (w *work) newID(prefix string) string {
	switch prefix {
	case "cus_", "prod_", "si_":
		return w.s.dice.id(prefix, 14)
	case "cs_test_":
		return w.s.dice.id(prefix, 58)
	case "pi_", "ch_", "txn_", "re_":
		return w.s.dice.id(prefix+"3", 23)
	case "whsec_":
		return w.s.dice.id(prefix, 32)
	}
	return w.s.dice.id(prefix+"1", 23)
}
