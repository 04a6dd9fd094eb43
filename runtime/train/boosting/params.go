package boosting

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/setting"
)

// autoRows is the number of rows above which early_stopping "auto" stops early,
// as in scikit-learn.
const autoRows = 10_000

// params are the settings after checking. A zero depth or number of leaves
// stands for no limit, since Go's zero value is what an absent setting gives.
type params struct {
	iterations int
	rate       float64
	leaves     int // 0 for no limit
	depth      int // 0 for no limit
	minLeaf    int
	l2         float64
	bins       int
	balanced   bool

	early      bool
	patience   int
	tol        float64
	validation float64 // 0: watch the training loss
}

// readParams reads all settings before it reports, so that the error names
// every bad value. max_leaf_nodes has its default of 31 only where max_depth is
// not given: a depth alone is meant as the limit.
func readParams(given plan.Params, rows int) (params, error) {
	r := setting.Read(given)
	p := params{
		iterations: r.Int("max_iter", 100, 1),
		rate:       r.Float("learning_rate", 0.1, math.SmallestNonzeroFloat64, 1e6),
		depth:      r.Int("max_depth", 0, 1),
		minLeaf:    r.Int("min_samples_leaf", 20, 1),
		l2:         r.Float("l2_regularization", 0, 0, math.MaxFloat64),
		bins:       r.Int("max_bins", histogram.MaxBins, 2),
		balanced:   r.Choice("class_weight", "", "balanced") == "balanced",
		patience:   r.Int("n_iter_no_change", 10, 1),
		tol:        r.Float("tol", 1e-7, 0, math.MaxFloat64),
	}
	if p.bins > histogram.MaxBins {
		r.Problem("max_bins", "2 to 255")
	}
	leaves := 31
	if r.Null("max_leaf_nodes") || p.depth > 0 {
		leaves = 0
	}
	p.leaves = r.Int("max_leaf_nodes", leaves, 2)
	if given.Text("early_stopping", "") == "auto" {
		p.early = rows > autoRows
	} else {
		p.early = r.Bool("early_stopping", false)
	}
	if !r.Null("validation_fraction") {
		p.validation = r.Float("validation_fraction", 0.1, 0, 0.9)
	}
	return p, r.Err()
}
