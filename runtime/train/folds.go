package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// fold is one part of a cross-validation, row indices ascending.
type fold struct{ train, valid []int }

// folds divides the rows into k parts of nearly equal size; stratified, each
// has its share of every class. Parts and their order depend on the seed alone.
func (t *target) folds(spec Spec, rows []int, cv plan.CrossValidation) ([]fold, error) {
	if cv.Folds < 2 {
		return nil, fmt.Errorf("cross_validation: folds is %d: want at least 2", cv.Folds)
	}
	if len(rows) < cv.Folds {
		return nil, fmt.Errorf("cross_validation: %d folds of %d training rows: lower folds or add rows", cv.Folds, len(rows))
	}
	groups := [][]int{slices.Clone(rows)}
	if cv.Stratified && spec.Model.Task != plan.Regression {
		groups = t.byClass(rows)
		if err := t.checkFolds(groups, cv.Folds); err != nil {
			return nil, err
		}
	}
	// Dealing the rows out one after another, class after class, keeps both the
	// parts and each class's share within one row of equal.
	part := make(map[int]int, len(rows))
	d, next := stream(spec.Seed, "folds"), 0
	for _, g := range groups {
		d.shuffle(g)
		for _, r := range g {
			part[r] = next % cv.Folds
			next++
		}
	}
	out := make([]fold, cv.Folds)
	for _, r := range rows {
		for k := range out {
			if part[r] == k {
				out[k].valid = append(out[k].valid, r)
			} else {
				out[k].train = append(out[k].train, r)
			}
		}
	}
	return out, nil
}

func (t *target) checkFolds(groups [][]int, folds int) error {
	var problems []error
	for k, g := range groups {
		if len(g) < folds {
			problems = append(problems, fmt.Errorf(
				"cross_validation: class %q of target %q has %d training rows, too few for %d folds: lower folds to at most %d, or add rows of it",
				t.labels[k], t.name, len(g), folds, max(2, len(g))))
		}
	}
	return errors.Join(problems...)
}
