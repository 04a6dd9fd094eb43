package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxTrials bounds a search; beyond it a run would not end.
const maxTrials = 10_000

// search cross-validates parameter sets of the plan's space and says which is
// best. base are the parameters that the space does not name. Sets that others
// have tried already are taken over.
//
// Of trials with equal means the first is chosen, so the order of the trials
// decides ties.
func (f *fitter) search(ctx context.Context, base plan.Params, rows []int) (*SearchReport, error) {
	s, cv, all, err := f.sets(base)
	if err != nil {
		return nil, err
	}
	reports := f.tried
	if reports == nil {
		reports, err = f.trials(ctx, "search", cv, all, rows)
	} else if len(reports) != len(all) {
		err = fmt.Errorf("%d trials were tried elsewhere, and the plan has %d", len(reports), len(all))
	}
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	r := &SearchReport{Method: s.Method, Metric: s.Metric, GreaterIsBetter: greaterIsBetter(s.Metric), Space: s.Space}
	for i, rep := range reports {
		m := rep.Metrics[s.Metric]
		r.Trials = append(r.Trials, Trial{Params: all[i], Mean: m.Mean, Std: m.Std, CrossValidation: rep})
		best := r.Trials[r.Best].Mean
		if m.Mean != best && (m.Mean > best) == r.GreaterIsBetter {
			r.Best = i
		}
	}
	return r, nil
}

// sets are the parameter sets of the plan's search, in the order of its trials.
//
// A search without a seed of its own takes the plan's. Its folds are those of
// cross_validation where the plan has that, so that the chosen trial's report
// serves as the model's.
func (f *fitter) sets(base plan.Params) (plan.Search, plan.CrossValidation, []plan.Params, error) {
	s := *f.spec.Model.Search
	cv := plan.CrossValidation{Folds: s.Folds, Stratified: f.spec.Model.Task != plan.Regression}
	if f.spec.Model.CrossValidation != nil {
		cv = *f.spec.Model.CrossValidation
	}
	if !slices.Contains(metricNames(f.spec.Model.Task), s.Metric) {
		return s, cv, nil, fmt.Errorf("search: metric %q does not apply to a %s task: use one of %s",
			s.Metric, f.spec.Model.Task, strings.Join(metricNames(f.spec.Model.Task), ", "))
	}
	if s.Seed == 0 {
		s.Seed = f.spec.Seed
	}
	found, err := candidates(s)
	if err != nil {
		return s, cv, nil, fmt.Errorf("search: %w", err)
	}
	all := make([]plan.Params, len(found))
	for i, set := range found {
		all[i] = base.With(set)
	}
	return s, cv, all, nil
}

// candidates returns the parameter sets of a search: of a grid every one, the
// last name by the alphabet changing fastest; of a random search distinct ones,
// all of them where the space has no more than trials.
//
// The size is capped while it is multiplied, so it cannot overflow. All
// problems are reported at once.
func candidates(s plan.Search) ([]plan.Params, error) {
	names := make([]string, 0, len(s.Space))
	for name := range s.Space {
		names = append(names, name)
	}
	slices.Sort(names)
	var problems []error
	size := 1 // of the space, or a little over maxTrials where that is less
	for _, name := range names {
		if len(s.Space[name]) == 0 {
			problems = append(problems, fmt.Errorf("space.%s has no candidates", name))
		}
		size = min(size*len(s.Space[name]), maxTrials+1)
	}
	random := s.Method == "random"
	if !random && s.Method != "grid" {
		problems = append(problems, fmt.Errorf("method is %q: want grid or random", s.Method))
	}
	if !random && size > maxTrials {
		problems = append(problems, fmt.Errorf("the grid has more than %d points: use method \"random\" with a number of trials, or fewer candidates", maxTrials))
	}
	if random && (s.Trials < 1 || s.Trials > maxTrials) {
		problems = append(problems, fmt.Errorf("trials is %d: want 1 to %d", s.Trials, maxTrials))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if random && s.Trials < size {
		return draw(s, names), nil
	}
	// i is read as a number whose digits choose the candidates, the last name's
	// being the lowest.
	out := make([]plan.Params, size)
	for i := range out {
		digits, rest := make([]int, len(names)), i
		for j := len(names) - 1; j >= 0; j-- {
			n := len(s.Space[names[j]])
			digits[j], rest = rest%n, rest/n
		}
		out[i] = pick(s, names, digits)
	}
	return out, nil
}

// draw returns s.Trials distinct points of a space that has more.
//
// It ends: the space has more points than trials, and each draw is independent,
// so points not seen yet keep coming. Candidates that are listed twice count as
// two points.
func draw(s plan.Search, names []string) []plan.Params {
	d := stream(s.Seed, "search")
	seen := make(map[string]bool, s.Trials)
	var out []plan.Params
	for len(out) < s.Trials {
		digits := make([]int, len(names))
		for j, name := range names {
			digits[j] = d.below(len(s.Space[name]))
		}
		if key := fmt.Sprint(digits); !seen[key] {
			seen[key] = true
			out = append(out, pick(s, names, digits))
		}
	}
	return out
}

// pick is the point of the space with those candidates.
func pick(s plan.Search, names []string, digits []int) plan.Params {
	p := make(plan.Params, len(names))
	for j, name := range names {
		p[name] = s.Space[name][digits[j]]
	}
	return whole(p)
}
