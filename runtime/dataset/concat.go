package dataset

import (
	"errors"
	"fmt"
	"slices"
)

// Concat returns one frame of all rows, in order. The frames must have the same
// columns; dictionaries are merged, with texts in the order in which the frames'
// dictionaries first hold them.
//
// The frames are not changed. Their order is that of the rows; Offset is that
// of the first. No frames are an error, since there is nothing to tell the
// columns from.
func Concat(frames ...*Frame) (*Frame, error) { return concat(frames, false) }

// concat lets go of each column of the frames once it is copied where consume
// is set, so that a large table is not held twice.
func concat(frames []*Frame, consume bool) (*Frame, error) {
	if len(frames) == 0 {
		return nil, errors.New("concatenation of no frames")
	}
	if len(frames) == 1 && consume {
		return frames[0], nil
	}
	first := frames[0]
	out := &Frame{Columns: make([]Column, len(first.Columns)), Offset: first.Offset}
	for _, f := range frames {
		out.Rows += f.Rows
		if !slices.EqualFunc(f.Columns, first.Columns,
			func(a, b Column) bool { return a.Name == b.Name && a.Type == b.Type }) {
			return nil, fmt.Errorf("concatenation: the frame at row %d has other columns than the first", f.Offset)
		}
	}
	for i := range out.Columns {
		c := &out.Columns[i]
		c.Name, c.Type = first.Columns[i].Name, first.Columns[i].Type
		// One column at a time, so that with consume the memory held at once is
		// that of the table and of one column.
		if c.Coded() {
			c.Codes, c.Dict = concatCodes(frames, i, out.Rows)
		} else {
			c.Floats = make([]float64, 0, out.Rows)
			for _, f := range frames {
				c.Floats = append(c.Floats, f.Columns[i].Floats...)
			}
			c.Low = concatLow(frames, i, out.Rows)
		}
		for _, f := range frames {
			if consume {
				f.Columns[i] = Column{}
			}
		}
	}
	return out, nil
}

// concatLow returns nil where no frame has an integer beyond 2^53.
func concatLow(frames []*Frame, i, rows int) (out []int16) {
	at := 0
	for _, f := range frames {
		if low := f.Columns[i].Low; low != nil {
			if out == nil {
				out = make([]int16, rows)
			}
			copy(out[at:], low)
		}
		at += f.Rows
	}
	return out
}

// concatCodes merges dictionaries by text and translates each frame's codes
// into the merged one. A text that a dictionary has twice keeps its first code.
// The merged dictionary is new; the frames' own are not changed.
func concatCodes(frames []*Frame, i, rows int) ([]int32, []string) {
	codes := make([]int32, 0, rows)
	dict := slices.Clone(frames[0].Columns[i].Dict)
	known := make(map[string]int32, len(dict))
	for code, s := range dict {
		if _, ok := known[s]; !ok {
			known[s] = int32(code)
		}
	}
	var to []int32
	for _, f := range frames {
		c := &f.Columns[i]
		to = to[:0]
		for _, s := range c.Dict {
			code, ok := known[s]
			if !ok {
				code = int32(len(dict))
				known[s] = code
				dict = append(dict, s)
			}
			to = append(to, code)
		}
		for _, code := range c.Codes {
			if code >= 0 {
				code = to[code]
			}
			codes = append(codes, code)
		}
	}
	return codes, dict
}
