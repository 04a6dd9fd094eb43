package model

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Encoder turns a frame's columns into a matrix. It is fitted on the training
// part only and holds every number it learnt.
type Encoder struct {
	Fields []FieldEncoder `json:"fields"` // one a signature input, in that order
}

// FieldEncoder encodes one input.
type FieldEncoder struct {
	Name string          `json:"name"`
	Type plan.ColumnType `json:"type"`
	// Numeric inputs: a missing value becomes Fill where Impute is set, else
	// stays NaN; then (v - Mean) / Scale where Scale is not 0. An infinite
	// value counts as missing.
	Impute bool    `json:"impute,omitempty"`
	Fill   float64 `json:"fill,omitempty"`
	Mean   float64 `json:"mean,omitempty"`
	Scale  float64 `json:"scale,omitempty"`
	// Coded inputs: OneHot gives a 0/1 column a category and one for unknown;
	// otherwise one column with the category's index, len(Categories) for unknown.
	// A missing category takes Mode where Impute is set, else it is unknown.
	OneHot     bool     `json:"one_hot,omitempty"`
	Categories []string `json:"categories,omitempty"` // sorted, distinct
	Mode       string   `json:"mode,omitempty"`
}

// Width returns the number of matrix columns that the encoder makes.
func (e *Encoder) Width() int {
	n := 0
	for i := range e.Fields {
		n += e.Fields[i].width()
	}
	return n
}

// Sources returns the input that each matrix column is made from.
func (e *Encoder) Sources() []int {
	out := make([]int, 0, e.Width())
	for i := range e.Fields {
		for range e.Fields[i].width() {
			out = append(out, i)
		}
	}
	return out
}

// FeatureNames returns a name a matrix column: the input's own, or
// "input=category" of a one-hot column and "input=<unknown>" of its last.
//
// Names may collide, where a column is called as another's category is written.
func (e *Encoder) FeatureNames() []string {
	names := make([]string, 0, e.Width())
	for i := range e.Fields {
		f := &e.Fields[i]
		if !f.OneHot {
			names = append(names, f.Name)
			continue
		}
		for _, c := range f.Categories {
			names = append(names, f.Name+"="+c)
		}
		names = append(names, f.Name+"=<unknown>")
	}
	return names
}

// forbidden are the characters that XGBoost ([, ] and <) or LightGBM (the signs
// of JSON) refuse in the name of a feature.
const forbidden = "[]<>{}:,\""

// ColumnNames returns the names of FeatureNames as files have them that models
// are trained from elsewhere: distinct, and without what libraries forbid, for
// which an underscore stands.
//
// The first with a name without forbidden characters keeps it, whatever comes
// before it: all of them are taken before the first name is made up. An input
// called "a=b" and the category "b" of an input "a" would have the same.
func (e *Encoder) ColumnNames() []string {
	names := e.FeatureNames()
	taken := make(map[string]bool, len(names))
	for _, n := range names {
		taken[n] = !strings.ContainsAny(n, forbidden)
	}
	kept := make(map[string]bool, len(names))
	for i, n := range names {
		if !strings.ContainsAny(n, forbidden) && !kept[n] {
			kept[n] = true
			continue
		}
		plain := strings.Map(func(c rune) rune {
			if strings.ContainsRune(forbidden, c) {
				return '_'
			}
			return c
		}, n)
		name := plain
		for k := 2; taken[name]; k++ {
			name = fmt.Sprintf("%s_%d", plain, k)
		}
		names[i], taken[name] = name, true
	}
	return names
}

// coded reports whether the input is a category or text.
func (f *FieldEncoder) coded() bool { return f.Type == plan.Category || f.Type == plan.Text }

func (f *FieldEncoder) width() int {
	if f.OneHot {
		return len(f.Categories) + 1
	}
	return 1
}

// number encodes a numeric value; NaN is missing.
//
// The fill value is scaled as any other, since moments were learnt after
// imputation. This function and code are the whole of the preprocessing:
// training, batches and requests all go through them.
func (f *FieldEncoder) number(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		if !f.Impute {
			return math.NaN()
		}
		v = f.Fill
	}
	if f.Scale != 0 {
		v = (v - f.Mean) / f.Scale
	}
	return v
}

// code returns the index of a category, len(Categories) where it is unknown.
func (f *FieldEncoder) code(category string) int32 {
	i := sort.SearchStrings(f.Categories, category)
	if i < len(f.Categories) && f.Categories[i] == category {
		return int32(i)
	}
	return int32(len(f.Categories))
}

// missing returns the code of a missing category.
func (f *FieldEncoder) missing() int32 {
	if f.Impute {
		return f.code(f.Mode)
	}
	return int32(len(f.Categories))
}
