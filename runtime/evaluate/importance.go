package evaluate

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Importance is how much the primary metric gets worse when one feature is
// shuffled (permutation importance): mean and standard deviation over repeats.
type Importance struct {
	Feature string  `json:"feature"`
	Mean    float64 `json:"mean"`
	Std     float64 `json:"std"`
}

// importance shuffles each feature in turn, as far as the budget goes. Features
// are independent, each with a random stream of its own, so the result does not
// depend on the workers. A feature that the model does not look at is 0 without
// being shuffled.
//
// The result is that of sklearn.inspection.permutation_importance, apart from
// the random numbers: the drop of the score of the shuffled data from the
// baseline, where a loss counts with its sign turned, so that a larger number
// is always a more important feature. Negative means are noise and stay as they
// are. Features beyond the budget are left out of the report: an importance of
// 0 would be a claim, and they were not measured.
//
// Each goroutine writes its own element of out, so no lock is needed.
func (e *evaluation) importance(ctx context.Context, r *Report) error {
	if _, ok := r.Metrics[PrimaryMetric(e.spec.Model.Task)]; !ok {
		return nil // undefined: there is nothing to lose
	}
	features, use, err := e.uses()
	if err != nil {
		return err
	}
	// Features that the model looks at most are measured first, in case the
	// budget does not cover all. The sort is stable, so equals keep the order
	// of the blueprint.
	used := slices.DeleteFunc(slices.Clone(features), func(f string) bool { return use(f) == 0 })
	slices.SortStableFunc(used, func(a, b string) int { return cmp.Compare(use(b), use(a)) })
	b := e.allowed(len(used))
	r.ImportanceBudget = b.unlessWhole(e.frame.Rows, len(used))
	frame, truth := e.sample(b.Rows)
	s, err := e.shuffler(frame)
	if err != nil {
		return err
	}
	baseline, err := e.score(truth, s.Whole())
	if err != nil {
		return nil //nolint:nilerr // undefined on the sample: there is nothing to lose
	}
	out := make([]Importance, b.Features)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(e.spec.Workers, runtime.GOMAXPROCS(0)))
	var done atomic.Int64
	for i, feature := range used[:b.Features] {
		group.Go(func() error {
			defer crash.Guard()
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			out[i], err = e.shuffled(s, truth, feature, baseline, b.Repeats)
			e.tell(int(done.Add(1)), b.Features)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, f := range features {
		if use(f) == 0 {
			out = append(out, Importance{Feature: f})
		}
	}
	at := make(map[string]int, len(features))
	for i, f := range features {
		at[f] = i
	}
	slices.SortFunc(out, func(a, b Importance) int {
		return cmp.Or(cmp.Compare(b.Mean, a.Mean), cmp.Compare(at[a.Feature], at[b.Feature]))
	})
	r.Importance = out
	return nil
}

// sample takes so many rows from all over the frame.
//
// Rows are taken at equal distances rather than at random: that needs no seed,
// and a frame sorted by time or class is still covered from end to end. The
// truth is picked by the same rows.
func (e *evaluation) sample(n int) (*dataset.Frame, []float64) {
	if n >= e.frame.Rows {
		return e.frame, e.truth
	}
	rows, truth := make([]int, n), make([]float64, n)
	for i := range rows {
		rows[i] = i * e.frame.Rows / n
		truth[i] = e.truth[rows[i]]
	}
	return e.frame.Select(rows), truth
}

// shuffled measures one feature.
//
// All orders are drawn before the first prediction, from a stream that the
// feature's name seeds: what is drawn does not depend on which features are
// measured, or in which order. The standard deviation is that of the population
// (numpy's default), over the repeats.
func (e *evaluation) shuffled(s shuffler, truth []float64, feature string, baseline float64,
	repeats int) (Importance, error) {
	rng := e.random("importance", feature)
	orders := make([][]int, repeats)
	for k := range orders {
		orders[k] = rng.Perm(len(truth))
	}
	predictions, err := s.Shuffle(feature, orders)
	if err != nil {
		return Importance{}, err
	}
	drops, mean := make([]float64, repeats), 0.0
	for k, pred := range predictions {
		v, err := e.score(truth, pred)
		if err != nil {
			return Importance{}, err
		}
		drops[k] = baseline - v
		if !GreaterIsBetter(PrimaryMetric(e.spec.Model.Task)) {
			drops[k] = -drops[k]
		}
		mean += drops[k] / float64(repeats)
	}
	variance := 0.0
	for _, d := range drops {
		variance += (d - mean) * (d - mean) / float64(repeats)
	}
	return Importance{Feature: feature, Mean: mean, Std: math.Sqrt(variance)}, nil
}
