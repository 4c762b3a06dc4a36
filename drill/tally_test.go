package drill

import (
	"strings"
	"testing"
)

// An action that nobody managed is told, once enough was lived.
func TestNeverDone(t *testing.T) {
	t.Parallel()
	s := &stage{Options: Options{Readers: 400, Life: 300 * day}, tally: tally{done: map[string]int{}}}
	for _, a := range actions {
		s.done[a.name] = 1
	}
	if wrong := s.neverDone(); wrong != nil {
		t.Errorf("all was done, and it says %q", wrong)
	}
	s.done[pausing.name] = 0
	if wrong := s.neverDone(); len(wrong) != 1 || !strings.Contains(wrong[0], "pause") {
		t.Errorf("nobody paused, and it says %q", wrong)
	}
	s.Readers = 16
	if wrong := s.neverDone(); wrong != nil {
		t.Errorf("a short drill must not say %q", wrong)
	}
}
