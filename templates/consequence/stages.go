package consequence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stages says which stages rerun, and why: what a stage depends on moved in the
// plan, the data did, or an earlier stage makes something new.
// It follows the stages in their order, so that a stage whose input is made again
// reruns as well, though nothing of its own moved. Stages that read no other are the
// ones that read data.
func (c *comparer) stages() {
	for _, model := range slices.Sorted(maps.Keys(c.head.Stages)) {
		was := map[string]Stage{}
		if c.base != nil {
			for _, s := range c.base.Stages[model] {
				was[s.Name] = s
			}
		}
		dataset := c.head.Plan.Models[model].Dataset
		rerun := map[string]bool{}
		for _, s := range c.head.Stages[model] {
			reasons := because(was, s, rerun)
			if len(s.Reads) == 0 && len(c.moved[dataset]) > 0 {
				reasons = append(reasons, "its data")
			}
			if len(reasons) == 0 {
				continue
			}
			rerun[s.Name] = true
			c.add(Stages, "model "+model, Reruns, s.Name+", because of "+strings.Join(reasons, ", "), nil)
			// A model is what train makes; its other stages rerun without a new model.
			if s.Name == "train" {
				c.retrain[model] = true
				c.add(Models, "model "+model, Retrains, "because of "+strings.Join(reasons, ", "),
					[]string{"models", model})
			}
		}
	}
}

// because returns what a stage depends on that moved.
// The reasons are in order of name. A stage that is new has no result to reuse.
func because(was map[string]Stage, s Stage, rerun map[string]bool) []string {
	before, ok := was[s.Name]
	if !ok {
		return []string{"what is new"}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.Plan)) {
		if before.Plan[name] != s.Plan[name] {
			out = append(out, "its "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Reads)) {
		if from := s.Reads[name]; rerun[from[0]] {
			out = append(out, fmt.Sprintf("the %s of %s", from[1], from[0]))
		}
	}
	return out
}
