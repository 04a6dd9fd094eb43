package native

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// fields are the key=value lines of one block of LightGBM's text.
type fields map[string]string

// Bits of a node's decision_type, by LightGBM's include/LightGBM/tree.h.
const (
	categorical = 1
	defaultLeft = 2
	missingType = 3 << 2 // 0: none, 1: zero, 2: NaN
)

// readLightGBM reads the text that Booster.save_model writes. Trees come one an
// output by turns, so a tree's output is its number modulo the outputs. Keys
// that are not known are ignored, as they are parameters and statistics; keys
// that change scores are looked at and refused.
func readLightGBM(b []byte) (*Imported, error) {
	head, trees, err := blocks(string(b))
	if err != nil {
		return nil, err
	}
	m := &Imported{}
	if err := m.objective(head); err != nil {
		return nil, err
	}
	last, err := head.whole("max_feature_idx")
	if err != nil {
		return nil, err
	}
	m.Width = last + 1
	if names := head["feature_names"]; names != "" {
		if m.Features = strings.Fields(names); len(m.Features) != m.Width {
			return nil, fmt.Errorf("%d names of %d features", len(m.Features), m.Width)
		}
	}
	scale, err := sigmoid(m.Objective, m.Task)
	if err != nil {
		return nil, err
	}
	for i, f := range trees {
		d, err := f.drawn(m.Width, scale, m.Ensemble)
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
		t, err := d.tree(int32(i % m.Ensemble.Outputs))
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
		m.Ensemble.Trees = append(m.Ensemble.Trees, t)
	}
	withoutCovers(m.Ensemble)
	withSets(m.Ensemble)
	if len(trees)%m.Ensemble.Outputs != 0 {
		return nil, fmt.Errorf("%d trees for %d classes", len(trees), m.Ensemble.Outputs)
	}
	return m, nil
}

// blocks cuts the text into its head and its trees.
//
// Trees must be numbered from 0 without a gap, and the line that ends them must
// be there: otherwise a file that was cut short would score as a smaller model.
func blocks(text string) (head fields, trees []fields, err error) {
	if !strings.HasPrefix(text, "tree") {
		return nil, nil, errors.New(`it does not begin with "tree": save it with Booster.save_model`)
	}
	head = fields{}
	at := head
	ended := false
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "end of trees" {
			ended = true
			break
		}
		key, value, _ := strings.Cut(line, "=")
		if key == "Tree" {
			if value != strconv.Itoa(len(trees)) {
				return nil, nil, fmt.Errorf("tree %q comes where tree %d should", value, len(trees))
			}
			at = fields{}
			trees = append(trees, at)
			continue
		}
		at[key] = value
	}
	if !ended {
		return nil, nil, errors.New(`its end is missing: there is no line "end of trees"`)
	}
	return head, trees, nil
}

// objective finds the task, the outputs and the link.
//
// LightGBM has its first scores within the leaves of the first trees
// (boost_from_average), so the base is 0.
func (m *Imported) objective(head fields) error {
	m.Objective = head["objective"]
	name, _, _ := strings.Cut(m.Objective, " ")
	classes, err := head.whole("num_class")
	if err != nil {
		return err
	}
	per, err := head.whole("num_tree_per_iteration")
	if err != nil {
		return err
	}
	_, average := head["average_output"]
	e := &model.Ensemble{Outputs: 1}
	switch name {
	case "binary":
		m.Task, e.Link = plan.Binary, model.Logit
	case "multiclass", "softmax":
		m.Task, e.Link, e.Outputs = plan.Multiclass, model.Softmax, classes
	case "regression", "regression_l1", "huber", "fair", "quantile", "mape":
		if strings.Contains(m.Objective, "sqrt") {
			return errors.New("it was trained with reg_sqrt, which the runtime does not undo; serve it as a pyfunc")
		}
		m.Task, e.Link = plan.Regression, model.Identity
	default:
		return fmt.Errorf("objective %q is not one that the runtime scores; serve it as a pyfunc", m.Objective)
	}
	if average {
		return errors.New("it is a random forest (average_output); use the built-in one, or serve it as a pyfunc")
	}
	if per != e.Outputs || e.Outputs < 1 {
		return fmt.Errorf("%d trees an iteration for %d outputs", per, e.Outputs)
	}
	e.Base = make([]float64, e.Outputs)
	m.Ensemble = e
	return nil
}

