package dataset

import (
	"bytes"
	"cmp"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// cell puts a field's value into its column, by the rules of ParseValue.
//
// Texts are coded as they are, with the space around them; for all other types
// the space is cut off before the value is read.
func (p *parser) cell(s *slot, field []byte) {
	if s.words != nil {
		s.codes[p.row] = p.code(s, field)
		return
	}
	trimmed := bytes.TrimSpace(field)
	if s.nulls.Text(trimmed) {
		p.none(s)
	} else if v, low, ok := literal.ParseExact(s.plan.Type, trimmed); ok {
		p.put(s, v, low)
	} else {
		p.suspect(s, typeProblem(field), field)
		s.floats[p.row] = math.NaN()
	}
}

// put keeps a value, or none where it stands for a missing one.
//
// Low is allocated with the first integer beyond 2^53 of the frame: nearly all
// columns do without it. wide remembers that drop has to clear it.
func (p *parser) put(s *slot, v float64, low int16) {
	if s.nulls.exact(v, low) {
		p.none(s)
		return
	}
	s.floats[p.row] = v
	if low != 0 {
		if s.column.Low == nil {
			s.column.Low = make([]int16, len(s.floats))
		}
		s.column.Low[p.row], p.wide = low, true
	}
}

// none makes a cell of a column of floats missing.
func (p *parser) none(s *slot) {
	p.missing(s)
	s.floats[p.row] = math.NaN()
}

// typeProblem is what a value of the wrong type is reported as.
func typeProblem(field []byte) Kind {
	if len(field) > MaxFieldBytes {
		return TooLong
	}
	return WrongType
}

// code returns a text's code.
//
// The declared values have the first codes of every dictionary, so a code
// beyond them is a value that was not declared. Such a value keeps its code and
// is a problem only where all values must be among the declared ones.
func (p *parser) code(s *slot, field []byte) int32 {
	if s.nulls.Text(field) {
		p.missing(s)
		return MissingCode
	}
	w := s.words.look(field)
	if w.bad != "" {
		p.suspect(s, w.bad, field)
		return MissingCode
	}
	if n := len(s.plan.Values); n > 0 && int(w.code) >= n && s.plan.Type == plan.Category && s.plan.ValuesMostly == 0 {
		p.suspect(s, UnknownCategory, field)
	}
	return w.code
}

// missing notes a missing value of a column that must have one. The cell itself
// is set by the caller.
func (p *parser) missing(s *slot) {
	if !s.plan.Nullable {
		p.suspect(s, NullValue, nil)
	}
}

// suspect notes a cell's problem until its record is known to be whole.
//
// The value is copied, since it lies in the chunk, whose buffer is used again.
// Four times of what is shown leaves room for space that is trimmed and for
// characters of several bytes.
func (p *parser) suspect(s *slot, kind Kind, value []byte) {
	p.pending = append(p.pending, pending{slot: s, kind: kind,
		value: bytes.Clone(value[:min(len(value), 4*literal.MaxShown)])})
}

// flush reports what was noted of a record that is kept.
//
// Problems are made into texts only where there is room for another example, so
// a column of a million bad cells costs a million counts and twenty texts.
func (p *parser) flush() {
	for _, x := range p.pending {
		if p.found.room(x.kind, x.slot.name) {
			problem := p.place(cellProblem(x.slot.target, x.kind, x.value))
			problem.Hint = cmp.Or(x.hint, problem.Hint)
			p.found.list = append(p.found.list, problem)
		}
	}
	p.pending = p.pending[:0]
}

// cellProblem describes a bad value.
func cellProblem(t *target, kind Kind, value []byte) Problem {
	x := Problem{Kind: kind, Column: t.name, Value: literal.Shown(value), Want: want(kind, t.plan)}
	switch kind {
	case WrongType:
		x.Hint = typeHint(t.plan.Type, value)
	case UnknownCategory:
		x.Hint = categoryHint(string(value), t.plan.Values)
	case NullValue:
		x.Hint = "set nullable: true if a value may be missing"
	case Encoding:
		x.Hint = "save the file as UTF-8"
	}
	return x
}

// drop skips the current record.
//
// p.row is not advanced, so the next record is written over this one. The
// problems of its cells are dropped with it: they follow from its fields being
// in the wrong places.
func (p *parser) drop(kind Kind, record []byte, want, hint string) {
	p.pending = p.pending[:0]
	for i := range p.columns {
		if c := p.columns[i].column; p.wide && c.Low != nil {
			c.Low[p.row] = 0 // the row that follows takes its place
		}
	}
	p.found.skipped++
	if p.found.room(kind, "") {
		p.found.list = append(p.found.list,
			p.place(Problem{Kind: kind, Value: literal.Shown(bytes.TrimRight(record, "\r")), Want: want, Hint: hint}))
	}
}

// place gives a problem the current record's row and, in text, its line within
// the chunk.
//
// Lines are counted from the chunk's beginning for each problem that is kept,
// and not for each record, as problems are few. Records may span lines, so a
// line does not follow from the record's number.
func (p *parser) place(x Problem) Problem {
	x.Row = int64(p.records)
	if p.text == nil {
		return x
	}
	x.Line = int64(bytes.Count(p.text[:p.start], []byte{'\n'})) + 1
	return x
}
