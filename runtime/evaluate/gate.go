package evaluate

import (
	"fmt"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Gate is one gate of the blueprint as it was judged.
type Gate struct {
	Name   string   `json:"name"` // such as roc_auc, fairness.Age.demographic_parity_ratio, robustness.noise.r2
	Value  *float64 `json:"value,omitempty"`
	Want   string   `json:"want"`
	Passed bool     `json:"passed"`
	Reason string   `json:"reason,omitempty"` // why it does not hold
}

// Gates judges every gate, in order of name. What could not be measured does
// not pass.
//
// A gate on a part that the report lacks reads the zero value of it: no metric
// and no reason, so that it fails as not measured. The order is fixed, so that
// two reports of one model compare line by line.
func Gates(require plan.Require, r *Report) []Gate {
	var out []Gate
	for _, name := range sortedKeys(require.Metrics) {
		out = append(out, judge(name, require.Metrics[name], r.Metrics, r.Undefined[name]))
	}
	for _, column := range sortedKeys(require.Fairness) {
		f := r.Fairness[column]
		for _, name := range sortedKeys(require.Fairness[column].Metrics) {
			g := judge(name, require.Fairness[column].Metrics[name], f.Metrics, f.Undefined)
			out = append(out, g.prefixed("fairness."+column+".", name+" by "+column))
		}
	}
	for _, kind := range sortedKeys(require.Robustness) {
		b := r.Robustness[kind]
		for _, name := range sortedKeys(require.Robustness[kind].Metrics) {
			g := judge(name, require.Robustness[kind].Metrics[name], b.Metrics, b.Undefined[name])
			out = append(out, g.prefixed("robustness."+kind+".", name+" under "+kind))
		}
	}
	return out
}

// judge compares one metric with what is wanted. A value that was not measured
// differs from one that is undefined: the former is an error in the blueprint
// or in a stored report, the latter lies in the data.
func judge(name string, want plan.Predicate, have map[string]float64, undefined string) Gate {
	g := Gate{Name: name, Want: want.String()}
	v, ok := have[name]
	switch {
	case !ok && undefined == "":
		g.Reason = fmt.Sprintf("%s was not measured, must be %s", name, want)
	case !ok:
		g.Reason = fmt.Sprintf("%s is undefined (%s), must be %s", name, undefined, want)
	default:
		if g.Value, g.Passed = &v, want.Holds(v); !g.Passed {
			g.Reason = fmt.Sprintf("%s is %s, must be %s", name, short(v, want), want)
		}
	}
	return g
}

// short writes a value that fails with six digits, or with as many more as it
// takes for what is written to fail too: 0.79999999 is not shown as 0.8.
//
// 17 significant digits identify a float64, so the loop ends at 16 and the
// shortest exact text is the fallback.
func short(v float64, want plan.Predicate) string {
	for digits := 6; digits < 17; digits++ {
		text := strconv.FormatFloat(v, 'g', digits, 64)
		if shown, err := strconv.ParseFloat(text, 64); err == nil && !want.Holds(shown) {
			return text
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// prefixed gives the gate its whole name, and its reason the words for it.
//
// The reason begins with the metric's name, as judge writes it, which is cut
// off and replaced by the words.
func (g Gate) prefixed(prefix, words string) Gate {
	if g.Reason != "" {
		g.Reason = words + g.Reason[len(g.Name):]
	}
	g.Name = prefix + g.Name
	return g
}
