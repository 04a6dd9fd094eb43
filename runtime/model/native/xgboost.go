package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// xgboost is XGBoost's JSON as far as scoring needs it. Numbers may be written as
// texts.
type xgboost struct {
	Learner struct {
		Attributes      map[string]string `json:"attributes"`
		FeatureNames    []string          `json:"feature_names"`
		GradientBooster struct {
			Name  string       `json:"name"`
			Model xgboostTrees `json:"model"`
			// DART has its trees one level down, and for each what is left of its weight.
			Tree struct {
				Model xgboostTrees `json:"model"`
			} `json:"gbtree"`
			Weights []float32 `json:"weight_drop"`
		} `json:"gradient_booster"`
		Param struct {
			BaseScore json.RawMessage `json:"base_score"`
			Classes   number          `json:"num_class"`
			Features  number          `json:"num_feature"`
			Targets   number          `json:"num_target"`
		} `json:"learner_model_param"`
		Objective struct {
			Name string `json:"name"`
		} `json:"objective"`
	} `json:"learner"`
}

// xgboostTrees are the trees and the output of each.
type xgboostTrees struct {
	Param struct {
		Parallel number `json:"num_parallel_tree"`
	} `json:"gbtree_model_param"`
	TreeInfo []int32       `json:"tree_info"`
	Trees    []xgboostTree `json:"trees"`
}

// xgboostTree is one tree in parallel arrays by node. Conditions hold
// thresholds at branches and values at leaves. XGBoost computes in 32 bits, so
// they are decoded as such: rounding twice could move a threshold.
type xgboostTree struct {
	DefaultLeft []flag    `json:"default_left"`
	Left        []int32   `json:"left_children"`
	Right       []int32   `json:"right_children"`
	Conditions  []float32 `json:"split_conditions"`
	Indices     []int32   `json:"split_indices"`
	Types       []int     `json:"split_type"`
	Hessians    []float32 `json:"sum_hessian"`
	// Splits by categories: their nodes, and where in Categories the categories of
	// each begin and how many there are.
	Categories []int32 `json:"categories"`
	SetNodes   []int32 `json:"categories_nodes"`
	SetStarts  []int32 `json:"categories_segments"`
	SetSizes   []int32 `json:"categories_sizes"`
	Param      struct {
		LeafVector number `json:"size_leaf_vector"`
	} `json:"tree_param"`
}

// number is a whole number, also one in quotes.
type number int

// UnmarshalJSON reads both ways of writing.
func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.Atoi(strings.Trim(string(b), `"`))
	*n = number(v)
	return err
}

// flag is true, false, 1 or 0.
type flag bool

// UnmarshalJSON reads both ways of writing.
func (f *flag) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseBool(string(b))
	*f = flag(v)
	return err
}

// xgboostTasks are the objectives whose scores the runtime's links give.
var xgboostTasks = map[string]plan.Task{
	"binary:logistic": plan.Binary, "multi:softprob": plan.Multiclass, "multi:softmax": plan.Multiclass,
	"reg:squarederror": plan.Regression, "reg:absoluteerror": plan.Regression, "reg:pseudohubererror": plan.Regression,
	"reg:quantileerror": plan.Regression, "reg:linear": plan.Regression,
}

// most bounds the classes and columns that a file may claim.
const most = 1 << 20

// readXGBoost reads what save_model writes: JSON, or UBJSON where the file's name
// does not end in .json. Objectives whose link the runtime lacks, such as
// Poisson's, are refused.
func readXGBoost(b []byte) (*Imported, error) {
	if !bytes.HasPrefix(b, []byte("{")) {
		return nil, errors.New(`it is neither JSON nor UBJSON: save it with save_model("model.json")`)
	}
	x, err := decodeXGBoost(b)
	if err != nil {
		return nil, err
	}
	l := &x.Learner
	task, ok := xgboostTasks[l.Objective.Name]
	booster := &l.GradientBooster
	switch {
	case !ok:
		return nil, fmt.Errorf("objective %q is not one that the runtime scores; serve it as a pyfunc",
			l.Objective.Name)
	case booster.Name != "gbtree" && booster.Name != "dart":
		return nil, fmt.Errorf("booster %q is neither gbtree nor dart; serve it as a pyfunc", booster.Name)
	case booster.Name == "dart" && len(booster.Weights) != len(booster.Tree.Model.Trees):
		return nil, fmt.Errorf("%d weights of %d trees", len(booster.Weights), len(booster.Tree.Model.Trees))
	case l.Param.Targets > 1:
		return nil, fmt.Errorf("it predicts %d targets at once; serve it as a pyfunc", l.Param.Targets)
	case l.Param.Features < 1 || l.Param.Features > most || l.Param.Classes < 0 || l.Param.Classes > most:
		return nil, fmt.Errorf("%d features and %d classes", l.Param.Features, l.Param.Classes)
	case len(x.forest().TreeInfo) != len(x.forest().Trees):
		return nil, fmt.Errorf("%d trees, of which %d have an output", len(x.forest().Trees), len(x.forest().TreeInfo))
	case len(l.FeatureNames) > 0 && len(l.FeatureNames) != int(l.Param.Features):
		return nil, fmt.Errorf("%d names of %d features", len(l.FeatureNames), l.Param.Features)
	}
	e := &model.Ensemble{Outputs: 1, Link: map[plan.Task]model.Link{plan.Binary: model.Logit,
		plan.Multiclass: model.Softmax, plan.Regression: model.Identity}[task]}
	if task == plan.Multiclass {
		e.Outputs = int(l.Param.Classes)
	}
	if e.Base, err = baseScores(l.Param.BaseScore, task, e.Outputs); err != nil {
		return nil, err
	}
	if err := x.trees(e); err != nil {
		return nil, err
	}
	return &Imported{Ensemble: e, Features: l.FeatureNames, Width: int(l.Param.Features),
		Objective: l.Objective.Name, Task: task}, nil
}

