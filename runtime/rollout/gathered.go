package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// maxInstances bounds the processes whose counts are kept one by one.
const maxInstances = 500

// gathered is what State.Observed holds. The counts of a pod that is gone count as much
// as those of one that is there: a process's counts only grow, so the newest report of
// each is all that has to be kept.
type gathered struct {
	Instances map[string]map[string]judge.Counted `json:"instances"` // by instance and variant
	// Gone are the sums of those that were too many to keep one by one.
	Gone map[string]judge.Counted `json:"gone,omitempty"`
	// Before are the sums at the beginning of the stage with the number Fresh, from which
	// on counts count.
	Before map[string]*judge.Observations `json:"before,omitempty"`
	Fresh  int                            `json:"fresh,omitempty"`
}

// observations are the counts of all pods, by variant.
type observations struct {
	sums   map[string]*judge.Observations
	pods   int
	silent int
}

// observed asks the pods and adds their counts to those that are known of the versions,
// since the beginning of the stage fresh.
func (r *Releaser) observed(ctx context.Context, name string, st *release.State,
	of endpoint.Within, fresh int) (*observations, error) {
	if r.cfg.Pods == nil {
		return nil, fmt.Errorf("strategy %s: nothing says where its pods are", r.cfg.Plan.Endpoints[name].Strategy.Kind())
	}
	pods, err := r.cfg.Pods(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("its pods: %w", err)
	}
	told, silent, err := peers.Gather(ctx, r.cfg.Client, pods)
	if err != nil {
		return nil, err
	}
	g := &gathered{}
	if len(st.Observed) > 0 && json.Unmarshal(st.Observed, g) != nil {
		g = &gathered{} // of another kind of release
	}
	g.take(told, of)
	out := &observations{sums: map[string]*judge.Observations{}, pods: len(pods), silent: silent}
	g.sum(out, judge.Thresholds(r.cfg.Plan.Endpoints[name].Strategy))
	if g.Fresh != fresh {
		g.Fresh, g.Before = fresh, out.sums
	}
	text, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("what pods have counted: %w", err)
	}
	st.Observed = text
	for variant, before := range g.Before {
		if sum := out.sums[variant]; sum != nil {
			out.sums[variant] = sum.Since(before)
		}
	}
	return out, nil
}

// take replaces what is known by what was told, and forgets counts of other versions.
func (g *gathered) take(told []peers.Beside, of endpoint.Within) {
	other := func(variant string, c judge.Counted) bool { return c.Digest != of[variant] || c.Observations == nil }
	if g.Instances == nil {
		g.Instances = map[string]map[string]judge.Counted{}
	}
	now := map[string]bool{}
	for _, one := range told {
		g.Instances[one.Instance], now[one.Instance] = one.Versions, true
	}
	maps.DeleteFunc(g.Gone, other)
	for instance, counts := range g.Instances {
		if maps.DeleteFunc(counts, other); len(counts) == 0 {
			delete(g.Instances, instance)
		}
	}
	for _, instance := range slices.Sorted(maps.Keys(g.Instances)) {
		if len(g.Instances) <= maxInstances {
			return
		}
		if !now[instance] {
			g.fold(instance)
		}
	}
}

// fold adds the counts of an instance to those of the ones that are gone.
func (g *gathered) fold(instance string) {
	for variant, c := range g.Instances[instance] {
		if g.Gone == nil {
			g.Gone = map[string]judge.Counted{}
		}
		sum, is := g.Gone[variant]
		if !is {
			g.Gone[variant] = c
		} else if sum.Observations.Join(c.Observations) != nil {
			continue // it counted other latencies
		}
	}
	delete(g.Instances, instance)
}

// sum adds up what is known, as far as the thresholds were counted.
func (g *gathered) sum(out *observations, thresholds []float64) {
	add := func(counts map[string]judge.Counted) {
		for variant, c := range counts {
			o := c.Observations.At(thresholds)
			if len(o.Challenger.Slower) < len(thresholds) {
				out.silent++ // it says nothing of the latencies that are asked about
				continue
			}
			if out.sums[variant] == nil {
				out.sums[variant] = &judge.Observations{Thresholds: thresholds}
			}
			if out.sums[variant].Join(o) != nil {
				out.silent++
			}
		}
	}
	for _, counts := range g.Instances {
		add(counts)
	}
	add(g.Gone)
}

// verdict judges a variant of so many that are compared at once. It does not pass while
// a pod says nothing.
func (o *observations) verdict(variant string, comparisons int) func(*plan.Analysis) judge.Verdict {
	return func(a *plan.Analysis) judge.Verdict {
		sum := o.sums[variant]
		if sum == nil {
			sum = &judge.Observations{}
		}
		v := judge.Judge(a, sum.At(judge.AnalysisThresholds(a)), comparisons)
		if v.Verdict == judge.Pass && o.silent > 0 {
			v.Verdict = judge.Inconclusive
			v.Reason = fmt.Sprintf("%d of %d pods did not say what they have counted", o.silent, o.pods)
		}
		return v
	}
}