// sigmoid is what a binary score is multiplied by before the logistic function.
//
// Leaves are multiplied by it once on reading, instead of every score.
func sigmoid(objective string, task plan.Task) (float64, error) {
	if task != plan.Binary {
		return 1, nil
	}
	for _, word := range strings.Fields(objective) {
		if text, ok := strings.CutPrefix(word, "sigmoid:"); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || !(v > 0) || math.IsInf(v, 0) {
				return 0, fmt.Errorf("objective %q", objective)
			}
			return v, nil
		}
	}
	return 1, nil
}

// drawn reads one tree. Branches are numbered from 0 and leaves apart from
// them; here leaves follow the branches in one numbering. A tree of one leaf
// has no branches.
func (f fields) drawn(width int, scale float64, e *model.Ensemble) (*drawn, error) {
	leaves, err := f.whole("num_leaves")
	if err != nil {
		return nil, err
	}
	if leaves < 1 {
		return nil, errNoTree
	}
	if f["is_linear"] == "1" {
		return nil, errors.New("its leaves are linear (linear_tree); serve it as a pyfunc")
	}
	r := reader{fields: f}
	inner := leaves - 1
	feature, types := r.ints("split_feature", inner), r.ints("decision_type", inner)
	left, right := r.ints("left_child", inner), r.ints("right_child", inner)
	threshold, value := r.floats("threshold", inner), r.floats("leaf_value", leaves)
	if r.err != nil {
		return nil, r.err
	}
	sets, err := f.sets()
	if err != nil {
		return nil, err
	}
	n := inner + leaves
	d := &drawn{
		feature: make([]int32, n), threshold: make([]float64, n), missingLeft: make([]bool, n),
		left: make([]int32, n), right: make([]int32, n), value: make([]float64, n),
	}
	first := len(e.Sets)
	if len(sets) > 0 {
		d.set, e.Sets = slices.Repeat([]int32{-1}, n), append(e.Sets, sets...)
	}
	for i := range inner {
		if types[i]&categorical != 0 {
			k := int(threshold[i]) // of a split by categories, the number of its set
			if k < 0 || float64(k) != threshold[i] || k >= len(sets) {
				return nil, fmt.Errorf("node %d: set of categories %g of %d", i, threshold[i], len(sets))
			}
			d.set[i], threshold[i] = int32(first+k), 0
		} else if d.missingLeft[i], err = missingLeft(types[i], threshold[i]); err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
		if feature[i] < 0 || int(feature[i]) >= width {
			return nil, fmt.Errorf("node %d: feature %d of %d", i, feature[i], width)
		}
		d.feature[i], d.threshold[i] = feature[i], threshold[i]
		d.left[i], d.right[i] = placeOf(left[i], inner), placeOf(right[i], inner)
	}
	counts := reader{fields: f}
	d.cover = covers(append(counts.ints("internal_count", inner), counts.ints("leaf_count", leaves)...), n)
	if inner == 0 {
		d.cover = []float64{1} // every row reaches a tree's only node, and some versions do not count them
	}
	for i := range leaves {
		d.left[inner+i], d.right[inner+i], d.value[inner+i] = -1, -1, value[i]*scale
	}
	return d, nil
}

// placeOf is where a child stands, with leaves after the branches. A leaf is
// written as the complement of its number.
func placeOf(child int32, inner int) int32 {
	if child < 0 {
		return int32(inner) + ^child
	}
	return child
}