// trees adds the trees, those up to the best iteration where early stopping has
// found one, as XGBoost's scikit-learn interface predicts.
//
// An iteration has one tree an output times the parallel trees of a boosted
// forest. The product cannot overflow, since each factor is bounded by most.
func (x *xgboost) trees(e *model.Ensemble) error {
	m := x.forest()
	last := len(m.Trees)
	if text, ok := x.Learner.Attributes["best_iteration"]; ok {
		best, err := strconv.Atoi(text)
		if err != nil || best < 0 || best > most {
			return fmt.Errorf("best_iteration %q", text)
		}
		last = min(last, (best+1)*e.Outputs*max(1, min(int(m.Param.Parallel), most)))
	}
	for i := range m.Trees[:last] {
		if m.TreeInfo[i] < 0 || int(m.TreeInfo[i]) >= e.Outputs {
			return fmt.Errorf("tree %d: output %d of %d", i, m.TreeInfo[i], e.Outputs)
		}
		d, err := m.Trees[i].drawn(int(x.Learner.Param.Features), e)
		if err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
		if x.Learner.GradientBooster.Name == "dart" {
			w := float64(x.Learner.GradientBooster.Weights[i])
			for k := range d.value {
				d.value[k] *= w
			}
		}
		t, err := d.tree(m.TreeInfo[i])
		if err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
		e.Trees = append(e.Trees, t)
	}
	withoutCovers(e)
	withSets(e)
	return nil
}

// forest is where the booster has its trees.
func (x *xgboost) forest() *xgboostTrees {
	if x.Learner.GradientBooster.Name == "dart" {
		return &x.Learner.GradientBooster.Tree.Model
	}
	return &x.Learner.GradientBooster.Model
}

// drawn reads one tree, whose splits by categories become sets of the ensemble.
// The slices of the file are used as they are.
func (t *xgboostTree) drawn(width int, e *model.Ensemble) (*drawn, error) {
	n := len(t.Left)
	if len(t.Right) != n || len(t.Conditions) != n || len(t.Indices) != n || len(t.DefaultLeft) != n {
		return nil, errNoTree
	}
	if t.Param.LeafVector > 1 {
		return nil, errors.New("its leaves hold several outputs; train with multi_strategy one_output_per_tree")
	}
	d := &drawn{left: t.Left, right: t.Right, feature: t.Indices, threshold: make([]float64, n),
		missingLeft: make([]bool, n), value: make([]float64, n), cover: covers(t.Hessians, n)}
	if err := t.addSets(d, e); err != nil {
		return nil, err
	}
	for i := range n {
		bySet := d.set != nil && d.set[i] >= 0
		if i < len(t.Types) && (t.Types[i] != 0) != bySet {
			return nil, fmt.Errorf("node %d: its type of split and its categories do not agree", i)
		}
		d.value[i], d.missingLeft[i] = float64(t.Conditions[i]), bool(t.DefaultLeft[i])
		if t.Left[i] == -1 {
			continue
		}
		if t.Indices[i] < 0 || int(t.Indices[i]) >= width {
			return nil, fmt.Errorf("node %d: feature %d of %d", i, t.Indices[i], width)
		}
		if bySet {
			continue
		}
		d.threshold[i] = below(t.Conditions[i])
		if math.IsInf(d.threshold[i], 0) || math.IsNaN(d.threshold[i]) {
			return nil, fmt.Errorf("node %d: threshold %g", i, t.Conditions[i])
		}
	}
	return d, nil
}

// below is the greatest 64-bit number that, rounded to 32 bits, is less than
// the condition. It is the middle between the condition and the number before
// it, or what comes just before that where the middle rounds up.
//
// Rows reach the runtime as 64-bit numbers, of which XGBoost sees the nearest
// 32-bit one; "rounded is less than the condition" is the test that it makes.
func below(condition float32) float64 {
	middle := (float64(math.Nextafter32(condition, float32(math.Inf(-1)))) + float64(condition)) / 2
	if float32(middle) < condition {
		return middle
	}
	return math.Nextafter(middle, math.Inf(-1))
}

// baseScores reads "5E-1", 0.5 or "[5E-1,1E0]". Of a binary task it is a
// probability.
//
// Newer versions write a list with a score for each output, older ones a single
// number for all. It is stored in the scale of the prediction, which for a
// binary task is a probability, and the runtime adds log odds.
func baseScores(raw json.RawMessage, task plan.Task, outputs int) ([]float64, error) {
	text := strings.Trim(string(raw), `"[] `)
	parts := strings.Split(text, ",")
	if len(parts) != 1 && len(parts) != outputs || outputs < 1 {
		return nil, fmt.Errorf("%d base scores for %d outputs", len(parts), outputs)
	}
	out := make([]float64, outputs)
	for i := range out {
		v, err := strconv.ParseFloat(strings.TrimSpace(parts[min(i, len(parts)-1)]), 32)
		if err != nil {
			return nil, fmt.Errorf("base_score %s", raw)
		}
		if task == plan.Binary {
			if v <= 0 || v >= 1 {
				return nil, fmt.Errorf("base_score %g is not a probability", v)
			}
			v = math.Log(v / (1 - v))
		}
		out[i] = v
	}
	return out, nil
}
