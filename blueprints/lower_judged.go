package blueprints

import (
	"fmt"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// judgedPath reports whether the path is a metric of an analysis of a strategy.
func judgedPath(path []string) bool {
	n := len(path)
	return n >= 7 && path[0] == "endpoints" && path[2] == "strategy" && path[n-2] == "metrics"
}

// judged lowers the constraint of an analysis on a metric. Those of latencies may be
// durations, and become seconds.
func judged(v cue.Value, metric string) (plan.Predicate, error) {
	p, err := judgedBounds(v, metric)
	switch {
	case err != nil:
		return nil, err
	case len(p) == 0:
		return nil, fmt.Errorf("%s has no constraint: give a bound, such as %s", metric, example(metric))
	case impossible(p):
		return nil, fmt.Errorf("no number is %s, so no version could pass", p)
	}
	return p, withinReach(metric, p)
}

// judgedBounds are the bounds of the constraint's conjuncts, but for the schema's own,
// which is `number | string`.
func judgedBounds(v cue.Value, metric string) (plan.Predicate, error) {
	read := predicate
	if _, latency := plan.Quantile(metric); latency {
		read = latencyBound
	}
	if v.IsConcrete() {
		return read(v)
	}
	var out plan.Predicate
	for _, part := range conjuncts(v) {
		if op, kinds := part.Expr(); op == cue.OrOp && kinds[0].IncompleteKind() == cue.NumberKind &&
			kinds[len(kinds)-1].IncompleteKind() == cue.StringKind {
			continue
		}
		one, err := read(part)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// latencyBound lowers a bound on a duration.
func latencyBound(v cue.Value) (plan.Predicate, error) {
	wrong := fmt.Errorf("a latency has one bound above, in seconds or as a duration, such as <\"50ms\"")
	op, parts := v.Expr()
	bound, isBound := map[cue.Op]plan.Op{cue.LessThanOp: plan.Less, cue.LessThanEqualOp: plan.LessEqual}[op]
	if !isBound {
		return nil, wrong
	}
	if text, err := parts[0].String(); err == nil {
		d, err := plan.ParseDuration(text)
		return plan.Predicate{{Op: bound, Value: d.Seconds()}}, err
	}
	f, err := parts[0].Float64()
	if err != nil || f <= 0 {
		return nil, wrong
	}
	return plan.Predicate{{Op: bound, Value: f}}, nil
}

// withinReach checks the bounds of a metric that traffic shows: each leaves room for an
// interval on the side of it that passes, and on the side that fails.
func withinReach(metric string, p plan.Predicate) error {
	_, latency := plan.Quantile(metric)
	for _, b := range p {
		switch {
		case b.Op == plan.Equal || b.Op == plan.NotEqual:
			return fmt.Errorf("traffic shows no metric exactly: give a bound, such as %s", example(metric))
		case latency || plan.NeedsLabels(metric):
		case metric == plan.ErrorRateDifference && (b.Value <= -1 || b.Value >= 1):
			return fmt.Errorf("%s is between -1 and 1, so %s says nothing", metric, plan.Predicate{b})
		case metric != plan.ErrorRateDifference && (b.Value <= 0 || b.Value >= 1):
			return fmt.Errorf("no number of requests shows that a share is %s: give a bound between 0 and 1, such as %s",
				plan.Predicate{b}, example(metric))
		}
	}
	return nil
}

// example is a constraint that the metric may have.
func example(metric string) string {
	switch _, latency := plan.Quantile(metric); {
	case latency:
		return `<"50ms"`
	case metric == plan.ErrorRate || metric == plan.ErrorRateDifference:
		return "<0.01"
	}
	return ">=0.98"
}
