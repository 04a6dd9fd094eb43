package validate

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
)

const (
	// maxShown bounds how many bytes of a value a report shows.
	maxShown = 80
	// masked stands for a value of a sensitive column.
	masked = privacy.Hidden
)

// columnRef is a declared column. It is not modified, and may be shared.
type columnRef struct {
	name string
	spec plan.Column
}

func (p *prepared) ref(name string) *columnRef {
	return &columnRef{name: name, spec: p.dataset.Columns[name]}
}

// finder finds a declared column in frames, for one worker: it remembers where
// the column was last.
type finder struct {
	*columnRef
	at   int
	none dataset.Column
}

func (c *columnRef) finder() *finder { return &finder{columnRef: c} }

func (p *prepared) finder(name string) *finder { return p.ref(name).finder() }

// in returns the column of a frame; one that the frame lacks is all missing.
//
// A frame lacks a column where the file of its rows does. The place is
// remembered since frames of one file have their columns in one order. What it
// returns is valid until the next call.
func (c *finder) in(f *dataset.Frame) *dataset.Column {
	if c.at < len(f.Columns) && f.Columns[c.at].Name == c.name {
		return &f.Columns[c.at]
	}
	for i := range f.Columns {
		if f.Columns[i].Name == c.name {
			c.at = i
			return &f.Columns[i]
		}
	}
	c.none = dataset.Column{Name: c.name, Type: c.spec.Type}
	if c.none.Coded() {
		c.none.Codes = slices.Repeat([]int32{dataset.MissingCode}, f.Rows)
	} else {
		c.none.Floats = slices.Repeat([]float64{math.NaN()}, f.Rows)
	}
	return &c.none
}

// coded reports whether the column holds texts.
func coded(c plan.Column) bool { return c.Type == plan.Category || c.Type == plan.Text }

// numberText writes a number as a table would have it: without an exponent
// where that is readable.
func numberText(v float64) string {
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e16 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// valueText writes a value that is not missing.
func valueText(c *dataset.Column, row int) string {
	if c.Type.Numeric() && c.Low == nil {
		return numberText(c.Floats[row])
	}
	return c.Value(row)
}

// typedText writes a statistic of a column of that type.
func typedText(t plan.ColumnType, v float64) string {
	if t == plan.Timestamp && !math.IsInf(v, 0) {
		c := dataset.Column{Type: t, Floats: []float64{v}}
		return c.Value(0)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// shown is a value as a report shows it: short, and masked where sensitive.
func (c *columnRef) shown(text string) string {
	if c.spec.Sensitive {
		return masked
	}
	return cut(text)
}

// cut shortens a text to maxShown bytes, the ellipsis included, at the
// beginning of a character.
func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown - len("…")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
