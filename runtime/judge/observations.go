package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Observations are the counts that a verdict is drawn from. Their size does not depend
// on the number of requests. As JSON they are what a process reports of itself.
type Observations struct {
	// Thresholds are latencies in seconds, ascending, above which requests are counted.
	Thresholds []float64 `json:"thresholds,omitempty"`
	Champion   Counts    `json:"champion"`   // the running version
	Challenger Counts    `json:"challenger"` // the new one
	Pairs      Pairs     `json:"pairs"`
	Assigned   Assigned  `json:"assigned"`
	// Labelled are metrics of the new version by labels.
	Labelled map[string]Moments `json:"labelled,omitempty"`
}

// Counted are the observations of one version, by the digest of its file.
type Counted struct {
	Digest       string        `json:"digest"`
	Observations *Observations `json:"observations"`
}

// Counts are of the requests to one version. Slower has a count for each threshold.
type Counts struct {
	Requests int64   `json:"requests"`
	Failed   int64   `json:"failed"`
	Slower   []int64 `json:"slower,omitempty"`
}

// Pairs are of the rows that both versions were asked.
type Pairs struct {
	Compared int64 `json:"compared"`
	Agreed   int64 `json:"agreed"`
}

// Assigned are of the requests that chance gave to one of the versions. Expected is
// the sum of the new version's weights in percent, Variance that of weight times
// 100 - weight.
type Assigned struct {
	Requests   int64 `json:"requests"`
	Challenger int64 `json:"challenger"`
	Expected   int64 `json:"expected"`
	Variance   int64 `json:"variance"`
}

// Moments are of a mean of N values.
type Moments struct {
	N        int64   `json:"n"`
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"` // of one value
}

// The most that a report may have.
const (
	MaxThresholds = 16
	maxLabelled   = 32
	maxReport     = 1 << 16 // bytes
	maxCount      = 1 << 50
)

