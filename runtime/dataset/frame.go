// Package dataset reads tables into typed columnar frames and checks them
// against the columns that a blueprint declares.
//
// A frame has two storage forms only: numbers, booleans and timestamps are
// float64 with NaN for missing; categories and texts are codes into a
// dictionary with -1 for missing. Everything downstream (validation, training,
// scoring, drift) is written against these two, whatever the file format was.
package dataset

import (
	"fmt"
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// MissingCode is the code of a missing category or text.
const MissingCode int32 = -1

// Frame is a batch of rows in columnar form. Columns have equal lengths. A
// frame is not modified once it has been handed on.
type Frame struct {
	Columns []Column
	Rows    int
	// Offset is the 0-based index of the first row within its dataset.
	Offset int64
}

// Column holds the values of one column of a frame.
type Column struct {
	Name string
	Type plan.ColumnType
	// Floats holds a value a row for number, integer, boolean (0 or 1) and
	// timestamp (seconds since 1970 UTC) columns; NaN is missing.
	Floats []float64
	// Low is, for each row of an integer column that holds one beyond 2^53, what
	// the float64 in Floats is short of the integer: Floats + Low is the integer,
	// exact in all 64 bits, signed or unsigned. It is nil where Floats are exact.
	// Learning and drift, which reckon in float64, take Floats alone.
	Low []int16
	// Codes holds an index into Dict a row for category and text columns.
	Codes []int32
	Dict  []string
}

// Coded reports whether the column is dictionary-coded.
func (c *Column) Coded() bool { return c.Type == plan.Category || c.Type == plan.Text }

// Len returns the number of rows.
func (c *Column) Len() int {
	if c.Coded() {
		return len(c.Codes)
	}
	return len(c.Floats)
}

// Missing reports whether the row has no value.
func (c *Column) Missing(row int) bool {
	if c.Coded() {
		return c.Codes[row] < 0
	}
	return math.IsNaN(c.Floats[row])
}

// Exact returns a row of a column that is not coded: its float64, and what that
// is short of an integer beyond 2^53.
func (c *Column) Exact(row int) (v float64, low int16) {
	if c.Low != nil {
		low = c.Low[row]
	}
	return c.Floats[row], low
}

// Value returns the row's value as text in the form a CSV file would have it:
// the shortest decimal that reads back, an integer by all its digits, true or
// false, RFC 3339. A missing value is "".
func (c *Column) Value(row int) string {
	if c.Missing(row) {
		return ""
	}
	if c.Coded() {
		return c.Dict[c.Codes[row]]
	}
	v, low := c.Exact(row)
	switch {
	case c.Type == plan.Boolean:
		return strconv.FormatBool(v != 0)
	case c.Type == plan.Timestamp:
		return literal.MomentText(v, false)
	case low != 0, c.Type == plan.Integer && v == math.Trunc(v) && v >= -1<<63 && v <= 1<<64:
		return literal.IntegerText(v, low)
	}
	return literal.NumberText(v)
}

// Column returns the named column, or nil.
//
// The search is linear. Loops over rows look a column up once before them.
func (f *Frame) Column(name string) *Column {
	for i := range f.Columns {
		if f.Columns[i].Name == name {
			return &f.Columns[i]
		}
	}
	return nil
}

// Select returns a frame of the given rows in the given order. Dictionaries
// are shared with f.
//
// Rows may repeat, and must be within the frame. Offset is 0, since the rows
// need not lie together in the dataset.
func (f *Frame) Select(rows []int) *Frame {
	out := &Frame{Columns: make([]Column, len(f.Columns)), Rows: len(rows)}
	for i, c := range f.Columns {
		d := Column{Name: c.Name, Type: c.Type, Dict: c.Dict}
		if c.Coded() {
			d.Codes = make([]int32, len(rows))
			for j, r := range rows {
				d.Codes[j] = c.Codes[r]
			}
		} else {
			d.Floats = make([]float64, len(rows))
			for j, r := range rows {
				d.Floats[j] = c.Floats[r]
			}
			if c.Low != nil {
				d.Low = make([]int16, len(rows))
				for j, r := range rows {
					d.Low[j] = c.Low[r]
				}
			}
		}
		out.Columns[i] = d
	}
	return out
}

// Check returns an error unless every column has f.Rows rows, the storage its
// type wants, and codes inside its dictionary.
func (f *Frame) Check() error {
	for i := range f.Columns {
		c := &f.Columns[i]
		if c.Len() != f.Rows || c.Low != nil && len(c.Low) != f.Rows {
			return fmt.Errorf("column %q: %d values for %d rows", c.Name, c.Len(), f.Rows)
		}
		for row, code := range c.Codes {
			if int(code) >= len(c.Dict) {
				return fmt.Errorf("column %q: row %d: code %d outside a dictionary of %d",
					c.Name, row, code, len(c.Dict))
			}
		}
	}
	return nil
}