// sets are a tree's sets of categories, written as bits in words of 32. A value
// whose category is in the set goes left; missing values and all others go right.
func (f fields) sets() ([]model.Set, error) {
	if f["num_cat"] == "" || f["num_cat"] == "0" {
		return nil, nil
	}
	count, err := f.whole("num_cat")
	if err != nil {
		return nil, err
	}
	r := reader{fields: f}
	bounds := r.ints("cat_boundaries", count+1)
	if r.err != nil {
		return nil, r.err
	}
	words := r.words("cat_threshold", int(bounds[count]))
	if r.err != nil {
		return nil, r.err
	}
	out := make([]model.Set, count)
	for k := range out {
		if bounds[k] < 0 || bounds[k] > bounds[k+1] || int(bounds[k+1]) > len(words) {
			return nil, fmt.Errorf("cat_boundaries %d and %d of %d words", bounds[k], bounds[k+1], len(words))
		}
		n := 0
		for _, word := range words[bounds[k]:bounds[k+1]] {
			n += bits.OnesCount32(word)
		}
		categories := make([]int32, 0, n)
		for i, word := range words[bounds[k]:bounds[k+1]] {
			for ; word != 0; word &= word - 1 {
				categories = append(categories, int32(32*i+bits.TrailingZeros32(word)))
			}
		}
		if out[k], err = setOf(categories, below64); err != nil {
			return nil, fmt.Errorf("set of categories %d: %w", k, err)
		}
	}
	return out, nil
}

// missingLeft says where a missing value goes. Without a missing type it counts
// as 0.
func missingLeft(decision int32, threshold float64) (bool, error) {
	switch {
	case decision&missingType == 0:
		return 0 <= threshold, nil
	case decision&missingType == 2<<2:
		return decision&defaultLeft != 0, nil
	}
	return false, errors.New("zeros count as missing (zero_as_missing); train without, or serve it as a pyfunc")
}

func (f fields) whole(key string) (int, error) {
	v, err := strconv.Atoi(f[key])
	if err != nil || v < 0 || v > most {
		return 0, fmt.Errorf("%s is %q, want a whole number", key, f[key])
	}
	return v, nil
}

// reader reads lists and keeps the first error, after which lists are empty: what
// a file claims is not allocated.
type reader struct {
	fields
	err error
}

// list returns the values of a key, of which there must be n. The number comes
// from num_leaves and is compared with what is there, so a false num_leaves
// allocates nothing.
func (r *reader) list(key string, n int) []string {
	if r.err != nil {
		return nil
	}
	out := strings.Fields(r.fields[key])
	if len(out) != n {
		r.err = fmt.Errorf("%s has %d values, want %d", key, len(out), n)
		return nil
	}
	return out
}

// ints reads integers of 32 bits. After an error the result is short or holds
// zeros; the caller looks at err once, after all lists.
func (r *reader) ints(key string, n int) []int32 {
	list := r.list(key, n)
	out := make([]int32, len(list))
	for i, text := range list {
		v, err := strconv.ParseInt(text, 10, 32)
		if err != nil && r.err == nil {
			r.err = fmt.Errorf("%s: %q is not an integer", key, text)
		}
		out[i] = int32(v)
	}
	return out
}

// words reads unsigned integers of 32 bits.
func (r *reader) words(key string, n int) []uint32 {
	list := r.list(key, n)
	out := make([]uint32, len(list))
	for i, text := range list {
		v, err := strconv.ParseUint(text, 10, 32)
		if err != nil && r.err == nil {
			r.err = fmt.Errorf("%s: %q is not a word of bits", key, text)
		}
		out[i] = uint32(v)
	}
	return out
}

// floats reads finite numbers: an infinite threshold or leaf would make scores
// that no check could catch later.
func (r *reader) floats(key string, n int) []float64 {
	list := r.list(key, n)
	out := make([]float64, len(list))
	for i, text := range list {
		v, err := strconv.ParseFloat(text, 64)
		if (err != nil || math.IsNaN(v) || math.IsInf(v, 0)) && r.err == nil {
			r.err = fmt.Errorf("%s: %q is not a number", key, text)
		}
		out[i] = v
	}
	return out
}
