package forest

import (
	"math"
	"math/rand/v2"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/setting"
)

// params are the settings after checking, with shares turned into numbers of
// rows and features.
type params struct {
	trees     int
	entropy   bool
	depth     int // 0 for no limit
	leaves    int // 0 for no limit
	minSplit  int
	minLeaf   int
	features  int // drawn at each split
	least     float64
	bootstrap bool
	samples   int // rows drawn for a tree
	balance   string
}

// readParams reads all settings before it reports, so that the error names
// every bad value. Shares of rows are of all training rows, not of those that a
// tree draws.
func readParams(given plan.Params, task plan.Task, rows, features int) (params, error) {
	r := setting.Read(given)
	p := params{
		trees:     r.Int("n_estimators", 100, 1),
		depth:     r.Int("max_depth", 0, 1),
		leaves:    r.Int("max_leaf_nodes", 0, 2),
		minSplit:  r.Count("min_samples_split", 2, 2, rows),
		minLeaf:   r.Count("min_samples_leaf", 1, 1, rows),
		features:  maxFeatures(r, given, task, features),
		least:     r.Float("min_impurity_decrease", 0, 0, math.MaxFloat64),
		bootstrap: r.Bool("bootstrap", true),
		samples:   rows,
	}
	if task == plan.Regression {
		r.Choice("criterion", "squared_error", "squared_error")
		if r.Has("class_weight") {
			r.Problem("class_weight", "nothing, for a regression has no classes")
		}
	} else {
		p.entropy = r.Choice("criterion", "gini", "gini", "entropy", "log_loss") != "gini"
		p.balance = r.Choice("class_weight", "", "balanced", "balanced_subsample")
	}
	// A number up to 1 is a share of the rows and above it their number, since
	// JSON does not tell 1 from 1.0.
	if share := r.Float("max_samples", 1, math.SmallestNonzeroFloat64, float64(rows)); share > 1 {
		p.samples = r.Int("max_samples", rows, 1)
	} else {
		p.samples = max(1, int(math.Round(share*float64(rows))))
	}
	return p, r.Err()
}

// maxFeatures returns how many features a split looks at. A number up to 1 is a
// share, for JSON does not tell 1 from 1.0.
//
// A nil means all features and differs from an absent setting, which has the
// task's default. At least one feature is always looked at.
func maxFeatures(r *setting.Reader, given plan.Params, task plan.Task, features int) int {
	const name = "max_features"
	switch choice := given.Text(name, ""); {
	case choice == "sqrt", !r.Has(name) && !r.Null(name) && task != plan.Regression:
		return max(1, int(math.Sqrt(float64(features))))
	case choice == "log2":
		return max(1, int(math.Log2(float64(features))))
	case !r.Has(name):
		return features
	case choice != "":
		r.Problem(name, `"sqrt", "log2", a share up to 1 or a number of features`)
		return features
	}
	v := r.Float(name, 1, math.SmallestNonzeroFloat64, math.MaxInt32)
	if v <= 1 {
		return max(1, int(v*float64(features)))
	}
	return min(r.Int(name, features, 1), features)
}

// stream returns the random numbers of one tree. Seed and number are scrambled
// first (SplitMix64), so that neighbouring trees share nothing.
func stream(seed, tree uint64) *rand.Rand {
	mix := func(v uint64) uint64 {
		v += 0x9e3779b97f4a7c15
		v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
		v = (v ^ v>>27) * 0x94d049bb133111eb
		return v ^ v>>31
	}
	a := mix(seed ^ mix(tree))
	return rand.New(rand.NewPCG(a, mix(a)))
}
