package model

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Shuffler predicts rows again and again where one input's values are exchanged
// between them, as permutation importance does. It goes only where the answer
// can change: a row is scored again by those trees alone, and from that node on,
// that ask it for the input. The work of shuffling every input once is that of
// a few predictions, however many inputs there are. It is safe for concurrent
// use.
//
// Its memory is the encoded matrix and, a tree, 4 bytes a row and 4 a node.
type Shuffler struct {
	program *program
	x       *Matrix
	inputs  map[string]int // to the encoder's field
	columns [][]int        // of the matrix, a list a field
	raw     []float64      // scores of the rows as they are, outputs side by side
	whole   *Predictions
	places  [][]place // where trees ask for a field, a list a field
	parents [][]int32 // of every tree's nodes
	rows    [][]int32 // a tree: those that come to a node lie together
	share   float64   // that a leaf's values have in the score
}

// place is a node that asks for a field, and none above it does, and the part of
// its tree's rows that come to it.
type place struct{ tree, node, from, to int32 }

// NewShuffler scores the frame. It returns nil where the model is somebody
// else's code or a graph, which are not looked into.
func (m *Model) NewShuffler(frame *dataset.Frame) (*Shuffler, error) {
	if m.Remote != nil || m.Graph != nil {
		return nil, nil
	}
	p, err := m.ready()
	if err != nil {
		return nil, err
	}
	s := &Shuffler{program: p, share: 1, inputs: make(map[string]int), columns: make([][]int, len(m.Encoder.Fields))}
	if s.x, err = m.Encoder.Apply(frame); err != nil {
		return nil, err
	}
	for column, slot := range columnsOf(&m.Encoder) {
		s.columns[slot.field] = append(s.columns[slot.field], column)
	}
	for i := range m.Encoder.Fields {
		s.inputs[m.Encoder.Fields[i].Name] = i
	}
	if e := m.Ensemble; e != nil {
		if e.Average {
			s.share = 1 / float64(len(e.Trees))
		}
		s.places = make([][]place, len(m.Encoder.Fields))
		owner := columnsOf(&m.Encoder)
		for t := range e.Trees {
			s.find(int32(t), &e.Trees[t], owner)
		}
	}
	return s, s.score(frame)
}

// find notes the tree's parents, the places where it asks for each field, and
// the rows that come there.
//
// Only the first node on each path that asks for a field is a place: rows that
// are sent another way there are walked to the leaf from it, through whatever
// nodes below ask for the field too. Rows of a node are a range of one permuted
// list, as in growing a tree.
func (s *Shuffler) find(number int32, t *Tree, owner []slot) {
	parents, rows := make([]int32, len(t.Feature)), make([]int32, s.x.Rows)
	for i := range rows {
		rows[i] = int32(i)
	}
	right := make([]int32, len(rows)) // scratch
	parents[0] = -1
	open := []place{{number, 0, 0, int32(len(rows))}}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		f := t.Feature[at.node]
		if f < 0 {
			continue
		}
		field, first := owner[f].field, true
		for up := parents[at.node]; up >= 0 && first; up = parents[up] {
			first = owner[t.Feature[up]].field != field
		}
		if first {
			s.places[field] = append(s.places[field], at)
		}
		column, l, r := s.x.Columns[f], at.from, 0
		for _, row := range rows[at.from:at.to] {
			if t.goesLeft(at.node, column[row], s.program.model.Ensemble.Sets) {
				rows[l] = row // never ahead of the row read
				l++
			} else {
				right[r] = row
				r++
			}
		}
		copy(rows[l:at.to], right[:r])
		parents[t.Left[at.node]], parents[t.Right[at.node]] = at.node, at.node
		open = append(open, place{number, t.Left[at.node], at.from, l}, place{number, t.Right[at.node], l, at.to})
	}
	s.parents, s.rows = append(s.parents, parents), append(s.rows, rows)
}

// score keeps both the raw scores, which changes are added to, and the finished
// predictions. finish overwrites what it is given, so it gets a copy.
func (s *Shuffler) score(frame *dataset.Frame) error {
	sources, err := s.program.model.Encoder.bind(frame)
	if err != nil {
		return err
	}
	p := s.program
	s.whole, s.raw = p.predictions(frame.Rows), make([]float64, frame.Rows*p.outputs)
	p.each(frame.Rows, func(from, to int, w *scratch) {
		p.fill(sources, from, to, w.rows)
		p.engine.score(w.rows[:(to-from)*len(p.slots)], to-from, s.raw[from*p.outputs:to*p.outputs])
		for row := from; row < to; row++ {
			copy(w.acc, s.raw[row*p.outputs:(row+1)*p.outputs])
			s.finish(row, w.acc[:p.outputs], s.whole)
		}
	})
	return nil
}

