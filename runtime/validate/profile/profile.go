// Package profile describes the columns of a dataset: how many values there are
// and are missing, how they lie, how many are distinct and which are frequent.
//
// A profile holds beside its figures the state that they came from, so that the
// profiles of partitions can be merged, later and elsewhere, into exactly the
// profile that one pass over all of them would have given: every part of the
// state is a function of the rows as a bag, whatever their order and however
// they were cut. What is exact, and what a sketch of bounded size:
//
//   - counts, missing values, least and greatest value, mean and standard
//     deviation are exact (package moment rounds them once);
//   - quantiles, histogram and frequent numbers are exact while a column has no
//     more than Limit distinct numbers. Beyond, numbers are counted by cells,
//     the leading bits of their float64, as many bits as give no more than Limit
//     cells; quantiles then lie in the right cell, whose width relative to the
//     number is QuantileError, and no frequent numbers are told;
//   - the number of distinct values is exact up to Limit, and a HyperLogLog
//     estimate with a standard error of 1.6 % beyond;
//   - frequent texts are exact up to Limit distinct ones and not told beyond.
//
// Of sensitive columns neither values nor extremes are told, and numbers are
// counted in a few coarse cells only.
package profile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Profile describes a dataset. It is JSON-safe.
type Profile struct {
	Rows    int64    `json:"rows"`
	Columns []Column `json:"columns"` // in the order of the table
}

// Column describes one column. Statistics of numbers are of finite values; nil
// is undefined, or not told of a sensitive column.
type Column struct {
	Name           string          `json:"name"`
	Type           plan.ColumnType `json:"type"`
	Sensitive      bool            `json:"sensitive,omitempty"`
	Count          int64           `json:"count"` // values that are not missing
	Missing        int64           `json:"missing"`
	MissingPercent float64         `json:"missing_percent"`
	Infinite       int64           `json:"infinite,omitempty"`

	// Min and Max are numbers of JSON, of an integer column with all their digits.
	Min   json.Number `json:"min,omitempty"`
	Max   json.Number `json:"max,omitempty"`
	Mean  *float64    `json:"mean,omitempty"`
	Stdev *float64    `json:"stdev,omitempty"` // ddof 1

	Quantiles []Quantile `json:"quantiles,omitempty"`
	// QuantileError bounds the relative error of quantiles; 0 is exact.
	QuantileError float64 `json:"quantile_error,omitempty"`

	Distinct      int64      `json:"distinct"`
	DistinctExact bool       `json:"distinct_exact"`
	Top           []Frequent `json:"top,omitempty"`
	Histogram     *Histogram `json:"histogram,omitempty"`

	State State `json:"state"`
}

// Quantile is the value at the nearest rank.
type Quantile struct {
	Quantile float64 `json:"quantile"`
	Value    float64 `json:"value"`
}

// Frequent is a value and how often it occurs.
type Frequent struct {
	Value   string  `json:"value"`
	Count   int64   `json:"count"`
	Percent float64 `json:"percent"` // of the values that are not missing
}

// Histogram counts finite values in bins of equal width, each without its upper
// edge but for the last.
type Histogram struct {
	Edges  []float64 `json:"edges"` // one more than counts
	Counts []int64   `json:"counts"`
}

// Merge returns the profile of all parts' rows. Columns come in the order of
// the first part that has them; a part without a column lacks it in all rows. A
// part that is damaged, or of other types, is an error.
//
// Parts are not changed. The problems of all parts are reported together, and
// then the profile is not usable.
func Merge(parts ...*Profile) (*Profile, error) {
	out := &Profile{}
	var sketches []*Sketch
	at := map[string]int{}
	var problems []error
	for i, part := range parts {
		columns := slices.Clone(part.Columns)
		if i > 0 { // what earlier parts lack comes last, by name
			slices.SortFunc(columns, func(a, b Column) int { return cmp.Compare(a.Name, b.Name) })
		}
		there := map[string]bool{}
		for _, c := range columns {
			s, err := c.sketch(part.Rows)
			if err == nil && there[c.Name] {
				err = errors.New("occurs twice")
			}
			there[c.Name] = true
			if err != nil {
				problems = append(problems, fmt.Errorf("profile %d: column %s: %w", i, c.Name, err))
				continue
			}
			if _, ok := at[c.Name]; !ok {
				at[c.Name] = len(sketches)
				// The first part's sketch is merged into an empty one, so that
				// it is treated as all others. Rows of earlier parts lacked the
				// column.
				own := NewSketch(c.Name, s.spec, s.limit)
				own.missing = out.Rows
				sketches = append(sketches, own)
			}
			if err := sketches[at[c.Name]].Merge(s); err != nil {
				problems = append(problems, fmt.Errorf("profile %d: column %s: %w", i, c.Name, err))
			}
		}
		for _, s := range sketches {
			if !there[s.name] {
				s.missing += part.Rows
			}
		}
		out.Rows += part.Rows
	}
	for _, s := range sketches {
		out.Columns = append(out.Columns, s.Column())
	}
	return out, errors.Join(problems...)
}
