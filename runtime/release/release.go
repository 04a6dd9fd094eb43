// Package release is the way of one model version into an endpoint's traffic, as
// the endpoint's strategy says: a state machine with no I/O and no clock.
//
// Who serves tells it the time, what people decided and what the judge makes of
// the traffic, and does what it says. All of it is in values that encode as JSON:
// a process that is killed goes on where the last one stood.
package release

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// Phase is how far a release is.
type Phase string

// The phases. The last three are ends.
const (
	Progressing Phase = "progressing"
	Waiting     Phase = "waiting" // for a person, or for a verdict that is not known yet
	Promoted    Phase = "promoted"
	Aborted     Phase = "aborted"    // the traffic went back; the version is not tried again
	Superseded  Phase = "superseded" // another version is to be released, or none
)

// What people may want of a release.
const (
	WantPromote = "promote" // end the stage that it is in
	WantFull    = "promote fully"
	WantAbort   = "abort"
	WantRetry   = "retry" // begin again with what was aborted
)

// Version is a version of a model, and the digest of its file.
type Version struct {
	Model   string `json:"model"`
	Version int    `json:"version"`
	Digest  string `json:"digest"`
}

// Zero reports whether there is no version.
func (v Version) Zero() bool { return v == Version{} }

// Release is the way of one version. Over reports whether it has ended.
type Release struct {
	Strategy string    `json:"strategy"`
	Digest   string    `json:"strategy_digest"` // a release by another strategy starts over
	From     Version   `json:"from"`            // has the traffic back if it is aborted
	To       Version   `json:"to"`
	Phase    Phase     `json:"phase"`
	Stage    int       `json:"stage"` // of Steps
	Steps    []Step    `json:"steps"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended,omitzero"`
	// Waited is how long the stage has lasted while something served: the time in
	// which nothing did shows nothing.
	Waited time.Duration `json:"waited"`
	Why    string        `json:"why,omitempty"` // it waits, or has ended
	By     string        `json:"by,omitempty"`  // who ended it; empty: the judge, or its last stage
}

// Step is a stage as it went.
type Step struct {
	Name    string    `json:"name"`
	Weight  int       `json:"weight"`
	Began   time.Time `json:"began,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Skipped string    `json:"skipped,omitempty"` // who ended it early
	// Verdicts are the last ones of the stage's analyses, with the numbers.
	Verdicts []judge.Verdict `json:"verdicts,omitempty"`
}

// Begin is the release of a version by a strategy that has stages.
func Begin(s plan.Strategy, from, to Version, now time.Time) (*Release, error) {
	stages, err := Stages(s)
	if err != nil {
		return nil, err
	}
	if len(stages) == 0 {
		return nil, fmt.Errorf("strategy %s: it has no stages", s.Kind())
	}
	digest, err := Digest(s)
	if err != nil {
		return nil, err
	}
	r := &Release{Strategy: s.Kind(), Digest: digest, From: from, To: to, Phase: Progressing, Began: now}
	for _, st := range stages {
		r.Steps = append(r.Steps, Step{Name: st.Name, Weight: st.Weight})
	}
	r.Steps[0].Began = now
	return r, nil
}

// Digest tells strategies apart.
func Digest(s plan.Strategy) (string, error) {
	b, err := plan.Canonical(s)
	if err != nil {
		return "", fmt.Errorf("strategy %s: %w", s.Kind(), err)
	}
	return plan.DigestBytes(b), nil
}

// Over reports whether the release has ended.
func (r *Release) Over() bool {
	return r.Phase == Promoted || r.Phase == Aborted || r.Phase == Superseded
}

// Place is the stage that the new version stands in now. An end has none.
func (r *Release) Place(stages []Stage) (Stage, bool) {
	if r.Over() || r.Stage >= len(stages) {
		return Stage{}, false
	}
	return stages[r.Stage], true
}

// Tick takes note that time has passed while something served, and of what the
// judge says. It ends the release where an analysis fails, or after the last
// stage; else it goes on to the next stage where the present one is done, and no
// further than to where the new version stands otherwise than before: what is
// said of the next stage has to be observed in it. It reports whether anything
// but the numbers changed.
func (r *Release) Tick(stages []Stage, now time.Time, passed time.Duration,
	ask func(*plan.Analysis) judge.Verdict) bool {
	changed := false
	r.Waited += max(0, passed)
	for !r.Over() {
		if r.Stage >= len(stages) {
			r.end(Promoted, now, "", "every step is done")
			return true
		}
		st := stages[r.Stage]
		step := &r.Steps[r.Stage]
		step.Verdicts = step.Verdicts[:0]
		for _, a := range st.Analyses {
			step.Verdicts = append(step.Verdicts, ask(a))
		}
		if why := reason(step.Verdicts, judge.Fail); why != "" {
			r.end(Aborted, now, "", fmt.Sprintf("%s: %s", step.Name, why))
			return true
		}
		if why, phase := r.waits(st, step); why != "" {
			changed = changed || phase != r.Phase
			r.Phase, r.Why = phase, why
			return changed
		}
		changed = true
		r.next(now)
		if r.Stage < len(stages) && !st.sameplace(stages[r.Stage]) {
			return true
		}
	}
	return changed
}

// waits is what the stage waits for; empty: it is done.
func (r *Release) waits(st Stage, step *Step) (string, Phase) {
	if left := st.Pause - r.Waited; left > 0 {
		return fmt.Sprintf("%s: %s left", step.Name, left.Round(time.Second)), Progressing
	}
	if st.Pass {
		if why := reason(step.Verdicts, judge.Inconclusive); why != "" {
			return fmt.Sprintf("%s: inconclusive: %s", step.Name, why), Waiting
		}
	}
	if st.Manual {
		return step.Name + ": it waits for a person", Waiting
	}
	return "", Progressing
}

// reason joins the reasons of the verdicts with the outcome.
func reason(all []judge.Verdict, outcome judge.Outcome) string {
	var out []string
	for _, v := range all {
		if v.Verdict == outcome {
			out = append(out, v.Reason)
		}
	}
	return strings.Join(out, "; ")
}

// next goes on to the next stage.
func (r *Release) next(now time.Time) {
	r.Steps[r.Stage].Ended = now
	r.Stage++
	r.Waited, r.Phase, r.Why = 0, Progressing, ""
	if r.Stage < len(r.Steps) {
		r.Steps[r.Stage].Began = now
	}
}

func (r *Release) end(p Phase, now time.Time, by, why string) {
	if r.Stage < len(r.Steps) {
		r.Steps[r.Stage].Ended = now
	}
	r.Phase, r.Ended, r.By, r.Why = p, now, by, why
}

// errOver is told to who decides about a release that has ended.
var errOver = errors.New("the release has ended already")

// Promote ends the stage, whatever it waits for; with full, every stage.
func (r *Release) Promote(now time.Time, by string, full bool) error {
	if r.Over() {
		return errOver
	}
	r.Steps[r.Stage].Skipped = by
	if !full {
		r.next(now)
	}
	if full || r.Stage >= len(r.Steps) {
		r.end(Promoted, now, by, "promoted by "+by)
	}
	return nil
}

// Abort sends the traffic back.
func (r *Release) Abort(now time.Time, by, why string) error {
	if r.Over() {
		return errOver
	}
	r.end(Aborted, now, by, why)
	return nil
}

// Supersede ends the release because another version is to be served, or none.
func (r *Release) Supersede(now time.Time, why string) error {
	if r.Over() {
		return errOver
	}
	r.end(Superseded, now, "", why)
	return nil
}
