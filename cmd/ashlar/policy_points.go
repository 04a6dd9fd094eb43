package main

import (
	"errors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/policies/admission"
)

// point is a place where a rule is, or could be, enforced.
type point struct {
	Name     string `json:"name"` // "check", "preview", "admission" or "runtime"
	Enforced bool   `json:"enforced"`
	Why      string `json:"why,omitempty"` // why it is not
}

func pointsOf(r *policies.Rule) []point {
	if r.Level == plan.Disabled {
		return []point{}
	}
	switch r.About {
	case policies.Evidence:
		return []point{{Name: "runtime", Enforced: true}}
	case policies.Resource:
		out := []point{{Name: "preview", Enforced: true}}
		_, err := admission.Compile(r, "prod")
		switch {
		case errors.Is(err, admission.ErrNotKubernetes):
		case err != nil:
			out = append(out, point{Name: "admission", Why: err.Error()})
		default:
			out = append(out, point{Name: "admission", Enforced: true})
		}
		return out
	}
	return []point{{Name: "check", Enforced: true}}
}

func enforced(points []point) []string {
	var out []string
	for _, p := range points {
		if p.Enforced {
			out = append(out, p.Name)
		}
	}
	return out
}
