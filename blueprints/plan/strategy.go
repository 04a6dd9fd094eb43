package plan

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Strategy is how a new version takes the traffic, in Argo Rollouts' words where
// these have it. At most one field is set; none means a rolling update.
type Strategy struct {
	Rolling   *Rolling   `json:"rolling,omitempty"`
	Canary    *Canary    `json:"canary,omitempty"`
	BlueGreen *BlueGreen `json:"blueGreen,omitempty"`
	Shadow    *Shadow    `json:"shadow,omitempty"`
	AB        *AB        `json:"ab,omitempty"`
}

// Rolling replaces the running version everywhere, without steps.
type Rolling struct{}

// Canary shifts traffic step by step. Analysis judges in every step.
type Canary struct {
	Steps    []Step    `json:"steps"`
	Analysis *Analysis `json:"analysis,omitempty"`
}

// Step is one canary step: a weight in percent, a pause, or an analysis that is waited for.
type Step struct {
	SetWeight *int      `json:"setWeight,omitempty"`
	Pause     string    `json:"pause,omitempty"` // a duration; ManualPause waits for a person
	Analysis  *Analysis `json:"analysis,omitempty"`
}

// ManualPause is the pause that only a person ends.
const ManualPause = "manual"

// BlueGreen swaps all traffic at once.
type BlueGreen struct {
	AutoPromotionEnabled bool      `json:"autoPromotionEnabled"`
	PrePromotion         *Analysis `json:"prePromotion,omitempty"`
	PostPromotion        *Analysis `json:"postPromotion,omitempty"`
	// ScaleDownDelay is how long the old version still runs; "": DefaultScaleDownDelay.
	ScaleDownDelay string `json:"scaleDownDelay,omitempty"`
}

// DefaultScaleDownDelay is Argo Rollouts' own.
const DefaultScaleDownDelay = "30s"

// Shadow asks the new version everything and returns the answers of the old one.
type Shadow struct {
	Analysis *Analysis `json:"analysis,omitempty"` // nil: a person promotes
	Queue    int       `json:"queue"`              // requests that wait to be compared, at most
}

// AB divides the traffic between variants.
type AB struct {
	By       string             `json:"by"` // a column, or HeaderPrefix and a header's name
	Variants map[string]Variant `json:"variants"`
	Seed     string             `json:"seed,omitempty"` // "": the endpoint's name
	Analysis *Analysis          `json:"analysis,omitempty"`
}

// HeaderPrefix is before the name of a header in AB.By.
const HeaderPrefix = "header:"

// Header returns the header that requests are assigned by, or "" where that is a column.
func (a AB) Header() string {
	name, is := strings.CutPrefix(a.By, HeaderPrefix)
	if !is {
		return ""
	}
	return name
}

// Names are the variants in the order in which the assignment counts them.
func (a AB) Names() []string { return slices.Sorted(maps.Keys(a.Variants)) }

// Variant is one side of an A/B test.
type Variant struct {
	Weight  int    `json:"weight"`            // percent
	Model   string `json:"model,omitempty"`   // "": the endpoint's
	Version int    `json:"version,omitempty"` // 0: the pinned or the newest approved one
}

// Analysis is what a new version must show in traffic. Bounds of latencies are in
// seconds.
type Analysis struct {
	Metrics     map[string]Predicate `json:"metrics"`
	Confidence  float64              `json:"confidence"` // in [0.5, 1), of all metrics together
	MinRequests int                  `json:"min_requests"`
	Tolerance   float64              `json:"tolerance,omitempty"` // predictions of numbers agree within it
}

// Analyses are the analyses of the strategy, by where they stand below it, such as
// "canary.steps.2.analysis", in the strategy's order.
func (s Strategy) Analyses() iter.Seq2[string, *Analysis] {
	return func(yield func(string, *Analysis) bool) {
		more := true
		give := func(at string, a *Analysis) {
			if a != nil && more {
				more = yield(at, a)
			}
		}
		if c := s.Canary; c != nil {
			give("canary.analysis", c.Analysis)
			for i, step := range c.Steps {
				give(fmt.Sprintf("canary.steps.%d.analysis", i), step.Analysis)
			}
		}
		if b := s.BlueGreen; b != nil {
			give("blueGreen.prePromotion", b.PrePromotion)
			give("blueGreen.postPromotion", b.PostPromotion)
		}
		if s.Shadow != nil {
			give("shadow.analysis", s.Shadow.Analysis)
		}
		if s.AB != nil {
			give("ab.analysis", s.AB.Analysis)
		}
	}
}

// Within reports whether the strategy takes several versions in one process on every
// cluster: each pod has all of them.
func (s Strategy) Within() bool { return s.Shadow != nil || s.AB != nil }

// Beside reports whether versions stand beside each other, for a time or for good.
func (s Strategy) Beside() bool { return s.Canary != nil || s.BlueGreen != nil || s.Within() }

// Kind names the strategy that is set, "rolling" where none is.
func (s Strategy) Kind() string {
	if kinds := s.Kinds(); len(kinds) > 0 {
		return kinds[0]
	}
	return "rolling"
}

// Kinds are the strategies that are set; a valid plan has one at most.
func (s Strategy) Kinds() []string {
	var out []string
	for _, one := range []struct {
		name string
		set  bool
	}{{"rolling", s.Rolling != nil}, {"canary", s.Canary != nil}, {"blueGreen", s.BlueGreen != nil},
		{"shadow", s.Shadow != nil}, {"ab", s.AB != nil}} {
		if one.set {
			out = append(out, one.name)
		}
	}
	return out
}
