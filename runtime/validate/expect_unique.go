package validate

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// unique: every member of a duplicate group is unexpected. Missing values are
// no members.
//
// For integers both tallies are gone through: a duplicate is in one of them as
// a whole.
func unique(rq *request) verdict {
	c, mostly := rq.column(), rq.share("mostly", 1)
	if coded(c.spec) {
		h := rq.countTexts(c.name)
		return func(ctx context.Context, s *seen, r *Result) error {
			return judgeUnique(ctx, h.of(s), r, mostly, func(k spill.Text) string { return c.shown(keyText(k)) })
		}
	}
	number := func(k spill.Number) string {
		one := dataset.Column{Type: c.spec.Type, Floats: []float64{k.Value()}}
		return c.shown(valueText(&one, 0))
	}
	if c.spec.Type == plan.Integer {
		narrow, wide := rq.countIntegers(c.name)
		return func(ctx context.Context, s *seen, r *Result) error {
			n, w := narrow.of(s), wide.of(s)
			r.MissingCount = r.ElementCount - n.values - w.values
			err := errors.Join(duplicates(ctx, n, r, number),
				duplicates(ctx, w, r, func(k spill.Text) string { return c.shown(keyText(k)) }))
			r.judgeMostly(mostly)
			return err
		}
	}
	h := rq.countNumbers(c.name)
	return func(ctx context.Context, s *seen, r *Result) error {
		return judgeUnique(ctx, h.of(s), r, mostly, number)
	}
}

// judgeUnique counts the rows of groups of more than one and shows the first
// two rows of the groups that begin first.
func judgeUnique[K spill.Key[K]](ctx context.Context, m *counted[K], r *Result, mostly float64,
	text func(K) string) error {
	r.MissingCount = r.ElementCount - m.values
	err := duplicates(ctx, m, r, text)
	r.judgeMostly(mostly)
	return err
}

// duplicates adds the rows of groups of more than one to the result.
//
// Groups come in the order of keys, not of rows. A group is kept as an example
// only if it begins before the last that is kept, so the list ends with the
// groups that begin first, whatever the order.
func duplicates[K spill.Key[K]](ctx context.Context, m *counted[K], r *Result, text func(K) string) error {
	return m.each(ctx, func(e spill.Entry[K]) error {
		if e.Count < 2 {
			return nil
		}
		r.UnexpectedCount += e.Count
		if n := len(r.Examples); n < MaxExamples || e.First+1 < r.Examples[n-1].Row {
			v := text(e.Key)
			r.Examples = firstExamples(r.Examples, []Example{
				{Row: e.First + 1, Value: v, Count: e.Count}, {Row: e.Second + 1, Value: v, Count: e.Count},
			})
		}
		return nil
	})
}

// keyText is a text's key as far as it is known.
//
// The beginning of a long text may end within a character, whose bytes are left
// out.
func keyText(k spill.Text) string {
	b, whole := k.Bytes()
	if whole {
		return string(b)
	}
	for len(b) > 0 && !utf8.Valid(b) {
		b = b[:len(b)-1]
	}
	return string(b) + "…"
}

// compoundUnique looks at the values of several columns together. Missing values
// are equal to one another.
func compoundUnique(rq *request) verdict {
	rq.need("column_list")
	names := rq.names("column_list")
	if len(names) == 1 {
		rq.say("column_list: want at least two columns")
	}
	ignore := rq.oneOf("ignore_row_if", "all_values_are_missing", "any_value_is_missing", "never")
	mostly := rq.share("mostly", 1)
	var refs []*columnRef
	for _, n := range names {
		refs = append(refs, rq.declared("column_list: column", n))
	}
	rq.spilling++
	h := ask(rq.prepared, "", func(room *spill.Room) *combined {
		m := &combined{ignore: ignore, counted: counted[spill.Text]{tally: spill.NewTally[spill.Text](room)}}
		for _, c := range refs {
			m.finders = append(m.finders, c.finder())
		}
		return m
	})
	return func(ctx context.Context, s *seen, r *Result) error {
		return judgeUnique(ctx, &h.of(s).counted, r, mostly, func(k spill.Text) string { return combinedText(refs, k) })
	}
}

// combined counts rows by their values of several columns.
type combined struct {
	counted[spill.Text]
	finders []*finder
	ignore  string
	columns []*dataset.Column
	key     []byte
}

// see writes each row's values into one key. The key's memory is used again for
// each row, as TextOf copies it. With "never" rows of missing values only are
// equal to one another and so duplicates.
func (m *combined) see(f *dataset.Frame) error {
	m.columns = m.columns[:0]
	for _, c := range m.finders {
		m.columns = append(m.columns, c.in(f))
	}
	for row := range f.Rows {
		missing := 0
		m.key = m.key[:0]
		for _, c := range m.columns {
			if c.Missing(row) {
				missing++
			}
			m.key = appendValue(m.key, c, row)
		}
		if m.ignore == "all_values_are_missing" && missing == len(m.columns) ||
			m.ignore == "any_value_is_missing" && missing > 0 {
			continue
		}
		m.values++
		if err := m.tally.Add(spill.TextOf(m.key), f.Offset+int64(row)); err != nil {
			return err
		}
	}
	return nil
}

func (m *combined) merge(other measure) {
	o, _ := other.(*combined)
	m.counted.merge(&o.counted)
}

// appendValue writes a value so that no two lists of values are written alike: 0
// for missing, else one more than the number of bytes that follow.
//
// The first byte tells the forms apart: 9 and 11 are one more than the 8 or 10
// bytes of a number, and a column is either of texts or of numbers.
func appendValue(b []byte, c *dataset.Column, row int) []byte {
	switch {
	case c.Missing(row):
		return append(b, 0)
	case c.Coded():
		s := c.Dict[c.Codes[row]]
		return append(binary.AppendUvarint(b, uint64(len(s))+1), s...)
	}
	v, low := c.Exact(row)
	if low != 0 {
		b = binary.BigEndian.AppendUint64(append(b, 11), math.Float64bits(v))
		return binary.BigEndian.AppendUint16(b, uint16(low))
	}
	return binary.BigEndian.AppendUint64(append(b, 9), math.Float64bits(v+0))
}

// combinedText writes what a key holds of the values.
//
// A key that was cut off may end within a value; what is whole before it is
// shown. binary.Uvarint and the lengths are checked, as the cut may be
// anywhere.
func combinedText(refs []*columnRef, k spill.Text) string {
	b, whole := k.Bytes()
	out := ""
	for i, c := range refs {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > 0 && uint64(len(b)-used) < n-1 {
			break
		}
		text := "missing"
		if b = b[used:]; n > 0 {
			v := b[:n-1]
			b = b[n-1:]
			if text = string(v); !coded(c.spec) {
				one := dataset.Column{Type: c.spec.Type,
					Floats: []float64{math.Float64frombits(binary.BigEndian.Uint64(v))}}
				if len(v) > 8 {
					one.Low = []int16{int16(binary.BigEndian.Uint16(v[8:]))} //nolint:gosec // as appendValue wrote it
				}
				text = valueText(&one, 0)
			}
			text = c.shown(text)
		}
		if i > 0 {
			out += ", "
		}
		out += c.name + "=" + text
	}
	if !whole {
		out += "…"
	}
	return out
}
