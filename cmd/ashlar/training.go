package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// showTraining prints what a search has tried, the chosen trial with a star, and
// what a cross-validation has measured.
func (a *app) showTraining(r *tuning.Report) {
	if r.Empty() {
		return
	}
	if s := r.Search; s != nil {
		fmt.Fprintf(a.out, "\nsearch: %s\n", s.Summary())
		space := s.SpaceTexts()
		for _, name := range slices.Sorted(maps.Keys(space)) {
			fmt.Fprintf(a.out, "  %-28s one of %s\n", name, space[name])
		}
		a.table(s.Table())
	}
	if c := r.CrossValidation; c != nil {
		fmt.Fprintf(a.out, "\ncross-validation: %s\n", c.Summary())
		a.table(c.Table())
	}
}

// chosen are the parameters of a version as text.
func chosen(params map[string]any) map[string]string {
	out := map[string]string{}
	for name := range maps.Keys(params) {
		out[name] = tuning.Text(params[name])
	}
	return out
}