// Thresholds are the latencies that the analyses of a strategy ask about, ascending.
func Thresholds(s plan.Strategy) []float64 {
	var out []float64
	for _, a := range s.Analyses() {
		out = append(out, AnalysisThresholds(a)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// AnalysisThresholds are those of one analysis.
func AnalysisThresholds(a *plan.Analysis) []float64 {
	var out []float64
	for metric, bound := range a.Metrics {
		if _, latency := plan.Quantile(metric); latency && len(bound) > 0 {
			out = append(out, bound[0].Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// At returns the observations with the counts above the thresholds alone. Where one of
// them was not counted, none is, and the metrics that ask for it are inconclusive.
func (o *Observations) At(thresholds []float64) *Observations {
	out := *o
	out.Thresholds = thresholds
	out.Champion.Slower, out.Challenger.Slower = nil, nil
	for _, t := range thresholds {
		i, found := slices.BinarySearch(o.Thresholds, t)
		if !found {
			out.Champion.Slower, out.Challenger.Slower = nil, nil
			break
		}
		out.Champion.Slower = appendAt(out.Champion.Slower, o.Champion.Slower, i)
		out.Challenger.Slower = appendAt(out.Challenger.Slower, o.Challenger.Slower, i)
	}
	return &out
}

func appendAt(to, from []int64, i int) []int64 {
	if i < len(from) {
		return append(to, from[i])
	}
	return to
}

// slower is the number of requests to the new version that took longer, and whether
// they were counted.
func (o *Observations) slower(threshold float64) (int64, bool) {
	i, found := slices.BinarySearch(o.Thresholds, threshold)
	if !found || i >= len(o.Challenger.Slower) {
		return 0, false
	}
	return o.Challenger.Slower[i], true
}

// Decode reads a report. It errs where one could not have been counted.
func Decode(r io.Reader) (*Observations, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxReport {
		return nil, fmt.Errorf("observations of more than %d bytes", maxReport)
	}
	var o Observations
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("observations: %w", err)
	}
	return &o, o.Validate()
}

// Validate returns every contradiction of the counts.
func (o *Observations) Validate() error {
	var found []error
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("observations: "+format, args...))
	}
	if len(o.Thresholds) > MaxThresholds || len(o.Labelled) > maxLabelled {
		say("%d thresholds and %d metrics by labels, at most %d and %d", len(o.Thresholds), len(o.Labelled),
			MaxThresholds, maxLabelled)
		return errors.Join(found...)
	}
	for i, t := range o.Thresholds {
		if t <= 0 || i > 0 && t <= o.Thresholds[i-1] {
			say("threshold %g: they are above 0 and ascend", t)
		}
	}
	of := func(part, whole int64) bool { return 0 <= part && part <= whole && whole <= maxCount }
	for name, c := range map[string]Counts{"champion": o.Champion, "challenger": o.Challenger} {
		if !of(c.Failed, c.Requests) {
			say("%s: %d of %d requests failed", name, c.Failed, c.Requests)
		}
		if len(c.Slower) != len(o.Thresholds) && len(c.Slower) != 0 {
			say("%s: %d counts of slower requests for %d thresholds", name, len(c.Slower), len(o.Thresholds))
		}
		for _, n := range c.Slower {
			if !of(n, c.Requests) {
				say("%s: %d of %d requests are slower", name, n, c.Requests)
			}
		}
	}
	if !of(o.Pairs.Agreed, o.Pairs.Compared) {
		say("%d of %d pairs agree", o.Pairs.Agreed, o.Pairs.Compared)
	}
	a := o.Assigned
	if !of(a.Challenger, a.Requests) || !of(a.Expected, 100*a.Requests) || !of(a.Variance, 2500*a.Requests) {
		say("%d of %d requests assigned, %d expected, %d the variance", a.Challenger, a.Requests, a.Expected, a.Variance)
	}
	for name, m := range o.Labelled {
		if m.N < 0 || m.N > maxCount || m.Variance < 0 || math.IsInf(m.Mean, 0) || math.IsInf(m.Variance, 0) {
			say("%s: %d labels, variance %g", name, m.N, m.Variance)
		}
	}
	return errors.Join(found...)
}

// Join adds the counts of another process. It errs where the two did not count the
// same.
func (o *Observations) Join(other *Observations) error {
	if !slices.Equal(o.Thresholds, other.Thresholds) {
		return fmt.Errorf("observations: thresholds %v and %v", o.Thresholds, other.Thresholds)
	}
	o.Champion.add(other.Champion)
	o.Challenger.add(other.Challenger)
	o.Pairs.Compared += other.Pairs.Compared
	o.Pairs.Agreed += other.Pairs.Agreed
	o.Assigned.Requests += other.Assigned.Requests
	o.Assigned.Challenger += other.Assigned.Challenger
	o.Assigned.Expected += other.Assigned.Expected
	o.Assigned.Variance += other.Assigned.Variance
	for name, m := range other.Labelled {
		if o.Labelled == nil {
			o.Labelled = map[string]Moments{}
		}
		o.Labelled[name] = o.Labelled[name].with(m)
	}
	return nil
}

func (c *Counts) add(other Counts) {
	c.Requests += other.Requests
	c.Failed += other.Failed
	if len(c.Slower) < len(other.Slower) {
		c.Slower = append(slices.Clone(c.Slower), make([]int64, len(other.Slower)-len(c.Slower))...)
	}
	for i, n := range other.Slower {
		c.Slower[i] += n
	}
}

// Since returns the counts that were added after earlier, the counts of the same
// processes. Metrics by labels are not part of it.
func (o *Observations) Since(earlier *Observations) *Observations {
	if !slices.Equal(o.Thresholds, earlier.Thresholds) {
		return &Observations{Thresholds: o.Thresholds}
	}
	a, b := o.Assigned, earlier.Assigned
	return &Observations{Thresholds: o.Thresholds, Champion: o.Champion.since(earlier.Champion),
		Challenger: o.Challenger.since(earlier.Challenger),
		Pairs: Pairs{Compared: o.Pairs.Compared - earlier.Pairs.Compared,
			Agreed: o.Pairs.Agreed - earlier.Pairs.Agreed},
		Assigned: Assigned{Requests: a.Requests - b.Requests, Challenger: a.Challenger - b.Challenger,
			Expected: a.Expected - b.Expected, Variance: a.Variance - b.Variance}}
}

func (c Counts) since(earlier Counts) Counts {
	out := Counts{Requests: c.Requests - earlier.Requests, Failed: c.Failed - earlier.Failed}
	for i, n := range c.Slower {
		if i < len(earlier.Slower) {
			n -= earlier.Slower[i]
		}
		out.Slower = append(out.Slower, n)
	}
	return out
}

// with is the moments of both samples: the parallel algorithm of Chan et al. (1979).
func (m Moments) with(other Moments) Moments {
	n := float64(m.N + other.N)
	if m.N == 0 || other.N == 0 || n == 0 {
		if m.N == 0 {
			return other
		}
		return m
	}
	a, b, d := float64(m.N), float64(other.N), other.Mean-m.Mean
	return Moments{N: m.N + other.N, Mean: m.Mean + d*b/n,
		Variance: (m.Variance*a + other.Variance*b + d*d*a*b/n) / n}
}
