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

func judge(name string, want plan.Predicate, have map[string]float64, undefined string) Gate {
	g := Gate{Name: name, Want: want.String()}
	v, ok := have[name]
	if !ok {
		g.Reason = fmt.Sprintf("%s was not measured (%s), must be %s", name, undefined, want)
		return g
	}
	g.Value, g.Passed = &v, want.Holds(v)
	if !g.Passed {
		g.Reason = fmt.Sprintf("%s is %s, must be %s", name, strconv.FormatFloat(v, 'g', 6, 64), want)
	}
	return g
}

// prefixed gives the gate its whole name, and its reason the words for it.
func (g Gate) prefixed(prefix, words string) Gate {
	if g.Reason != "" {
		g.Reason = words + g.Reason[len(g.Name):]
	}
	g.Name = prefix + g.Name
	return g
}
