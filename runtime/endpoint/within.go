package endpoint

import (
	"encoding/json"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// Within are the versions that a pod has beside the one that it was started for, where
// the strategy has them in one process: the digest of each by the variant's name, or by
// Next. A variant without a digest is closed, and the first answers in its place.
type Within map[string]string

// Next is the name of the version that is being released.
const Next = "next"

// maxWithin bounds the text of Within, in bytes.
const maxWithin = 64 << 10

// ParseWithin reads what String returns; "" has none.
func ParseWithin(text string) (Within, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxWithin {
		return nil, fmt.Errorf("versions beside another: more than %d bytes", maxWithin)
	}
	var w Within
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return nil, fmt.Errorf("versions beside another: %w", err)
	}
	return w, nil
}

// String is the same text for the same versions, "" for none.
func (w Within) String() string {
	if len(w) == 0 {
		return ""
	}
	text, err := json.Marshal(map[string]string(w)) // in the order of the names
	if err != nil {
		return "" // texts alone always encode
	}
	return string(text)
}

// pair are the tallies of a version beside another, and of that one.
type pair struct {
	digest  string
	was, is *serve.Tally
}

// count has Counted tell of these versions from now on.
func (e *Endpoint) count(all map[string]pair) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pairs = all
}

// Counted returns what this process has counted of each version beside the one that it
// was started for, by the names of Config.Within.
func (e *Endpoint) Counted() map[string]judge.Counted {
	e.mu.Lock()
	pairs := e.pairs
	e.mu.Unlock()
	out := map[string]judge.Counted{}
	for name, p := range pairs {
		out[name] = judge.Counted{Digest: p.digest, Observations: serve.Observed(p.was, p.is)}
	}
	return out
}
