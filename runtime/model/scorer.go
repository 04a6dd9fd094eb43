package model

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Scorer scores one row at a time without allocating. Its results equal
// Predict's bit for bit. It is for one goroutine at a time; keep one a worker.
type Scorer struct {
	program *program
	values  []float64 // encoded value of each input
	codes   []int32   // category of each coded input
	missing []int32   // category that a missing value takes
	row     []uint64
	acc     []float64
	proba   []float64
	remote  *remoteScorer // of a model whose server is asked; else nil
	staged  int           // rows that are scored together
	rows    []uint64      // their slots
	accs    []float64     // and their scores
}

// Score is one row's result.
type Score struct {
	Label       int32     // index into Signature.Labels; -1 for regression
	Class       string    // Signature.Labels[Label]; "" for regression
	Probability float64   // binary: of the positive class; multiclass: of Class; 0 for regression
	Proba       []float64 // one a label; the scorer's own, valid until the next Score
	Value       float64   // regression only
}

// NewScorer returns a scorer with all inputs missing. It returns nil for a
// model that Prepare would refuse; fitted and decoded models never are.
func (m *Model) NewScorer() *Scorer {
	p, err := m.ready()
	if err != nil {
		return nil
	}
	n := len(m.Encoder.Fields)
	s := &Scorer{
		program: p,
		values:  make([]float64, n),
		codes:   make([]int32, n),
		missing: make([]int32, n),
		row:     make([]uint64, len(p.slots)),
		acc:     make([]float64, p.outputs),
		proba:   make([]float64, len(m.Signature.Labels)),
	}
	for i := range m.Encoder.Fields {
		if f := &p.model.Encoder.Fields[i]; f.coded() {
			s.missing[i] = f.missing()
		}
	}
	if m.Remote != nil {
		s.remote = &remoteScorer{names: m.inputNames(), row: make([]any, n)}
	}
	s.Reset()
	return s
}

// Reset makes every input missing.
func (s *Scorer) Reset() {
	for i := range s.values {
		s.SetMissing(i)
	}
}

// SetFloat sets input i of the signature, a number, integer, boolean (0 or 1)
// or timestamp (seconds since 1970). It reports whether the input takes one.
func (s *Scorer) SetFloat(i int, v float64) bool {
	f := s.field(i)
	if f == nil || f.coded() {
		return false
	}
	s.values[i] = f.number(v)
	if s.remote != nil {
		s.remote.row[i] = asSent(f, v)
	}
	return true
}

// SetText sets input i of the signature, a category or text. It reports
// whether the input takes one.
func (s *Scorer) SetText(i int, v string) bool {
	f := s.field(i)
	if f == nil || !f.coded() {
		return false
	}
	s.setCode(i, f.code(v))
	if s.remote != nil {
		s.remote.row[i] = v
	}
	return true
}

// SetMissing makes input i missing. It reports whether there is such an input.
func (s *Scorer) SetMissing(i int) bool {
	f := s.field(i)
	if f == nil {
		return false
	}
	if s.remote != nil {
		s.remote.row[i] = nil
	}
	if f.coded() {
		s.setCode(i, s.missing[i])
	} else {
		s.values[i] = f.number(math.NaN())
	}
	return true
}

func (s *Scorer) field(i int) *FieldEncoder {
	fields := s.program.model.Encoder.Fields
	if i < 0 || i >= len(fields) {
		return nil
	}
	return &fields[i]
}

func (s *Scorer) setCode(i int, code int32) {
	s.codes[i] = code
	s.values[i] = float64(code)
}

// Score scores the inputs as they are set. They stay set.
//
// It reads slots as program.fill does for batches, from values that were
// encoded when they were set; both must treat one-hot columns and missing
// values alike.
func (s *Scorer) Score() Score {
	if s.remote != nil {
		return s.ask()
	}
	s.raw()
	s.program.finish(s.acc)
	return s.result()
}

// Margin appends the scores of the inputs as they are set, one an output, before
// the link: what contributions add up to. A model whose server is asked has none.
func (s *Scorer) Margin(out []float64) []float64 {
	if s.remote != nil {
		return out
	}
	s.raw()
	return append(out, s.acc...)
}

// Encoded appends the inputs as they are set as a row of the encoder's columns,
// in the order of FeatureNames; NaN is missing.
func (s *Scorer) Encoded(out []float64) []float64 {
	for i, v := range s.values {
		f := s.field(i)
		if !f.OneHot {
			out = append(out, v)
			continue
		}
		for k := range f.width() {
			set := 0.0
			if s.codes[i] == int32(k) {
				set = 1
			}
			out = append(out, set)
		}
	}
	return out
}

// StageRows are the rows that can be staged at once.
const StageRows = blockRows

// Stage sets the inputs as they are set aside, to be scored with others, and returns how
// many rows are staged. A forest that is larger than the cache is read once for all of
// them then, not once a row. Only a model that scores by itself takes it, and no more
// than StageRows.
func (s *Scorer) Stage() int {
	width := len(s.row)
	if s.rows == nil {
		s.rows = make([]uint64, StageRows*width)
		s.accs = make([]float64, StageRows*s.program.outputs)
	}
	s.fill(s.rows[s.staged*width : (s.staged+1)*width])
	s.staged++
	return s.staged
}

// Unstage forgets the rows that are staged.
func (s *Scorer) Unstage() { s.staged = 0 }

// ScoreStaged scores the rows that are staged and forgets them. It calls each with every
// result, whose Proba is valid until it returns, in the order of staging; they are those
// of Score, bit for bit.
func (s *Scorer) ScoreStaged(each func(i int, score Score)) {
	p, n := s.program, s.staged
	p.engine.score(s.rows[:n*len(s.row)], n, s.accs)
	for i := range n {
		copy(s.acc, s.accs[i*p.outputs:])
		p.finish(s.acc)
		each(i, s.result())
	}
	s.Unstage()
}

// raw leaves the scores before the link in acc.
func (s *Scorer) raw() {
	s.fill(s.row)
	s.program.engine.score(s.row, 1, s.acc)
}

// fill writes the slots of the inputs as they are set.
func (s *Scorer) fill(row []uint64) {
	p := s.program
	for j := range p.slots {
		sl := &p.slots[j]
		v := s.values[sl.field]
		switch {
		case sl.category >= 0:
			v = 0
			if s.codes[sl.field] == sl.category {
				v = 1
			}
		case math.IsNaN(v):
			v = sl.missing
		}
		row[j] = p.engine.slot(v)
	}
}

// result turns the finished scores in acc into a Score. Proba is one slice for
// all calls, which saves an allocation a request.
func (s *Scorer) result() Score {
	m := s.program.model
	label := s.program.label(s.acc)
	switch m.Task {
	case plan.Regression:
		return Score{Label: label, Value: s.acc[0]}
	case plan.Binary:
		s.proba[0], s.proba[1] = 1-s.acc[0], s.acc[0]
		return Score{Label: label, Class: m.Signature.Labels[label], Probability: s.acc[0], Proba: s.proba}
	default:
		copy(s.proba, s.acc)
		return Score{Label: label, Class: m.Signature.Labels[label], Probability: s.acc[label], Proba: s.proba}
	}
}