// finish makes one row's prediction of its scores, which it changes.
func (s *Shuffler) finish(row int, scores []float64, out *Predictions) {
	s.program.finish(scores)
	if out.Value != nil {
		out.Value[row] = scores[0]
		return
	}
	copy(out.Proba[row*len(scores):], scores)
	out.Label[row] = s.program.label(scores)
}

// Whole returns the predictions of the rows as they are.
func (s *Shuffler) Whole() *Predictions { return s.whole }

// Use says how much of the model looks at an input, 0 where nothing does: of
// trees the shares of rows that its nodes would see if every split halved them, of
// a linear model the sizes of its weights.
func (s *Shuffler) Use(input string) float64 {
	field, ok := s.inputs[input]
	if !ok {
		return 0
	}
	use := 0.0
	if l := s.program.model.Linear; l != nil {
		for _, w := range l.Weights {
			for _, c := range s.columns[field] {
				use += math.Abs(w[c])
			}
		}
		return use
	}
	for _, at := range s.places[field] {
		seen := 1.0
		for up := s.parents[at.tree][at.node]; up >= 0; up = s.parents[at.tree][up] {
			seen /= 2
		}
		use += seen
	}
	return use
}

// Shuffle returns, for each order, the predictions where row i has the input's
// value of row order[i]. An input that the model does not
// use changes nothing. The error is always nil.
//
// Each order has a slice of differences as long as the raw scores; with many
// orders that is what takes memory. orders are permutations or any other
// indexes of rows.
func (s *Shuffler) Shuffle(input string, orders [][]int) ([]*Predictions, error) {
	changed := make([][]float64, len(orders)) // by which scores differ
	field, ok := s.inputs[input]
	for k := range changed {
		changed[k] = make([]float64, len(s.raw))
	}
	switch {
	case !ok:
	case s.program.model.Linear != nil:
		s.linear(field, orders, changed)
	default:
		for _, at := range s.places[field] {
			s.trees(field, at, orders, changed)
		}
	}
	out := make([]*Predictions, len(orders))
	for k := range out {
		out[k] = s.changed(changed[k])
	}
	return out, nil
}

// linear adds weight times difference of the column's two values: the score is
// linear, so nothing else has to be computed again.
func (s *Shuffler) linear(field int, orders [][]int, changed [][]float64) {
	weights := s.program.model.Linear.Weights
	for _, c := range s.columns[field] {
		column := s.x.Columns[c]
		for k, order := range orders {
			for row, from := range order {
				for o, w := range weights {
					changed[k][row*len(weights)+o] += w[c] * (column[from] - column[row])
				}
			}
		}
	}
}

// trees scores again the rows that come to a place.
//
// was is found once a row, not once an order. Most exchanged values end in the
// same leaf, and then nothing is added.
func (s *Shuffler) trees(field int, at place, orders [][]int, changed [][]float64) {
	t, owner := &s.program.model.Ensemble.Trees[at.tree], s.columns[field]
	first, last := int32(owner[0]), int32(owner[len(owner)-1]) // a field's columns lie side by side
	outputs := s.program.outputs
	for _, r := range s.rows[at.tree][at.from:at.to] {
		row := int(r)
		was := s.leaf(t, at.node, row, row, first, last)
		for k, order := range orders {
			is := s.leaf(t, at.node, row, order[row], first, last)
			if is == was {
				continue
			}
			to := changed[k][row*outputs : (row+1)*outputs]
			if t.Output >= 0 {
				to[t.Output] += s.share * (t.Leaf[is] - t.Leaf[was])
				continue
			}
			for o := range to {
				to[o] += s.share * (t.Leaf[int(is)+o] - t.Leaf[int(was)+o])
			}
		}
	}
}

// leaf returns where the leaf's values begin that a row comes to from a node,
// where columns first to last have another row's values.
func (s *Shuffler) leaf(t *Tree, n int32, row, other int, first, last int32) int32 {
	for t.Feature[n] >= 0 {
		f, from := t.Feature[n], row
		if f >= first && f <= last {
			from = other
		}
		if t.goesLeft(n, s.x.Columns[f][from], s.program.model.Ensemble.Sets) {
			n = t.Left[n]
		} else {
			n = t.Right[n]
		}
	}
	return t.Left[n]
}

// changed returns the predictions where scores differ by so much.
//
// Rows whose scores do not differ keep the prediction they had, which also
// keeps its bits.
func (s *Shuffler) changed(by []float64) *Predictions {
	outputs := s.program.outputs
	out := &Predictions{Classes: s.whole.Classes}
	out.Proba = append(out.Proba, s.whole.Proba...)
	out.Label = append(out.Label, s.whole.Label...)
	out.Value = append(out.Value, s.whole.Value...)
	scores := make([]float64, outputs)
	for row := range s.x.Rows {
		differs := false
		for o, d := range by[row*outputs : (row+1)*outputs] {
			scores[o] = s.raw[row*outputs+o] + d
			differs = differs || d != 0
		}
		if differs {
			s.finish(row, scores, out)
		}
	}
	return out
}
