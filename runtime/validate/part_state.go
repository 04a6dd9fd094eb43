package validate

import (
	"errors"
	"math"

	"github.com/ashlar-dev/ashlar/runtime/validate/moment"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

func (m *moments) save(w *partWriter) error { return w.state(&m.Moments) }

// All load methods check what they read before it is merged or, where they
// merge first, return the error, upon which the whole merge is given up.
func (m *moments) load(r *partReader) error {
	var o moment.Moments
	if err := r.state(&o); err != nil {
		return err
	}
	m.Moments.Merge(&o)
	return nil
}

// extremesState holds bits, since JSON knows no infinity.
type extremesState struct {
	Values int64  `json:"values"`
	Min    uint64 `json:"min"`
	Max    uint64 `json:"max"`
	MinLow int16  `json:"min_low,omitempty"`
	MaxLow int16  `json:"max_low,omitempty"`
}

func (m *extremes) save(w *partWriter) error {
	return w.state(extremesState{m.values, math.Float64bits(m.min), math.Float64bits(m.max), m.minLow, m.maxLow})
}

// NaN stands for no values, so it must be there exactly where the count is 0.
func (m *extremes) load(r *partReader) error {
	var s extremesState
	if err := r.state(&s); err != nil {
		return err
	}
	o := &extremes{values: s.Values, min: math.Float64frombits(s.Min), max: math.Float64frombits(s.Max),
		minLow: s.MinLow, maxLow: s.MaxLow}
	if (o.min != o.min) != (s.Values == 0) || (o.max != o.max) != (s.Values == 0) || o.min > o.max ||
		o.min == o.max && o.minLow > o.maxLow {
		return errors.New("extremes that no values have")
	}
	m.merge(o)
	return r.counts(s.Values)
}

func (m *counted[K]) save(w *partWriter) error {
	return spill.Save(w.ctx, w.w, append([]*spill.Tally[K]{m.tally}, m.others...))
}

func (m *counted[K]) load(r *partReader) error {
	n, err := spill.Load(r.r, m.tally, r.shift)
	if err != nil {
		return err
	}
	m.values += n
	return r.counts(n)
}

// rowsState is what rows have seen.
type rowsState struct {
	Seen     int64     `json:"seen"`
	Out      int64     `json:"out"`
	Wrong    int64     `json:"wrong"`
	Examples []Example `json:"examples"`
}

func (m *rows) save(w *partWriter) error {
	return w.state(rowsState{m.seen, m.out, m.wrong, m.examples})
}

// load moves the examples to the rows of the whole; merge then keeps the first
// of them, as the parts come in their order.
func (m *rows) load(r *partReader) error {
	var s rowsState
	if err := r.state(&s); err != nil {
		return err
	}
	examples, err := r.moved(s.Examples)
	m.merge(&rows{seen: s.Seen, out: s.Out, wrong: s.Wrong, examples: examples})
	return errors.Join(err, r.counts(s.Seen, s.Out, s.Wrong))
}

// membersState is what members have found.
type membersState struct {
	Found   []bool             `json:"found"`
	Missing int64              `json:"missing"`
	Wrong   int64              `json:"wrong"`
	Outside map[string]Example `json:"outside"`
}

func (m *members) save(w *partWriter) error {
	return w.state(membersState{m.found, m.missing, m.wrong, m.outside})
}

// The set's own values are not in the state: both sides have them from the same
// expectation, in one order.
func (m *members) load(r *partReader) error {
	var s membersState
	if err := r.state(&s); err != nil {
		return err
	}
	if len(s.Found) != len(m.found) {
		return errors.New("a set of another size")
	}
	outside := map[string]Example{}
	for text, e := range s.Outside {
		one, err := r.moved([]Example{e})
		if err != nil {
			return err
		}
		outside[text] = one[0]
	}
	m.merge(&members{found: s.Found, missing: s.Missing, wrong: s.Wrong, outside: outside})
	return r.counts(s.Missing, s.Wrong)
}

func (m *histogram) save(w *partWriter) error { return w.state(m.counts) }

// load wants as many counts as there are bins with both tails: the edges come
// from the expectation and are not in the state.
func (m *histogram) load(r *partReader) error {
	var counts []int64
	if err := r.state(&counts); err != nil {
		return err
	}
	if len(counts) != len(m.counts) {
		return errors.New("a histogram of another partition")
	}
	m.merge(&histogram{counts: counts})
	return r.counts(counts...)
}

func (m *sketched) save(w *partWriter) error {
	if m.err != nil {
		return m.err
	}
	return w.state(m.sketch.Column())
}

// Column.Sketch checks the state as a profile's, since that is what it is.
func (m *sketched) load(r *partReader) error {
	var c profile.Column
	if err := r.state(&c); err != nil {
		return err
	}
	s, err := c.Sketch()
	if err != nil {
		return err
	}
	return errors.Join(m.sketch.Merge(s), r.counts(c.Count, c.Missing))
}
