package evaluate

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

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

const (
	importanceRepeats = 5
	importanceRows    = 20000 // of the test part, at most: enough for two digits
)

// importance shuffles each feature in turn. Features are independent, each with
// a random stream of its own, so the result does not depend on the workers.
func (e *evaluation) importance(ctx context.Context, r *Report) error {
	name := PrimaryMetric(e.spec.Model.Task)
	if _, ok := r.Metrics[name]; !ok {
		return nil // undefined: there is nothing to lose
	}
	frame, truth := e.frame, e.truth
	if frame.Rows > importanceRows {
		rows := make([]int, importanceRows)
		for i := range rows {
			rows[i] = i * frame.Rows / importanceRows
		}
		frame, truth = frame.Select(rows), pick(truth, rows)
	}
	whole, err := e.p.Predict(frame)
	if err != nil {
		return err
	}
	baseline, err := Score(name, e.spec.Model.Task, truth, whole)
	if err != nil {
		return nil //nolint:nilerr // undefined on the sample: there is nothing to lose
	}
	out := make([]Importance, len(e.spec.Model.Features))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(e.spec.Workers, runtime.GOMAXPROCS(0)))
	for i, feature := range e.spec.Model.Features {
		group.Go(func() error {
			defer crash.Guard()
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			out[i], err = e.shuffled(frame, truth, feature, baseline)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	slices.SortStableFunc(out, func(a, b Importance) int { return cmp.Compare(b.Mean, a.Mean) })
	r.Importance = out
	return nil
}

func pick(v []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}

// shuffled measures one feature.
func (e *evaluation) shuffled(frame *dataset.Frame, truth []float64, feature string, baseline float64) (Importance, error) {
	name := PrimaryMetric(e.spec.Model.Task)
	at := slices.IndexFunc(frame.Columns, func(c dataset.Column) bool { return c.Name == feature })
	if at < 0 {
		return Importance{Feature: feature}, nil // an optional column that is absent
	}
	copied := &dataset.Frame{Rows: frame.Rows, Columns: slices.Clone(frame.Columns)}
	rng := e.random("importance", feature)
	var drops [importanceRepeats]float64
	mean := 0.0
	for k := range drops {
		order := rng.Perm(frame.Rows)
		one := dataset.Frame{Rows: frame.Rows, Columns: frame.Columns[at : at+1]}
		copied.Columns[at] = one.Select(order).Columns[0]
		pred, err := e.p.Predict(copied)
		if err != nil {
			return Importance{}, err
		}
		v, err := Score(name, e.spec.Model.Task, truth, pred)
		if err != nil {
			return Importance{}, err
		}
		drops[k] = baseline - v
		if !GreaterIsBetter(name) {
			drops[k] = -drops[k]
		}
		mean += drops[k] / importanceRepeats
	}
	variance := 0.0
	for _, d := range drops {
		variance += (d - mean) * (d - mean) / importanceRepeats
	}
	return Importance{Feature: feature, Mean: mean, Std: math.Sqrt(variance)}, nil
}
