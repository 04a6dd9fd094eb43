package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate/moment"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// State is what a column's figures come from, and what Merge merges.
type State struct {
	Limit int `json:"limit"`
	// Moments is package moment's state of the numbers.
	Moments json.RawMessage `json:"moments,omitempty"`
	// Cells are the counted cells: differences of keys, and counts, as varints.
	// Shift is how many of a key's last bits do not count.
	Cells []byte `json:"cells,omitempty"`
	Shift uint   `json:"shift,omitempty"`
	// Texts are counted texts.
	Texts map[string]int64 `json:"texts,omitempty"`
	// Registers are the encoded HyperLogLog registers where values are too many to be
	// told apart.
	Registers []byte `json:"registers,omitempty"`
}

// state copies nothing: Texts is the sketch's own map, so the sketch must not
// see more rows while the column is in use.
func (s *Sketch) state() State {
	out := State{Limit: s.limit, Texts: s.texts, Registers: s.distinct.encode()}
	if s.coded() {
		return out
	}
	out.Cells, out.Shift = s.cells.encode(), s.cells.shift
	if b, err := s.moments.MarshalJSON(); err == nil { // moments hold nothing that JSON cannot
		out.Moments = b
	}
	return out
}

// Sketch rebuilds the sketch that the column's figures came from. A state that
// no rows can have is an error.
func (c *Column) Sketch() (*Sketch, error) {
	if c.Count < 0 || c.Missing < 0 || c.Count > math.MaxInt64-c.Missing {
		return nil, fmt.Errorf("%d values and %d missing ones", c.Count, c.Missing)
	}
	return c.sketch(c.Count + c.Missing)
}

// sketch rebuilds the sketch of a column of that many rows. A state that no rows
// can have is an error.
//
// Only the state and the counts are read; the figures follow from them and are
// not compared.
func (c *Column) sketch(rows int64) (*Sketch, error) {
	if c.Count < 0 || c.Missing < 0 || c.Count > rows || c.Missing != rows-c.Count {
		return nil, fmt.Errorf("%d values and %d missing ones in %d rows", c.Count, c.Missing, rows)
	}
	if c.State.Limit < 1 || c.State.Limit > Limit {
		return nil, fmt.Errorf("state: a limit of %d", c.State.Limit)
	}
	s := NewSketch(c.Name, plan.Column{Type: c.Type, Sensitive: c.Sensitive}, c.State.Limit)
	s.count, s.missing = c.Count, c.Missing
	var err error
	if s.distinct, err = decodeDistinct(c.State.Registers); err != nil {
		return nil, err
	}
	if c.Sensitive && s.distinct == nil {
		return nil, errors.New("state: a sensitive column without registers")
	}
	switch c.Type {
	case plan.Category, plan.Text:
		return s, s.restoreTexts(c.State)
	case plan.Number, plan.Integer, plan.Boolean, plan.Timestamp:
		return s, s.restoreNumbers(c)
	}
	return nil, fmt.Errorf("type %q is unknown", c.Type)
}

// restoreTexts reads counted texts or, where there are registers, none. Their
// counts must add up to the values.
func (s *Sketch) restoreTexts(st State) error {
	if len(st.Registers) > 0 {
		if s.texts = nil; len(st.Texts) > 0 {
			return errors.New("state: both texts and registers")
		}
		return nil
	}
	var sum int64
	for text, n := range st.Texts {
		if n < 1 || sum > math.MaxInt64-n || len(text) > maxText+40 || s.texts == nil {
			return errors.New("state: damaged texts")
		}
		sum += n
		s.texts[text] = n
	}
	if s.texts != nil && (sum != s.count || len(s.texts) > s.limit) {
		return errors.New("state: the texts are not as many as the values")
	}
	return nil
}

// restoreNumbers reads moments and cells, and checks that they are of the same
// number of values. A shift above 0 without registers, or the reverse, cannot
// come from any rows, as both begin together.
func (s *Sketch) restoreNumbers(c *Column) error {
	st := c.State
	if len(st.Moments) > 0 {
		s.moments = moment.Moments{}
		if err := s.moments.UnmarshalJSON(st.Moments); err != nil {
			return err
		}
	}
	if st.Shift > 63 || st.Shift < s.cells.shift {
		return fmt.Errorf("state: a shift of %d", st.Shift)
	}
	s.cells.shift = st.Shift
	total, err := s.cells.decode(st.Cells)
	if err != nil {
		return err
	}
	if s.moments.Count() != c.Count || total != c.Count-c.Infinite || c.Infinite < 0 ||
		(st.Shift > 0) != (s.distinct != nil) {
		return errors.New("state: cells, moments and values do not agree")
	}
	if total == 0 {
		return nil
	}
	if c.Sensitive {
		return nil
	}
	return s.restoreExtremes(c, s.cells.list())
}

// in reports whether the number belongs to the cell.
func (s *Sketch) in(v float64, x cell) bool {
	return !math.IsInf(v, 0) && v == v && uint64(spill.NumberOf(v))>>s.cells.shift == x.key
}
