package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Split divides the rows that have a target into a training and a test part,
// both ascending.
//
// A row's side follows from the seed and the row's identity alone: its content,
// or the key column that the plan names. So it stays where it is when others are
// added, removed or put in another order, versions of a model are measured on the
// same rows, and no row is trained on whose copy is tested. The price is that the
// parts are of about the size that is asked for: the share of n rows deviates
// from test_size by a standard error of sqrt(test_size (1 - test_size) / n),
// 0.4 percentage points of 10,000 rows at 0.25.
//
// Small tables may have no row on one side, or none of a class. Then the
// identity nearest to the border changes sides; stratified, so that both have
// rows of every class.
func Split(frame *dataset.Frame, spec Spec) (train, test []int, err error) {
	t, err := newTarget(spec, frame)
	if err != nil {
		return nil, nil, err
	}
	return t.split(spec)
}

// split checks the plan's share before the data, so a bad plan is named as
// such.
func (t *target) split(spec Spec) (train, test []int, err error) {
	share, n := spec.Model.Split.TestSize, len(t.known)
	if !(share > 0 && share < 1) {
		return nil, nil, fmt.Errorf("split: test_size is %g: want a share of the rows above 0 and below 1", share)
	}
	if n-int(math.Ceil(share*float64(n))) < 1 {
		return nil, nil, fmt.Errorf("split: test_size %g of %d rows with a target leaves none to train on: add rows or lower test_size", share, n)
	}
	ids, err := t.identities(spec)
	if err != nil {
		return nil, nil, err
	}
	moved := make(map[uint64]bool) // identities that changed sides
	groups := [][]int{t.known}
	if spec.Model.Split.Stratified && spec.Model.Task != plan.Regression {
		groups = t.byClass(t.known)
	}
	d := divider{use: useOf(spec.Seed, "split"), share: share, ids: ids, moved: moved}
	for _, rows := range groups {
		d.bothSides(rows)
	}
	for _, r := range t.known {
		if d.tests(r) {
			test = append(test, r)
		} else {
			train = append(train, r)
		}
	}
	return train, test, t.checkParts(train, test, spec.Model.Split.Stratified)
}

// divider says on which side a row is.
type divider struct {
	use   uint64
	share float64
	ids   []uint64
	moved map[uint64]bool
}

// tests reports whether a row is in the test part: its place is below the
// share, or its identity was moved and it is not.
func (d *divider) tests(row int) bool {
	return (place(d.ids[row], d.use) < d.share) != d.moved[d.ids[row]]
}

// bothSides moves an identity where all rows are on one side.
//
// The identity nearest to the border is moved: on the test side the one with
// the highest place, else the one with the lowest. A group of one identity
// stays, and checkParts reports it. Moving one for a class may affect rows of
// another class with the same identity.
func (d *divider) bothSides(rows []int) {
	if len(rows) == 0 {
		return
	}
	first, last := rows[0], rows[0] // from the test end to the training end
	for _, r := range rows {
		if d.tests(r) != d.tests(rows[0]) {
			return
		}
		if at := place(d.ids[r], d.use); at < place(d.ids[first], d.use) {
			first = r
		} else if at > place(d.ids[last], d.use) {
			last = r
		}
	}
	if d.ids[first] == d.ids[last] {
		return // copies of one row: they stay together
	}
	if d.tests(rows[0]) {
		first = last
	}
	d.moved[d.ids[first]] = !d.moved[d.ids[first]]
}

// byClass returns the rows of each class, nil for a regression.
func (t *target) byClass(rows []int) [][]int {
	groups := make([][]int, len(t.labels))
	if t.labels == nil {
		return nil
	}
	for _, r := range rows {
		k := int(t.y[r])
		groups[k] = append(groups[k], r)
	}
	return groups
}

// checkParts returns an error for every class that one part lacks.
//
// A regression has no classes and passes.
func (t *target) checkParts(train, test []int, stratified bool) error {
	var problems []error
	inTest := t.byClass(test[:len(test):len(test)])
	for k, rows := range t.byClass(train) {
		if n := len(rows) + len(inTest[k]); len(rows) == 0 || len(inTest[k]) == 0 {
			problems = append(problems, fmt.Errorf(
				"split: class %q of target %q has %s, %d for training and %d for testing, and both need one: %s",
				t.labels[k], t.name, plan.Counted(n, "row"), len(rows), len(inTest[k]), partsFix(n, stratified)))
		}
	}
	return errors.Join(problems...)
}

// partsFix says what to do about a class of that many rows.
func partsFix(rows int, stratified bool) string {
	switch {
	case rows < 2:
		return "add rows of it, or leave the class out"
	case stratified:
		return "add rows of it that are not copies of each other"
	}
	return "add rows of it, change test_size, or set split.stratified to true"
}
