// Package native reads models that XGBoost and LightGBM have trained into the
// runtime's own form, so that a model from somebody's Python is scored by the
// same compiled trees as a built-in one, with no Python beside it.
//
// Thresholds are carried over exactly, rows on a threshold included: XGBoost
// compares 32-bit numbers with <, the runtime 64-bit ones with <=, and every
// split has a 64-bit bound that parts the numbers just as XGBoost does. Splits by
// categories become sets of such bounds. Leaves
// are summed in 64 bits, so scores differ from XGBoost's own by rounding only.
package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// MaxBytes bounds a model's file.
const MaxBytes = 512 << 20

// Imported is a model as its file has it: trees over columns of numbers, with
// nothing said of how rows become such columns.
type Imported struct {
	Ensemble  *model.Ensemble
	Graph     *model.Graph // of ONNX, instead of trees
	Features  []string     // names of the columns; nil where the file has none
	Width     int          // number of columns
	Objective string       // by the library's name
	Task      plan.Task    // that the objective is for
}

// flavors is the list that a new format is added to.
var flavors = map[string]func([]byte) (*Imported, error){plan.XGBoost: readXGBoost, plan.LightGBM: readLightGBM,
	plan.ONNX: readONNX}

// Decode reads a model of the flavor: plan.XGBoost for Booster.save_model,
// plan.LightGBM for Booster.save_model, plan.ONNX for a ModelProto. What the runtime cannot score
// just as the library does is refused by name.
func Decode(flavor string, r io.Reader) (*Imported, error) {
	read, ok := flavors[flavor]
	if !ok {
		return nil, fmt.Errorf("%q is not a format that the runtime scores natively", flavor)
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%s model: more than %d bytes", flavor, MaxBytes)
	}
	if flavor != plan.ONNX {
		b = bytes.TrimSpace(b)
	}
	m, err := read(b)
	if err != nil {
		return nil, fmt.Errorf("%s model: %w", flavor, err)
	}
	return m, nil
}

// Model joins the trees with the preprocessing whose columns they were trained
// on. Where the file names its columns, they must be the encoder's, in any
// order; where it does not, their number must be. See columns.
//
// The imported trees are not changed, so one import may be joined with several
// encoders.
func (m *Imported) Model(name string, task plan.Task, sig model.Signature, enc model.Encoder) (*model.Model, error) {
	if m.Graph != nil {
		return m.graphModel(name, task, sig, enc)
	}
	outputs := 1
	if task == plan.Multiclass {
		outputs = len(sig.Labels)
	}
	switch {
	case m.Task != task:
		return nil, fmt.Errorf("its objective %s is for a %s task, and the blueprint's is %s",
			m.Objective, m.Task, task)
	case m.Ensemble.Outputs != outputs:
		return nil, fmt.Errorf("it tells %d classes apart, and the data has %d", m.Ensemble.Outputs, outputs)
	}
	columns, err := m.columns(&enc)
	if err != nil {
		return nil, err
	}
	e := *m.Ensemble // its sets are shared, as nobody changes them
	e.Trees = slices.Clone(e.Trees)
	for i := range e.Trees {
		t := &e.Trees[i]
		t.Feature = slices.Clone(t.Feature)
		for n, f := range t.Feature {
			if f >= 0 {
				t.Feature[n] = columns[f]
			}
		}
	}
	out := &model.Model{Name: name, Task: task, Algorithm: plan.Custom, Params: plan.Params{}, Signature: sig,
		Encoder: enc, Ensemble: &e}
	return out, out.Prepare()
}

// drawn is one tree as a file has it: nodes in any order, the root at 0.
type drawn struct {
	feature     []int32
	threshold   []float64 // of the runtime: left where value <= it
	missingLeft []bool
	left, right []int32 // children; of a leaf both are -1
	value       []float64
	cover       []float64 // nil where the file has none
	set         []int32   // the ensemble's set that a node splits by, -1 where by threshold; nil: all by threshold
}

var errNoTree = errors.New("its nodes do not form a tree")

// tree puts the nodes in an order in which each comes after its parent.
//
// The walk is breadth first from the root. A node that is reached twice, or a
// child that is outside, is an error; nodes that are never reached are left
// out.
func (d *drawn) tree(output int32) (model.Tree, error) {
	t := model.Tree{Output: output}
	n := len(d.left)
	seen := make([]bool, n)
	if n == 0 {
		return t, errNoTree
	}
	order := make([]int32, 1, n)
	place := make([]int32, n)
	seen[0] = true
	for at := 0; at < len(order); at++ {
		i := order[at]
		if d.left[i] == -1 && d.right[i] == -1 {
			continue
		}
		for _, child := range []int32{d.left[i], d.right[i]} {
			if child < 0 || int(child) >= n || seen[child] {
				return t, errNoTree
			}
			seen[child] = true
			place[child] = int32(len(order))
			order = append(order, child)
		}
	}
	for _, i := range order {
		if d.cover != nil {
			t.Cover = append(t.Cover, d.cover[i])
		}
		if d.set != nil {
			t.Set = append(t.Set, d.set[i])
		}
		if d.left[i] == -1 {
			t.Feature, t.Threshold, t.MissingLeft = append(t.Feature, -1), append(t.Threshold, 0),
				append(t.MissingLeft, false)
			t.Left, t.Right = append(t.Left, int32(len(t.Leaf))), append(t.Right, 0)
			t.Leaf = append(t.Leaf, d.value[i])
			continue
		}
		t.Feature, t.Threshold, t.MissingLeft = append(t.Feature, d.feature[i]), append(t.Threshold, d.threshold[i]),
			append(t.MissingLeft, d.missingLeft[i])
		t.Left, t.Right = append(t.Left, place[d.left[i]]), append(t.Right, place[d.right[i]])
	}
	return t, nil
}
