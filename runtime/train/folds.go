package train

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// fold is one part of a cross-validation, row indices ascending.
type fold struct{ train, valid []int }

// folds divides the rows into k parts of nearly equal size; stratified, each
// has its share of every class. They depend on the seed and on what the rows are,
// not on their order; copies of a row, and rows of one key, are in one fold.
//
// Every row is in the validation part of exactly one fold. It is an error
// rather than fewer folds where there are too few distinct rows.
func (t *target) folds(spec Spec, rows []int, cv plan.CrossValidation) ([]fold, error) {
	if cv.Folds < 2 {
		return nil, fmt.Errorf("cross_validation: folds is %d: want at least 2", cv.Folds)
	}
	if len(rows) < cv.Folds {
		return nil, fmt.Errorf("cross_validation: %d folds of %d training rows: lower folds or add rows", cv.Folds,
			len(rows))
	}
	groups := [][]int{slices.Clone(rows)}
	if _, err := t.identities(spec); err != nil {
		return nil, err
	}
	if cv.Stratified && spec.Model.Task != plan.Regression {
		groups = t.byClass(rows)
		if err := t.checkFolds(groups, cv.Folds); err != nil {
			return nil, err
		}
	}
	part, dealt := t.deal(spec, groups, cv.Folds)
	if dealt < cv.Folds {
		return nil, fmt.Errorf("cross_validation: %d folds of %d training rows%s: lower folds or add rows", cv.Folds,
			len(rows), copies(len(rows), dealt))
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

// copies says that rows are fewer than they seem, or "".
func copies(rows, different int) string {
	if rows == different {
		return ""
	}
	return fmt.Sprintf(" (only %d of them differ, and what does not stays in one fold)", different)
}

// deal gives every row its fold, and returns how many identities it has dealt.
// Dealing identities out in the order of their hashes, class after class, keeps
// both the parts and each class's share within one identity of equal.
//
// An identity with rows in several classes is dealt once, with the class that
// comes first; its other rows follow it.
func (t *target) deal(spec Spec, groups [][]int, folds int) (map[int]int, int) {
	ids := t.ids
	use, next := useOf(spec.Seed, "folds"), 0
	part, of := make(map[int]int), make(map[uint64]int)
	for _, rows := range groups {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b int) int {
			return cmp.Or(cmp.Compare(place(ids[a], use), place(ids[b], use)), cmp.Compare(ids[a], ids[b]))
		})
		for _, r := range rows {
			fold, dealt := of[ids[r]]
			if !dealt {
				fold = next % folds
				of[ids[r]] = fold
				next++
			}
			part[r] = fold
		}
	}
	return part, next
}

// checkFolds returns an error for every class that has fewer distinct rows than
// there are folds: some fold would have none of it to validate on.
func (t *target) checkFolds(groups [][]int, folds int) error {
	var problems []error
	for k, g := range groups {
		different := make(map[uint64]bool)
		for _, r := range g {
			different[t.ids[r]] = true
		}
		if len(different) < folds {
			problems = append(problems, fmt.Errorf(
				"cross_validation: class %q of target %q has %d training rows, too few for %d folds%s: lower folds to at most %d, or add rows of it",
				t.labels[k], t.name, len(g), folds, copies(len(g), len(different)), max(2, len(different))))
		}
	}
	return errors.Join(problems...)
}
