package privacy

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// Guard does to rows what their columns ask for. It is immutable and safe for
// concurrent use.
type Guard struct {
	columns map[string]plan.Column
	key     *Key // nil: nothing is hashed
}

// NewGuard returns the guard of a dataset. The keys are asked for only where a
// column is hashed.
//
// New rows are hashed under the newest key. A dataset is hashed under one key
// as a whole: pseudonyms of two keys would not join.
func NewGuard(ds plan.Dataset, keys func() (*Keyring, error)) (*Guard, error) {
	g := &Guard{columns: map[string]plan.Column{}}
	for name, c := range ds.Columns {
		if c.Protection() != "" {
			g.columns[name] = c
		}
	}
	if !ds.Protects(plan.Hash) {
		return g, nil
	}
	ring, err := keys()
	if err != nil {
		return nil, err
	}
	g.key = ring.Newest()
	return g, nil
}

// KeyID names the key that values are hashed under; "" where none is.
func (g *Guard) KeyID() string {
	if g.key == nil {
		return ""
	}
	return g.key.ID()
}

// Frame returns the rows as they may go further. The frame that came in is left
// as it is, and nothing that is protected is shared with it.
//
// Columns that are not protected share their memory with the frame that came
// in. An error names the column and its type, never a value.
func (g *Guard) Frame(f *dataset.Frame) (*dataset.Frame, error) {
	out := &dataset.Frame{Rows: f.Rows, Offset: f.Offset}
	for _, c := range f.Columns {
		var text func(string) string
		switch spec := g.columns[c.Name]; spec.Protection() {
		case "":
		case plan.Drop:
			continue
		case plan.Hash:
			if !c.Coded() {
				return nil, fmt.Errorf("column %q: a %s is not hashed", c.Name, c.Type)
			}
			text = g.key.Pseudonym
		case plan.Mask:
			if text = MaskText; !c.Coded() {
				var err error
				if c, err = maskedNumbers(c); err != nil {
					return nil, err
				}
				text = nil
			}
		default:
			// The plan refuses other words. Should one come in from a newer
			// plan, an error is safe where passing the value on is not.
			return nil, fmt.Errorf("column %q: there is no anonymise: %q", c.Name, spec.Anonymise)
		}
		if text != nil {
			c = mapped(c, text)
		}
		out.Columns = append(out.Columns, c)
	}
	return out, nil
}

// mapped is a coded column with each text that a row uses put through the
// function; texts that become equal become one.
//
// Texts that no row uses are not put through the function and are not in the
// new dictionary: a dictionary may hold values of rows that were filtered out,
// which must not leave either. The dictionary is in the order of first use.
func mapped(c dataset.Column, text func(string) string) dataset.Column {
	out := dataset.Column{Name: c.Name, Type: c.Type, Codes: make([]int32, len(c.Codes))}
	to := make([]int32, len(c.Dict))
	for i := range to {
		to[i] = dataset.MissingCode
	}
	known := map[string]int32{}
	for row, code := range c.Codes {
		// Negative codes are missing values and stay so.
		if out.Codes[row] = dataset.MissingCode; code < 0 {
			continue
		}
		if to[code] < 0 {
			s := text(c.Dict[code])
			at, ok := known[s]
			if !ok {
				at = int32(len(out.Dict)) //nolint:gosec // no more than c.Dict has
				known[s] = at
				out.Dict = append(out.Dict, s)
			}
			to[code] = at
		}
		out.Codes[row] = to[code]
	}
	return out
}

// maskedNumbers is the column with each number masked, in memory of its own.
// NaN, a missing value, stays NaN.
func maskedNumbers(c dataset.Column) (dataset.Column, error) {
	mask, err := numberMask(c.Type)
	if err != nil {
		return c, fmt.Errorf("column %q: %w", c.Name, err)
	}
	out := dataset.Column{Name: c.Name, Type: c.Type, Floats: make([]float64, len(c.Floats))}
	for row, v := range c.Floats {
		out.Floats[row] = mask(v)
	}
	return out, nil
}

// numberMask is how a column that holds numbers is masked.
func numberMask(t plan.ColumnType) (func(float64) float64, error) {
	switch {
	case t.Numeric():
		return MaskNumber, nil
	case t == plan.Timestamp:
		return MaskTime, nil
	}
	return nil, fmt.Errorf("a %s is not masked", t)
}
