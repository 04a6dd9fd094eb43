package evaluate

import (
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// shuffler predicts rows where one feature's values are exchanged between them.
type shuffler interface {
	Whole() *model.Predictions
	// Shuffle returns a prediction an order: row i has the value of row order[i].
	Shuffle(feature string, orders [][]int) ([]*model.Predictions, error)
}

// ownShuffler is a Predictor that scores again only what shuffling changes.
//
// model.Model implements it: most features occur in few trees, and only those
// have to be scored again.
type ownShuffler interface {
	NewShuffler(*dataset.Frame) (*model.Shuffler, error)
}

// own returns the predictor's own shuffler over the frame, nil where it has none.
//
// Each caller asks for one of its own, as a shuffler belongs to the rows it was
// made of. The concrete type is returned, so that nil can be told apart from an
// interface that holds nil.
func (e *evaluation) own(frame *dataset.Frame) (*model.Shuffler, error) {
	if p, ok := e.p.(ownShuffler); ok {
		return p.NewShuffler(frame)
	}
	return nil, nil
}

// shuffler returns the predictor's own shuffler, or one that predicts all rows
// again for each order. Both give the same predictions; only the time differs.
// It is used by several goroutines at once.
func (e *evaluation) shuffler(frame *dataset.Frame) (shuffler, error) {
	if own, err := e.own(frame); own != nil || err != nil {
		return own, err
	}
	whole, err := e.p.Predict(frame)
	return &again{e.p, frame, whole}, err
}

// uses returns the model's features and how much it looks at each of them. Where
// nobody can tell, it is the same for all that the data has.
//
// The use of a feature orders and filters features and is never shown, so it
// need not be comparable between kinds of models.
func (e *evaluation) uses() ([]string, func(string) float64, error) {
	features := e.spec.Model.Features
	own, err := e.own(e.frame.Select([]int{0}))
	if err != nil {
		return nil, nil, err
	}
	if own != nil {
		return features, own.Use, nil
	}
	return features, func(f string) float64 {
		if e.frame.Column(f) == nil {
			return 0 // an optional column that is absent
		}
		return 1
	}, nil
}

// again is a shuffler that predicts everything again.
type again struct {
	p     Predictor
	frame *dataset.Frame
	whole *model.Predictions
}

func (a *again) Whole() *model.Predictions { return a.whole }

// The frame is not changed: the columns are a copied slice of which one element
// is replaced, so several goroutines may shuffle different features of one
// frame at once. The feature is in the frame, since uses leaves out those that
// are not.
func (a *again) Shuffle(feature string, orders [][]int) ([]*model.Predictions, error) {
	at := slices.IndexFunc(a.frame.Columns, func(c dataset.Column) bool { return c.Name == feature })
	copied := &dataset.Frame{Rows: a.frame.Rows, Columns: slices.Clone(a.frame.Columns)}
	// Select is run on the one column that changes, not on the frame.
	one := dataset.Frame{Rows: a.frame.Rows, Columns: a.frame.Columns[at : at+1]}
	out := make([]*model.Predictions, len(orders))
	for k, order := range orders {
		copied.Columns[at] = one.Select(order).Columns[0]
		var err error
		if out[k], err = a.p.Predict(copied); err != nil {
			return nil, err
		}
	}
	return out, nil
}
