package model

import (
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// program is a model compiled for scoring. It is immutable.
//
// It does not read the encoded matrix but slots: the encoded columns that the
// estimator really uses, a row's slots side by side. One-hot columns that no
// tree splits on cost nothing.
type program struct {
	model  *Model
	slots  []slot
	engine engine
	// outputs is the number of scores a row; link turns them into results.
	outputs int
	link    Link
	answers *answers // of a model whose server is asked; else nil
}

// engine computes raw scores: rows holds n rows of slots side by side, acc
// receives n rows of outputs. slot is the form in which it wants a value.
type engine interface {
	slot(v float64) uint64
	score(rows []uint64, n int, acc []float64)
}

// slot is one value that an engine reads.
type slot struct {
	field    int32
	category int32   // of a one-hot column; -1: the field's own value
	missing  float64 // stands for NaN
}

// compile checks the model and builds its program.
//
// The estimator's arrays are shared with the model, not copied: a model must
// not be changed after it was compiled.
func compile(m *Model) (*program, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	// The program keeps a copy: Prepare sets a field of the original.
	c := *m
	c.program = nil
	p := &program{model: &c, outputs: m.outputs()}
	columns := columnsOf(&m.Encoder)
	if m.Remote != nil {
		p.answers = newAnswers(m.Task, m.Signature.Labels)
		return p, nil
	}
	if m.Graph != nil {
		p.link, p.slots = Identity, columns
		var err error
		if p.engine, err = compileGraph(m); err != nil {
			return nil, fmt.Errorf("model: onnx: %w", err)
		}
		return p, nil
	}
	if m.Linear != nil {
		p.link, p.slots = m.Linear.Link, columns
		p.engine = &linearEngine{weights: m.Linear.Weights, intercept: m.Linear.Intercept, width: len(columns)}
		return p, nil
	}
	p.link = m.Ensemble.Link
	if len(m.Ensemble.Sets) > 0 {
		p.engine, p.slots = &setEngine{Ensemble: m.Ensemble, width: len(columns)}, columns
		return p, nil
	}
	p.engine, p.slots = compileForest(m.Ensemble, columns)
	return p, nil
}

// columnsOf returns a slot a matrix column.
func columnsOf(e *Encoder) []slot {
	out := make([]slot, 0, e.Width())
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.OneHot {
			out = append(out, slot{field: int32(i), category: -1, missing: math.NaN()})
			continue
		}
		for k := range f.width() {
			out = append(out, slot{field: int32(i), category: int32(k), missing: math.NaN()})
		}
	}
	return out
}

// fill writes the slots of rows from..to of the sources, row after row.
//
// It goes slot by slot, as one column's values lie together in the frame, and
// writes with a stride of the width. NaN is replaced here by what the slot
// says, so that trees need not ask for it; a linear model has none, as Check
// has made sure.
func (p *program) fill(sources []source, from, to int, rows []uint64) {
	width := len(p.slots)
	zero, one := p.engine.slot(0), p.engine.slot(1)
	for j, sl := range p.slots {
		src := &sources[sl.field]
		switch {
		case sl.category >= 0:
			for row, at := from, j; row < to; row, at = row+1, at+width {
				rows[at] = zero
				if src.category(row) == sl.category {
					rows[at] = one
				}
			}
		case src.field.coded():
			for row, at := from, j; row < to; row, at = row+1, at+width {
				rows[at] = p.engine.slot(float64(src.category(row)))
			}
		default:
			for row, at := from, j; row < to; row, at = row+1, at+width {
				v := src.field.number(src.floats[row])
				if math.IsNaN(v) {
					v = sl.missing
				}
				rows[at] = p.engine.slot(v)
			}
		}
	}
}

// finish applies the link to one row's scores in place: afterwards they are
// the positive class's probability, a probability a class, or the value.
func (p *program) finish(scores []float64) {
	switch p.link {
	case Logit:
		for i, s := range scores {
			scores[i] = sigmoid(s)
		}
	case Softmax:
		softmax(scores)
	case Identity:
	}
}

// label returns the predicted class of one row's finished scores: positive
// from 0.5 up, the first of the most probable classes, -1 for regression.
func (p *program) label(scores []float64) int32 {
	switch p.model.Task {
	case plan.Binary:
		if scores[0] >= 0.5 {
			return 1
		}
		return 0
	case plan.Multiclass:
		best := 0
		for k, v := range scores {
			if v > scores[best] {
				best = k
			}
		}
		return int32(best)
	default:
		return -1
	}
}

// sigmoid is 1 / (1 + exp(-x)) without overflow.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// softmax replaces scores by exp(score) / sum exp, without overflow.
func softmax(scores []float64) {
	top := math.Inf(-1)
	for _, s := range scores {
		top = math.Max(top, s)
	}
	sum := 0.0
	for i, s := range scores {
		scores[i] = math.Exp(s - top)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// linearEngine scores a linear model. The sum runs over columns in order and
// every product is rounded by itself, so that machines that could fuse the two
// give the same bits as those that could not.
type linearEngine struct {
	weights   [][]float64
	intercept []float64
	width     int
}

func (e *linearEngine) slot(v float64) uint64 { return math.Float64bits(v) }

// score adds up the intercept and the products for each row and output. The
// conversion to float64 around a product is what forbids the compiler to fuse
// it with the sum.
func (e *linearEngine) score(rows []uint64, n int, acc []float64) {
	outputs := len(e.intercept)
	for r := range n {
		row := rows[r*e.width : (r+1)*e.width]
		for k, w := range e.weights {
			sum := e.intercept[k]
			for j, v := range row {
				sum += float64(w[j] * math.Float64frombits(v))
			}
			acc[r*outputs+k] = sum
		}
	}
}
