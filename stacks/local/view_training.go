package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// viewTraining shows the parameters of a version and how they came to be chosen.
// Trials and folds are tables; the chosen trial is highlighted.
func viewTraining(out *page.Model, v registry.Version) {
	for _, name := range slices.Sorted(maps.Keys(v.Params)) {
		out.Params = append(out.Params, page.Metric{Name: name, Value: tuning.Text(v.Params[name])})
	}
	if v.Training.Empty() {
		return
	}
	if s := v.Training.Search; s != nil {
		one := page.Table{Title: "Search", Chosen: s.Best, Note: s.Summary()}
		one.Header, one.Rows = s.Table()
		space := s.SpaceTexts()
		var from []string
		for _, name := range slices.Sorted(maps.Keys(space)) {
			from = append(from, fmt.Sprintf("%s one of %s", name, space[name]))
		}
		if len(from) > 0 {
			one.Note += ": " + strings.Join(from, "; ")
		}
		out.Training = append(out.Training, one)
	}
	if c := v.Training.CrossValidation; c != nil {
		one := page.Table{Title: "Cross-validation", Chosen: -1, Note: c.Summary()}
		one.Header, one.Rows = c.Table()
		out.Training = append(out.Training, one)
	}
}
