package release

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Bounds on what is kept of the past.
const (
	keptReleases = 10
	keptAborted  = 100
)

// State is what is known of an endpoint's releases.
type State struct {
	Endpoint string   `json:"endpoint"`
	Stable   Version  `json:"stable"` // has the traffic, but for a release
	Current  *Release `json:"current,omitempty"`
	// Past are releases that have ended, the newest first.
	Past []Release `json:"past,omitempty"`
	// Refused are versions that were aborted, the newest last. They are not released
	// again unless a person says so.
	Refused []Refused `json:"refused,omitempty"`
	// Decided is the newest entry of the audit log that was looked at for decisions.
	Decided int64 `json:"decided"`
	// Observed is what was observed during the current release, in the words of who
	// observes.
	Observed json.RawMessage `json:"observed,omitempty"`
}

// Refused is a version that was aborted.
type Refused struct {
	Version
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// Wants begins the release of a version, where it is not under way already by the
// same strategy. A release of another version, or by another strategy, ends: what
// is newest is what is wanted. It reports whether a release began.
func (s *State) Wants(strategy plan.Strategy, to Version, now time.Time) (bool, error) {
	digest, err := Digest(strategy)
	if err != nil {
		return false, err
	}
	if c := s.Current; c != nil && !c.Over() {
		switch {
		case c.To == to && c.From == s.Stable && c.Digest == digest:
			return false, nil
		case c.To == to && c.From == s.Stable:
			s.Supersede(now, "the strategy is another one now")
		default:
			s.Supersede(now, fmt.Sprintf("version %d is to be released in its place", to.Version))
		}
	}
	s.settle()
	s.Current, err = Begin(strategy, s.Stable, to, now)
	s.Observed = nil
	return err == nil, err
}

// Supersede ends the release that is under way, if one is.
func (s *State) Supersede(now time.Time, why string) bool {
	if s.Current == nil || s.Current.Supersede(now, why) != nil {
		return false
	}
	s.settle()
	return true
}

// settle puts a release that has ended away, and takes over what came of it.
func (s *State) settle() {
	c := s.Current
	if c == nil || !c.Over() {
		return
	}
	switch c.Phase {
	case Promoted:
		s.Stable = c.To
		s.forgive(c.To)
	case Aborted:
		s.forgive(c.To)
		s.Refused = append(s.Refused, Refused{c.To, c.Ended, c.Why})
		s.Refused = s.Refused[max(0, len(s.Refused)-keptAborted):]
	}
	s.Past = append([]Release{*c}, s.Past...)
	s.Past = s.Past[:min(len(s.Past), keptReleases)]
	s.Current, s.Observed = nil, nil
}

// Settle is what came of the release that was under way: nil while it is.
func (s *State) Settle() *Release {
	if s.Current == nil || !s.Current.Over() {
		return nil
	}
	s.settle()
	return &s.Past[0]
}

// forgive takes a version out of those that are refused.
func (s *State) forgive(v Version) bool {
	n := len(s.Refused)
	s.Refused = slices.DeleteFunc(s.Refused, func(r Refused) bool { return r.Version == v })
	return len(s.Refused) < n
}

// Retry has a version that was aborted released again.
func (s *State) Retry(version int) error {
	for _, r := range slices.Backward(s.Refused) {
		if version == 0 || r.Version.Version == version {
			s.forgive(r.Version)
			return nil
		}
	}
	return fmt.Errorf("no release of version %d was aborted", version)
}

// Refuses says why the version is not to be released; empty: nothing is against it.
func (s *State) Refuses(v Version) string {
	for _, r := range slices.Backward(s.Refused) {
		if r.Version == v {
			return "was aborted on its way into the traffic: " + r.Why
		}
	}
	return ""
}

// Clone returns a copy that shares nothing that changes; nil of nil.
func (s *State) Clone() *State {
	if s == nil {
		return nil
	}
	out := *s
	out.Past, out.Refused = slices.Clone(s.Past), slices.Clone(s.Refused)
	if s.Current != nil {
		c := *s.Current
		c.Steps = slices.Clone(c.Steps)
		for i := range c.Steps {
			c.Steps[i].Verdicts = slices.Clone(c.Steps[i].Verdicts)
		}
		out.Current = &c
	}
	return &out
}
