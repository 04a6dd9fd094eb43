package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/draft"
)

// unlearnt returns, by model, the columns that it does not learn from because of
// what they are.
func unlearnt(p *plan.Plan) map[string][]plan.Unlearnt {
	out := map[string][]plan.Unlearnt{}
	for name := range p.Models {
		if list := p.Unlearnt(name); len(list) > 0 {
			out[name] = list
		}
	}
	return out
}

// unlearntLine says it of one model.
func unlearntLine(model string, list []plan.Unlearnt) string {
	return fmt.Sprintf("note %s does not learn from %s", model, draft.Unlearnt(list))
}

// unlearntLines says it of every model once, however many environments it is in.
func unlearntLines(all []checked, several bool) []string {
	var out []string
	for _, one := range all {
		for _, model := range slices.Sorted(maps.Keys(one.Unlearnt)) {
			line := unlearntLine(model, one.Unlearnt[model])
			if several {
				line += "  " + one.Dir
			}
			if !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// unlearnt tells it before a stack is built.
func (a *app) unlearnt(p *plan.Plan) {
	all := unlearnt(p)
	for _, model := range slices.Sorted(maps.Keys(all)) {
		if a.json() {
			_ = a.writeLine(map[string]any{"event": "unlearnt", "model": model, "columns": all[model]})
		} else {
			fmt.Fprintln(a.out, unlearntLine(model, all[model]))
		}
	}
}
