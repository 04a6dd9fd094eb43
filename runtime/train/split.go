package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Split divides the rows that have a target into a training and a test part,
// both ascending. The test part has ceil(test_size * rows) rows, as
// scikit-learn's train_test_split; a stratified split draws from each class
// its share, the classes with the largest remainders rounded up. It depends on
// the frame and the spec's seed alone.
func Split(frame *dataset.Frame, spec Spec) (train, test []int, err error) {
	t, err := newTarget(spec, frame)
	if err != nil {
		return nil, nil, err
	}
	return t.split(spec)
}

func (t *target) split(spec Spec) (train, test []int, err error) {
	share, n := spec.Model.Split.TestSize, len(t.known)
	if !(share > 0 && share < 1) {
		return nil, nil, fmt.Errorf("split: test_size is %g: want a share of the rows above 0 and below 1", share)
	}
	held := int(math.Ceil(share * float64(n)))
	if n-held < 1 {
		return nil, nil, fmt.Errorf("split: test_size %g of %d rows with a target leaves none to train on: add rows or lower test_size", share, n)
	}
	groups := [][]int{slices.Clone(t.known)}
	stratified := spec.Model.Split.Stratified && spec.Model.Task != plan.Regression
	if stratified {
		groups = t.byClass(t.known)
	}
	sizes := make([]int, len(groups))
	for k := range groups {
		sizes[k] = len(groups[k])
	}
	take := apportion(sizes, n-held)
	d := stream(spec.Seed, "split")
	for k, rows := range groups {
		d.shuffle(rows)
		train = append(train, rows[:take[k]]...)
		test = append(test, rows[take[k]:]...)
	}
	slices.Sort(train)
	slices.Sort(test)
	return train, test, t.checkParts(train, test, stratified)
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
		return "add rows of it, or change test_size"
	}
	return "add rows of it, change test_size, or set split.stratified to true"
}

// apportion takes total from groups in proportion to their sizes: the whole
// parts first, then one each to the largest remainders, earlier groups first.
func apportion(sizes []int, total int) []int {
	sum := 0
	for _, s := range sizes {
		sum += s
	}
	out := make([]int, len(sizes))
	order := make([]int, len(sizes))
	remainder := make([]float64, len(sizes))
	for k, s := range sizes {
		exact := float64(s) * float64(total) / float64(sum)
		out[k] = int(exact)
		remainder[k] = exact - float64(out[k])
		order[k] = k
	}
	sort.SliceStable(order, func(i, j int) bool { return remainder[order[i]] > remainder[order[j]] })
	rest := total
	for _, v := range out {
		rest -= v
	}
	for _, k := range order {
		if rest == 0 {
			break
		}
		if out[k] < sizes[k] {
			out[k]++
			rest--
		}
	}
	return out
}
