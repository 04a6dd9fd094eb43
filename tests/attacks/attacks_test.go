package attacks

import "testing"

// A table in which nothing can fail proves nothing.
func TestARowThatDoesNotHoldFails(t *testing.T) {
	for _, c := range []struct {
		must, happened string
		held           bool
	}{{"refused", "refused with 421", true}, {"refused", "answered", false}, {"", "anything", true}} {
		if got := (Attack{Must: c.must}).holds(c.happened); got != c.held {
			t.Errorf("must %q, happened %q: held %v", c.must, c.happened, got)
		}
	}
}
