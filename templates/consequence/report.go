package consequence

import (
	"fmt"
	"slices"
	"strings"
)

// Report is the consequence of a change of one blueprint.
type Report struct {
	Dir     string   `json:"dir"`
	Name    string   `json:"name"`
	Digests []Digest `json:"plans"`   // by environment
	Changes []Change `json:"changes"` // by section
	Notes   []string `json:"notes,omitempty"`
}

// Digest is that of a plan before and after; "" where there was or is none.
type Digest struct {
	Environment string `json:"environment"`
	Base        string `json:"base"`
	Head        string `json:"head"`
}

// Merge sorts the changes of several environments by section, loosened first,
// and makes one of those that are the same.
// The order within a section is that in which Compare has found them, so that the
// report of the same change is the same text.
func Merge(byEnvironment map[string][]Change) []Change {
	var out []Change
	at := map[string]int{}
	for _, env := range keysOf(byEnvironment) {
		for _, c := range byEnvironment[env] {
			key := strings.Join([]string{string(c.Section), c.Subject, string(c.Effect), c.Message}, "\x00")
			if i, ok := at[key]; ok {
				if !slices.Contains(out[i].Environments, env) {
					out[i].Environments = append(out[i].Environments, env)
				}
				continue
			}
			at[key] = len(out)
			c.Environments = []string{env}
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		if d := slices.Index(sections, a.Section) - slices.Index(sections, b.Section); d != 0 {
			return d
		}
		if a.Alarming() != b.Alarming() {
			if a.Alarming() {
				return -1
			}
			return 1
		}
		return 0
	})
	return out
}

// Alarming reports whether a reviewer must not miss it.
func (c Change) Alarming() bool {
	return c.Effect == Loosened || c.Effect == Refused || c.Effect == Loses
}

// String is the change on a line, environments aside.
func (c Change) String() string { return c.Subject + ": " + c.Message }

// Silent reports whether there is nothing to say.
func (r Report) Silent() bool {
	return len(r.Changes) == 0 && !slices.ContainsFunc(r.Digests, func(d Digest) bool { return d.Base != d.Head })
}

// Headline counts what happens, the alarming first.
// A model that retrains or an endpoint that rolls out in several environments counts
// once.
func (r Report) Headline() string {
	var parts []string
	count := func(e Effect, one, many string) {
		subjects := map[string]bool{}
		n := 0
		for _, c := range r.Changes {
			if c.Effect != e {
				continue
			}
			if e == Retrains || e == RollsOut {
				if subjects[c.Subject] {
					continue
				}
				subjects[c.Subject] = true
			}
			n++
		}
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	count(Loses, "loss of data", "losses of data")
	count(Refused, "refusal", "refusals")
	count(Loosened, "loosening", "loosenings")
	count(Tightened, "tightening", "tightenings")
	count(Retrains, "model retrains", "models retrain")
	count(Reruns, "stage reruns", "stages rerun")
	count(RollsOut, "endpoint rolls out", "endpoints roll out")
	count(Replaces, "replacement", "replacements")
	count(Added, "addition", "additions")
	count(Removed, "removal", "removals")
	count(Changed, "other change", "other changes")
	count(Advised, "new advice", "new advices")
	count(Passes, "policy passes again", "policies pass again")
	if len(parts) == 0 {
		return "no change that anything depends on"
	}
	return strings.Join(parts, ", ")
}

// keysOf are the map's keys, sorted.
func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
