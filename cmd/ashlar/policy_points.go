package main

import "github.com/ashlar-dev/ashlar/policies"

// point is a place where a rule is, or could be, enforced.
type point struct {
	Name     string `json:"name"` // "check", "preview", "admission" or "runtime"
	Enforced bool   `json:"enforced"`
	Why      string `json:"why,omitempty"` // why it is not
}

// String says where, or why not.
func (p point) String() string {
	if p.Enforced {
		return p.Name
	}
	return "not at " + p.Name + ": " + p.Why
}

func pointsOf(r *policies.Rule) []point {
	switch r.About {
	case policies.Evidence:
		return []point{{Name: "runtime", Enforced: true}}
	case policies.Resource:
		return []point{{Name: "preview", Enforced: true}}
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
