package validate

import (
	"context"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// rowVerdict is how an expectation judges one row.
type rowVerdict uint8

const (
	expected   rowVerdict = iota
	unexpected            // offends
	left                  // leaves the denominator
)

// rowTest is an expectation about each row.
type rowTest struct {
	columns []*columnRef
	// bind returns the test of a frame's rows, given its columns.
	bind func(columns []*dataset.Column) func(row int) rowVerdict
}

// rows is the measure of a rowTest.
type rows struct {
	test     rowTest
	finders  []*finder
	columns  []*dataset.Column
	seen     int64
	out      int64
	wrong    int64
	examples []Example
}

// The test is bound once a frame, so that what depends on a dictionary is
// prepared once and not a row.
func (m *rows) see(f *dataset.Frame) error {
	m.columns = m.columns[:0]
	for _, c := range m.finders {
		m.columns = append(m.columns, c.in(f))
	}
	test := m.test.bind(m.columns)
	m.seen += int64(f.Rows)
	for row := range f.Rows {
		switch test(row) {
		case left:
			m.out++
		case unexpected:
			if m.wrong++; len(m.examples) < MaxExamples {
				m.examples = append(m.examples, m.example(f, row))
			}
		}
	}
	return nil
}

func (m *rows) example(f *dataset.Frame, row int) Example {
	e := Example{Row: f.Offset + int64(row) + 1}
	e.Value, e.Missing = shownValues(m.test.columns, m.columns, row)
	return e
}

// shownValues writes a row's values of the columns: one alone as it is, several
// with their names.
func shownValues(refs []*columnRef, columns []*dataset.Column, row int) (text string, missing bool) {
	if len(refs) == 1 {
		if columns[0].Missing(row) {
			return "", true
		}
		return refs[0].shown(valueText(columns[0], row)), false
	}
	var out []string
	for i, c := range columns {
		text := "missing"
		if !c.Missing(row) {
			text = refs[i].shown(valueText(c, row))
		}
		out = append(out, refs[i].name+"="+text)
	}
	return strings.Join(out, ", "), false
}

func (m *rows) merge(other measure) {
	o, _ := other.(*rows)
	m.seen += o.seen
	m.out += o.out
	m.wrong += o.wrong
	m.examples = firstExamples(m.examples, o.examples)
}

// eachRow prepares an expectation of which mostly of the rows must be expected;
// no rows at all are.
//
// Its measure is shared with no other expectation, as two tests of one column
// differ.
func (rq *request) eachRow(test rowTest) verdict {
	mostly := rq.share("mostly", 1)
	h := ask(rq.prepared, "", func(*spill.Room) *rows {
		m := &rows{test: test}
		for _, c := range test.columns {
			m.finders = append(m.finders, c.finder())
		}
		return m
	})
	return func(_ context.Context, s *seen, r *Result) error {
		m := h.of(s)
		r.UnexpectedCount, r.MissingCount, r.Examples = m.wrong, m.out, m.examples
		r.judgeMostly(mostly)
		return nil
	}
}

// judgeMostly: (nonnull - unexpected) / nonnull >= mostly, or no non-null rows.
func (r *Result) judgeMostly(mostly float64) {
	n := r.ElementCount - r.MissingCount
	r.Success = n <= 0 || float64(n-r.UnexpectedCount)/float64(n) >= mostly
}

// eachValue prepares an expectation about the values of the column, of which
// missing ones leave the denominator. number tests values of columns that hold
// numbers, text those of the others, once for each text of a frame.
func (rq *request) eachValue(c *columnRef, number func(float64) bool, text func(string) bool) verdict {
	return rq.eachRow(rowTest{columns: []*columnRef{c}, bind: func(columns []*dataset.Column) func(int) rowVerdict {
		if columns[0].Coded() {
			return textTest(columns[0], text)
		}
		values := columns[0].Floats
		return func(row int) rowVerdict {
			v := values[row]
			switch {
			case v != v:
				return left
			case number(v):
				return expected
			}
			return unexpected
		}
	}})
}

// textTest tests each text once, and only those that rows use.
//
// Verdicts are kept by code for the frame. The zero value of a rowVerdict is
// expected.
func textTest(c *dataset.Column, ok func(string) bool) func(int) rowVerdict {
	known := make([]bool, len(c.Dict))
	verdicts := make([]rowVerdict, len(c.Dict))
	return func(row int) rowVerdict {
		code := c.Codes[row]
		if code < 0 {
			return left
		}
		if !known[code] {
			known[code] = true
			if !ok(c.Dict[code]) {
				verdicts[code] = unexpected
			}
		}
		return verdicts[code]
	}
}
