package validate

import (
	"context"
	"math"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/moment"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// moments are a column's exact sums.
type moments struct {
	column *finder
	moment.Moments
}

// see adds the frame's values. Integers beyond 2^53 go the slower way that adds
// them exactly, only in frames that have some.
func (m *moments) see(f *dataset.Frame) error {
	c := m.column.in(f)
	if c.Low != nil {
		m.AddWide(c.Floats, c.Low)
		return nil
	}
	m.AddAll(c.Floats)
	return nil
}

func (m *moments) merge(other measure) {
	o, _ := other.(*moments)
	m.Moments.Merge(&o.Moments)
}

// moments asks for a column's sums, which mean, sum and deviation of one column
// share.
func (p *prepared) moments(c string) handle[*moments] {
	return ask(p, "moments/"+c, func(*spill.Room) *moments { return &moments{column: p.finder(c)} })
}

// extremes are a column's least and greatest value, NaN of none. An integer
// beyond 2^53 is more than its float64: what that is short of it is beside.
type extremes struct {
	column         *finder
	min, max       float64
	minLow, maxLow int16
	values         int64
}

// A value of a frame without Low has a low of 0, also where it meets one of a
// frame that has it: 2^53 is more than the 2^53-1 that is kept as 2^53 and -1.
func (m *extremes) see(f *dataset.Frame) error {
	c := m.column.in(f)
	for i, v := range c.Floats {
		if v != v {
			continue
		}
		m.values++
		low := int16(0)
		if c.Low != nil {
			low = c.Low[i]
		}
		m.take(v, low)
	}
	return nil
}

// take compares a value exactly. The comparisons are negated so that the first
// value replaces NaN: nothing is >= NaN.
func (m *extremes) take(v float64, low int16) {
	if !(v >= m.min) || v == m.min && low < m.minLow {
		m.min, m.minLow = v, low
	}
	if !(v <= m.max) || v == m.max && low > m.maxLow {
		m.max, m.maxLow = v, low
	}
}

// A worker that has seen no value has NaN, which is skipped.
func (m *extremes) merge(other measure) {
	o, _ := other.(*extremes)
	m.values += o.values
	if o.min == o.min {
		m.take(o.min, o.minLow)
		m.take(o.max, o.maxLow)
	}
}

func (p *prepared) extremes(c string) handle[*extremes] {
	return ask(p, "extremes/"+c, func(*spill.Room) *extremes {
		return &extremes{column: p.finder(c), min: math.NaN(), max: math.NaN()}
	})
}

// counted counts a column's values exactly, on disk where they are many.
type counted[K spill.Key[K]] struct {
	column *finder
	tally  *spill.Tally[K]
	others []*spill.Tally[K] // of the other workers
	values int64             // that were counted
	add    func(m *counted[K], c *dataset.Column, offset int64) error
	frame  []spill.Entry[K] // the texts of one frame
}

func (m *counted[K]) see(f *dataset.Frame) error { return m.add(m, m.column.in(f), f.Offset) }

// Tallies are not added up but kept side by side: Each merges them when
// somebody asks.
func (m *counted[K]) merge(other measure) {
	o, _ := other.(*counted[K])
	m.others = append(append(m.others, o.tally), o.others...)
	m.values += o.values
}

// each calls fn once for every distinct value, in the order of keys, with the
// counts of all workers added up. It may be called several times.
func (m *counted[K]) each(ctx context.Context, fn func(spill.Entry[K]) error) error {
	return spill.Each(ctx, append([]*spill.Tally[K]{m.tally}, m.others...), fn)
}

// addNarrow counts the integers that a float64 holds, and addWide all others by
// their digits: each integer is counted by one of the two.
func addNarrow(m *counted[spill.Number], c *dataset.Column, offset int64) error {
	if c.Low == nil {
		return addNumbers(m, c, offset)
	}
	for row, v := range c.Floats {
		if v != v || c.Low[row] != 0 {
			continue
		}
		m.values++
		if err := m.tally.Add(spill.NumberOf(v), offset+int64(row)); err != nil {
			return err
		}
	}
	return nil
}

// Frames without an integer beyond 2^53 have no Low, and the loop does nothing.
func addWide(m *counted[spill.Text], c *dataset.Column, offset int64) error {
	for row, low := range c.Low {
		if low == 0 {
			continue
		}
		m.values++
		if err := m.tally.Add(spill.TextOf([]byte(c.Value(row))), offset+int64(row)); err != nil {
			return err
		}
	}
	return nil
}

// addNumbers counts each value that is not missing. Zeros of both signs have
// one key.
func addNumbers(m *counted[spill.Number], c *dataset.Column, offset int64) error {
	for row, v := range c.Floats {
		if v != v {
			continue
		}
		m.values++
		if err := m.tally.Add(spill.NumberOf(v), offset+int64(row)); err != nil {
			return err
		}
	}
	return nil
}

// addTexts counts the texts of a frame by their codes first, so that a column of
// few texts costs little.
//
// First and Second are the first two rows with the text, which examples show;
// rows ascend within a frame, so the first two that come are the smallest.
func addTexts(m *counted[spill.Text], c *dataset.Column, offset int64) error {
	if cap(m.frame) < len(c.Dict) {
		m.frame = make([]spill.Entry[spill.Text], len(c.Dict))
	}
	m.frame = m.frame[:len(c.Dict)]
	clear(m.frame)
	for row, code := range c.Codes {
		if code < 0 {
			continue
		}
		e := &m.frame[code]
		switch e.Count++; e.Count {
		case 1:
			e.First, e.Second = offset+int64(row), -1
		case 2:
			e.Second = offset + int64(row)
		}
	}
	for code, e := range m.frame {
		if e.Count == 0 {
			continue
		}
		m.values += e.Count
		e.Key = spill.TextOf([]byte(c.Dict[code]))
		if err := m.tally.AddEntry(e); err != nil {
			return err
		}
	}
	return nil
}

// countNumbers counts a column that holds numbers.
func (p *prepared) countNumbers(c string) handle[*counted[spill.Number]] {
	return countKeys(p, "counted/"+c, c, addNumbers)
}

// countIntegers counts a column of integers, those beyond 2^53 apart. Both
// together take the memory of one: what one has, the other has not.
//
// Only the narrow one is counted in spilling, which divides the memory, as both
// share one column's values.
func (p *prepared) countIntegers(c string) (handle[*counted[spill.Number]], handle[*counted[spill.Text]]) {
	narrow := countKeys(p, "narrow/"+c, c, addNarrow)
	wide := ask(p, "wide/"+c, func(r *spill.Room) *counted[spill.Text] {
		return &counted[spill.Text]{column: p.finder(c), tally: spill.NewTally[spill.Text](r), add: addWide}
	})
	return narrow, wide
}

// countTexts counts a column that holds texts.
func (p *prepared) countTexts(c string) handle[*counted[spill.Text]] {
	return countKeys(p, "counted/"+c, c, addTexts)
}

// countKeys asks for a tally and notes that it may spill, once however many
// expectations share it: the number divides the memory.
func countKeys[K spill.Key[K]](p *prepared, key, c string,
	add func(*counted[K], *dataset.Column, int64) error) handle[*counted[K]] {
	before := len(p.makers)
	h := ask(p, key, func(r *spill.Room) *counted[K] {
		return &counted[K]{column: p.finder(c), tally: spill.NewTally[K](r), add: add}
	})
	p.spilling += len(p.makers) - before
	return h
}
