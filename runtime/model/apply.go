package model

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// source is where one input's values come from in one frame: floats, or codes
// with the category of every entry of the column's dictionary.
type source struct {
	field   *FieldEncoder
	floats  []float64
	codes   []int32
	recode  []int32 // dictionary entry -> category
	missing int32   // category of a missing value
}

// bind finds every input in the frame. All inputs that are absent, of another
// type or of another length are reported, not the first only.
//
// Dictionaries are translated once here, so that a row costs a lookup in a
// slice and no comparison of texts. The sources point into the frame, which
// must not change while they are in use.
func (e *Encoder) bind(frame *dataset.Frame) ([]source, error) {
	out := make([]source, len(e.Fields))
	var problems []error
	for i := range e.Fields {
		f := &e.Fields[i]
		c := frame.Column(f.Name)
		if err := f.accepts(c, frame.Rows); err != nil {
			problems = append(problems, err)
			continue
		}
		s := source{field: f, floats: c.Floats, codes: c.Codes}
		if f.coded() {
			s.missing = f.missing()
			s.recode = make([]int32, len(c.Dict))
			for j, text := range c.Dict {
				s.recode[j] = f.code(text)
			}
		}
		out[i] = s
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return out, nil
}

// accepts reports what is wrong with the column for this input. Codes are
// checked once here because category uses them as indexes for every row; those
// below 0 are missing values.
func (f *FieldEncoder) accepts(c *dataset.Column, rows int) error {
	if c == nil {
		return fmt.Errorf("column %q: the model needs it (%s) and the data has no such column", f.Name, f.Type)
	}
	if kind(c.Type) != kind(f.Type) {
		return fmt.Errorf("column %q: is %s, the model was trained on %s", f.Name, c.Type, f.Type)
	}
	if c.Len() != rows {
		return fmt.Errorf("column %q: %d values for %d rows", f.Name, c.Len(), rows)
	}
	for row, code := range c.Codes {
		if int(code) >= len(c.Dict) {
			return fmt.Errorf("column %q: row %d: code %d outside a dictionary of %d", f.Name, row, code, len(c.Dict))
		}
	}
	return nil
}

// kind maps types that may stand for each other to one.
func kind(t plan.ColumnType) plan.ColumnType {
	switch t {
	case plan.Integer:
		return plan.Number
	case plan.Text:
		return plan.Category
	default:
		return t
	}
}

// category returns the encoder's code of a row's category.
func (s *source) category(row int) int32 {
	if c := s.codes[row]; c >= 0 {
		return s.recode[c]
	}
	return s.missing
}

// Apply encodes a frame: Width columns of frame.Rows values in the order of
// FeatureNames. The error names every input that is absent or of a wrong type.
//
// Columns are encoded on all cores, one input a goroutine; each writes its own
// columns of the matrix. Prediction does not use the matrix but slots, see
// program: it is for training and for looking into a model.
func (e *Encoder) Apply(frame *dataset.Frame) (*Matrix, error) {
	sources, err := e.bind(frame)
	if err != nil {
		return nil, err
	}
	m := &Matrix{Rows: frame.Rows, Columns: make([][]float64, e.Width())}
	next := 0
	limit := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))
	var wg sync.WaitGroup
	for i := range sources {
		s := &sources[i]
		columns := m.Columns[next : next+s.field.width()]
		next += len(columns)
		limit <- struct{}{}
		wg.Go(func() {
			defer crash.Guard()
			s.encode(columns, frame.Rows)
			<-limit
		})
	}
	wg.Wait()
	return m, nil
}

// encode fills the input's columns, allocating them.
func (s *source) encode(columns [][]float64, rows int) {
	for k := range columns {
		columns[k] = make([]float64, rows)
	}
	switch first := columns[0]; {
	case s.field.OneHot:
		for row := range rows {
			columns[s.category(row)][row] = 1
		}
	case s.field.coded():
		for row := range rows {
			first[row] = float64(s.category(row))
		}
	default:
		for row := range rows {
			first[row] = s.field.number(s.floats[row])
		}
	}
}
