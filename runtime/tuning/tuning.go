// Package tuning is the result of training, as everybody reads it who tells of a
// model: the parameters that were chosen, what a search has tried, and how the
// folds of a cross-validation did. It is apart from package train, so that a
// registry and a tracker need no training code.
package tuning

import (
	"cmp"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Report is how a model came about.
type Report struct {
	Params          plan.Params      `json:"params,omitempty"` // that the model has: the chosen ones, after a search
	CrossValidation *CrossValidation `json:"cross_validation,omitempty"`
	Search          *Search          `json:"search,omitempty"`
}

// CrossValidation are metrics of k folds by scikit-learn's names.
type CrossValidation struct {
	Folds      int             `json:"folds"`
	Stratified bool            `json:"stratified"`
	Metrics    map[string]Fold `json:"metrics"`
}

// Fold is one metric over the folds.
type Fold struct {
	Values []float64 `json:"values"` // one a fold
	Mean   float64   `json:"mean"`
	Std    float64   `json:"std"` // population, as scikit-learn's cv_results_
}

// Search is what a parameter search tried.
type Search struct {
	Method          string           `json:"method"`
	Metric          string           `json:"metric"`
	GreaterIsBetter bool             `json:"greater_is_better"`
	Space           map[string][]any `json:"space,omitempty"` // that was searched
	Trials          []Trial          `json:"trials"`          // in the order they were drawn
	Best            int              `json:"best"`            // index into Trials; the first of equals
	// Tried is how many trials there were, where Trials are only the best of them.
	Tried int `json:"tried,omitempty"`
}

// Trial is one parameter set.
type Trial struct {
	Params          plan.Params      `json:"params"` // all of the algorithm's, not only those searched
	Mean            float64          `json:"mean"`   // of the search's metric
	Std             float64          `json:"std"`
	CrossValidation *CrossValidation `json:"cross_validation"`
}

// Empty reports whether there is nothing to tell but parameters.
func (r *Report) Empty() bool { return r == nil || r.CrossValidation == nil && r.Search == nil }

// Brief is the report as records keep it: of a search at most so many trials,
// the best, in their order, each with the folds of the search's metric alone.
// The whole report is an object in the store.
//
// The receiver is not changed, and the report that is returned shares with it
// what is not cut: params, spaces and the values of folds. Callers treat both
// as read-only.
func (r *Report) Brief(most int) *Report {
	if r.Empty() {
		return nil
	}
	out := *r
	if r.Search == nil {
		return &out
	}
	s := *r.Search
	out.Search = &s
	kept := make([]int, len(s.Trials))
	for i := range kept {
		kept[i] = i
	}
	if len(kept) > most {
		slices.SortStableFunc(kept, func(a, b int) int {
			if s.GreaterIsBetter {
				a, b = b, a
			}
			return cmp.Compare(s.Trials[a].Mean, s.Trials[b].Mean)
		})
		// A report that was stored may name any of several equal trials as its
		// best, and that one must be in the list.
		if at := slices.Index(kept, s.Best); at >= most {
			kept[most-1] = s.Best // one of many equals
		}
		kept, s.Tried = kept[:most], len(s.Trials)
		slices.Sort(kept)
	}
	// kept is in the order of the trials again, so the index of the chosen one
	// is its rank among those kept.
	s.Best = max(0, slices.Index(kept, r.Search.Best))
	s.Trials = nil
	for _, i := range kept {
		t := r.Search.Trials[i]
		if cv := t.CrossValidation; cv != nil {
			one := *cv
			one.Metrics = map[string]Fold{}
			if f, ok := cv.Metrics[s.Metric]; ok {
				one.Metrics[s.Metric] = f
			}
			t.CrossValidation = &one
		}
		s.Trials = append(s.Trials, t)
	}
	return &out
}
