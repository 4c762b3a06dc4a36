package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"broadsheet/internal/fault"
)

func TestKindSurvivesWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("no rows")
	err := fmt.Errorf("load story: %w", fault.New(fault.Missing, "We couldn't find that story.", cause))
	if got := fault.KindOf(err); got != fault.Missing {
		t.Errorf("kind = %v, want missing", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := fault.SentenceOf(err); got != "We couldn't find that story." {
		t.Errorf("sentence = %q", got)
	}
}

func TestUnknownErrorIsInternalAndSilent(t *testing.T) {
	t.Parallel()
	err := errors.New("pq: password for root is hunter2")
	if fault.KindOf(err) != fault.Internal || fault.SentenceOf(err) != "" {
		t.Error("a plain error must be internal and say nothing to a reader")
	}
	if fault.SentenceOf(fault.New(fault.Internal, "disk /dev/sda", nil)) != "" {
		t.Error("an internal fault must say nothing of the inside")
	}
}
