package evaluate

import (
	"cmp"
	"context"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// At most contributionRows rows are explained, and fewer of large models, so that
// it takes about a second; but enough for a mean.
const (
	contributionRows  = 500
	contributionLeast = 50
	contributionNodes = 5_000_000 // of trees, that are visited in all
)

// explainedRows is how many rows of a model are explained.
func explainedRows(m *model.Model) int {
	nodes := 1
	if m.Ensemble != nil {
		for i := range m.Ensemble.Trees {
			nodes += len(m.Ensemble.Trees[i].Feature)
		}
	}
	return min(contributionRows, max(contributionLeast, contributionNodes/nodes))
}

// Contributions are how far each feature moves the scores of rows, by the same
// Shapley values that a request with "explain" is answered.
type Contributions struct {
	Rows int `json:"rows"` // spread evenly over the test part
	// Features are in the order of Mean, the greatest first.
	Features []Contribution `json:"features"`
}

// Contribution is one feature's.
type Contribution struct {
	Feature string  `json:"feature"`
	Mean    float64 `json:"mean"` // size of its contribution, in the units of the margin
}

// contributions fills the report, where the model can be explained.
func (e *evaluation) contributions(ctx context.Context, r *Report) error {
	m, ok := e.p.(*model.Model)
	if !ok || e.frame.Rows == 0 {
		return nil
	}
	explainer, err := explain.New(m)
	if err != nil {
		return nil // a server, a graph, or a file without counts: there is nothing to show
	}
	rows := make([]int, min(explainedRows(m), e.frame.Rows))
	for i := range rows {
		rows[i] = i * e.frame.Rows / len(rows)
	}
	x, err := m.Encoder.Apply(e.frame.Select(rows))
	if err != nil {
		return err
	}
	means, err := explainer.Global(ctx, x)
	if err != nil {
		return err
	}
	r.Contributions = &Contributions{Rows: len(rows)}
	for i, mean := range means {
		r.Contributions.Features = append(r.Contributions.Features, Contribution{m.Signature.Inputs[i].Name, mean})
	}
	slices.SortStableFunc(r.Contributions.Features, func(a, b Contribution) int { return cmp.Compare(b.Mean, a.Mean) })
	return nil
}
