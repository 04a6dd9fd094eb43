package draft

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

const (
	// fewClasses is up to how many whole numbers are taken for classes.
	fewClasses = 10
	// perClass is how many rows a class has on average at least, of a target that
	// has many.
	perClass = 2
)

// choice is what a draft takes the target for.
type choice struct {
	column  plan.Column
	classes map[string]int64 // rows by class; nil for a number
	notes   []string         // why, and how to get the other
}

// choose takes the target for classes or for a number, by its values.
func choose(target string, c plan.Column, in *dataset.Inferred) (choice, error) {
	seen := in.Seen[target]
	if w := seen.Written; w != nil {
		return choice{}, fmt.Errorf("target %q would be read as text: it has %s, such as %q; %s", target,
			w.How, w.Example, w.Fix())
	}
	if len(seen.Counts) == 1 {
		return choice{}, fmt.Errorf("target %q is %q wherever it has a value, so there is nothing to learn",
			target, first(seen.Counts))
	}
	switch {
	case c.Type == plan.Timestamp:
		return choice{}, fmt.Errorf("target %q is a timestamp, which no model predicts; predict a category, a boolean or a number", target)
	case c.Type.Numeric():
		return numeric(target, c, seen), nil
	}
	counts := seen.Counts
	if counts == nil || len(counts) > dataset.MaxValues && int64(len(counts)*perClass) > in.Rows {
		return choice{}, fmt.Errorf("target %q has %s in %s, which tell rows apart and not classes; predict a category, a boolean or a number",
			target, distinct(counts), plan.Counted(in.Rows, "row"))
	}
	out := choice{column: asClasses(c, counts), classes: counts}
	if len(counts) > dataset.MaxValues {
		out.notes = append(out.notes, "It has "+plan.Counted(len(counts), "class")+".")
	}
	return out, nil
}

// numeric decides on a target of numbers: two values, or a few whole numbers
// that come more than once, are taken for classes.
func numeric(target string, c plan.Column, seen dataset.Seen) choice {
	n := len(seen.Counts)
	few := n == 2 || c.Type == plan.Integer && n > 0 && n <= fewClasses &&
		slices.Min(slices.Collect(maps.Values(seen.Counts))) >= perClass
	if !few || !oneTextEach(seen.Counts) {
		return choice{column: c}
	}
	values := slices.Sorted(maps.Keys(seen.Counts))
	return choice{
		column: asClasses(c, seen.Counts), classes: seen.Counts,
		notes: []string{fmt.Sprintf("Are its %d values (%s) classes, or a number? Init takes them for classes. To predict a number, declare the column %s: {type: %q} and say require: metrics: r2: >0 below, without positive.",
			n, plain(values), strconv.Quote(target), c.Type)},
	}
}

// oneTextEach reports whether no number is written in two ways.
func oneTextEach(counts map[string]int64) bool {
	seen := map[float64]bool{}
	for text := range counts {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

func asClasses(c plan.Column, counts map[string]int64) plan.Column {
	c.Type, c.Values = plan.Category, slices.Sorted(maps.Keys(counts))
	return c
}

func first(counts map[string]int64) string { return slices.Min(slices.Collect(maps.Keys(counts))) }

func distinct(counts map[string]int64) string {
	if counts == nil {
		return "more than 1000 different values"
	}
	return fmt.Sprintf("%d different values", len(counts))
}
