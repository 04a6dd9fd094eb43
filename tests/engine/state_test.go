//go:build integration

package engine

import (
	"encoding/json"
	"strings"
)

// held is a resource in a stack's state.
type held struct {
	URN            string
	Type           string
	Custom         bool
	Protect        bool
	RetainOnDelete bool
}

// state returns what the stack's state holds, and the state as it is kept.
func (p *project) state(name string) ([]held, string) {
	p.t.Helper()
	text := p.pulumi("stack", "export", "--stack", name)
	var exported struct {
		Deployment struct{ Resources []held }
	}
	p.must(json.Unmarshal([]byte(text), &exported))
	return exported.Deployment.Resources, text
}

// retained are the URNs of a state's resources that outlive it.
func retained(all []held) map[string]bool {
	out := map[string]bool{}
	for _, one := range all {
		if one.Custom && one.RetainOnDelete {
			out[one.URN] = true
		}
	}
	return out
}

// count returns how many operations contain all of the texts.
func count(operations []string, texts ...string) int {
	n := 0
	for _, one := range operations {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(one, text)
		}
		if all {
			n++
		}
	}
	return n
}
