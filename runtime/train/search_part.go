package train

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Tried is one trial of a search that another process has tried.
type Tried struct {
	Index  int       `json:"index"` // of the trial
	Report *CVReport `json:"report"`
}

// SearchPart tries one part of the plan's search: every of-th parameter set,
// beginning with the index-th, both of the part. Fit takes the parts of all
// processes by Options.Tried, and chooses just what it would have chosen alone.
//
// part.Of must be at least 1. The index of a trial is that in the whole search,
// so the parts fit together in any order. A part beyond the last trial is
// empty.
func SearchPart(ctx context.Context, spec Spec, frame *dataset.Frame, part dataset.Part, opt Options) ([]Tried, error) {
	if spec.Model.Search == nil {
		return nil, fmt.Errorf("model %q: the plan has no search", spec.Name)
	}
	f, err := newFitter(spec, frame, opt)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", spec.Name, err)
	}
	rows, _, err := f.target.split(spec)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", spec.Name, err)
	}
	_, cv, all, err := f.sets(whole(spec.Model.Params))
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", spec.Name, err)
	}
	var out []Tried
	mine := all[:0:0]
	for i := part.Index; i < len(all); i += max(part.Of, 1) { // the zero part is the whole
		out, mine = append(out, Tried{Index: i}), append(mine, all[i])
	}
	if len(mine) == 0 {
		return out, nil
	}
	reports, err := f.trials(ctx, "search", cv, mine, rows)
	if err != nil {
		return nil, fmt.Errorf("model %q: search: %w", spec.Name, err)
	}
	for i := range out {
		out[i].Report = reports[i]
	}
	return out, nil
}

// gathered puts trials that were tried elsewhere in their order. One that is
// missing or there twice is an error.
func gathered(tried []Tried) ([]*CVReport, error) {
	if len(tried) == 0 {
		return nil, nil
	}
	out := make([]*CVReport, len(tried))
	for _, t := range tried {
		if t.Index < 0 || t.Index >= len(out) || out[t.Index] != nil || t.Report == nil {
			return nil, fmt.Errorf("search: trial %d of those that were tried elsewhere is missing, or there twice",
				t.Index)
		}
		out[t.Index] = t.Report
	}
	return out, nil
}
