package drift

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// maxRows bounds counts, so that sums of them neither overflow nor lose digits
// as floats.
const maxRows = 1 << 50

// Check returns every reason for which nothing could be compared with the
// reference. What is read from anywhere is checked before it is used.
//
// A reference is read from stores and bundles, so nothing in it is trusted:
// what is indexed by its lengths or divided by its sums is checked here.
func (r *Reference) Check() error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if r.Version != referenceVersion {
		return fmt.Errorf("drift reference of version %d, this program reads version %d; train the model again",
			r.Version, referenceVersion)
	}
	if r.Rows < 0 || r.Rows > maxRows {
		say("%s", plan.Counted(r.Rows, "row"))
	}
	if len(r.Columns) == 0 || len(r.Columns) > maxProfiles {
		say("%s, a reference has 1 to %d", plan.Counted(len(r.Columns), "column"), maxProfiles)
	}
	seen := map[string]bool{}
	for i := range r.Columns[:min(len(r.Columns), maxProfiles)] {
		p := &r.Columns[i]
		if seen[p.Column] {
			say("column %q: there twice", p.Column)
		}
		seen[p.Column] = true
		if err := errors.Join(p.check(r.Rows), p.checkNames()); err != nil {
			say("column %q: %w", p.Column, err)
		}
	}
	if r.Score.Rows < 0 || r.Score.Rows > maxRows {
		say("scores: %s", plan.Counted(r.Score.Rows, "row"))
	}
	if err := r.Score.check(r.Score.Rows); err != nil || !r.Score.numeric() {
		say("scores: they are numbers (%w)", cmp.Or(err, fmt.Errorf("found %s", r.Score.Type)))
	}
	if (r.Label == nil) != (len(r.Labels) == 0) {
		say("labels: their counts are missing or there are none to count")
	}
	if r.Label != nil {
		if err := r.Label.check(r.Score.Rows); err != nil || r.Label.numeric() ||
			!slices.Equal(r.Label.Categories, r.Labels) {
			say("labels: the counts do not fit %q (%w)", r.Labels, cmp.Or(err, errors.New("other names")))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("drift reference: %w", err)
	}
	return nil
}

// numeric reports whether the profile is of numbers.
func (p *Profile) numeric() bool { return p.Type.Numeric() || p.Type == plan.Timestamp }

// check looks at one profile of so many rows: that it has what its type has and
// nothing else.
func (p *Profile) check(rows int64) error {
	switch p.Type {
	case plan.Number, plan.Integer, plan.Timestamp:
		if len(p.Categories) > 0 || p.Other != 0 {
			return errors.New("numbers have no categories")
		}
	case plan.Category, plan.Text, plan.Boolean:
		if len(p.Values) > 0 {
			return errors.New("categories have no values")
		}
	default:
		return fmt.Errorf("type %q is not a column type", p.Type)
	}
	if p.Type == plan.Boolean && !slices.Equal(p.Categories, []string{"false", "true"}) {
		return errors.New("a boolean is false or true")
	}
	return errors.Join(p.checkCounts(rows), p.checkNumbers())
}

// checkCounts makes sure that values, the rest and missing ones add up to the
// rows exactly. The running sum is compared before each addition, so it stays
// within a few times the rows and cannot overflow for any number of rows that
// Check allows.
func (p *Profile) checkCounts(rows int64) error {
	if len(p.Counts) != len(p.Values)+len(p.Categories) {
		return fmt.Errorf("%d counts of %d values or categories", len(p.Counts), len(p.Values)+len(p.Categories))
	}
	if p.Rows != rows || p.Missing < 0 || p.Other < 0 || p.Missing > p.Rows || p.Other > p.Rows {
		return fmt.Errorf("%d rows, %d missing and %d others of a reference of %d rows",
			p.Rows, p.Missing, p.Other, rows)
	}
	sum := p.Missing + p.Other
	for _, c := range p.Counts {
		if c < 0 || c > p.Rows || sum > p.Rows {
			return fmt.Errorf("a count of %d in %d rows", c, p.Rows)
		}
		sum += c
	}
	if sum != p.Rows {
		return fmt.Errorf("counts and missing values make %d of %d rows", sum, p.Rows)
	}
	return nil
}

// checkNumbers needs the values in strictly ascending order, which the walks of
// all tests of numbers rely on. v-v is 0 for finite numbers only, and the
// comparison of the importance is written so that NaN fails it.
func (p *Profile) checkNumbers() error {
	for i, v := range p.Values {
		if v-v != 0 || i > 0 && p.Values[i-1] >= v {
			return fmt.Errorf("value %d: %g is not finite or not in ascending order", i, v)
		}
	}
	if !(p.Importance >= 0) || math.IsInf(p.Importance, 0) {
		return fmt.Errorf("an importance of %g", p.Importance)
	}
	if p.Mean-p.Mean != 0 || p.Std-p.Std != 0 || p.Std < 0 || p.Distinct < int64(len(p.Values)) {
		return fmt.Errorf("mean %g and standard deviation %g of %d distinct values", p.Mean, p.Std, p.Distinct)
	}
	return nil
}

// checkNames holds for the categories of features; labels have their own order.
func (p *Profile) checkNames() error {
	for i, c := range p.Categories {
		if i > 0 && p.Categories[i-1] >= c || !nameable(c) {
			return fmt.Errorf("category %q: out of order, there twice, too long or not UTF-8", c)
		}
	}
	return nil
}

// sample is the profile's numbers as a sample.
func (p *Profile) sample() statistic.Sample {
	return statistic.Sample{Values: p.Values, Counts: p.Counts, N: p.Rows - p.Missing}
}

// slack is how many rows more or fewer may lie below a number than Values say:
// half of what one order statistic stands for, 0 where all values are kept.
//
// Two values are the ends, which count for one row each. The number of rows a
// group is rounded up, as is its half: too much slack costs power, too little
// would cost the rate of false alarms.
func (p *Profile) slack() int64 {
	if !p.Grouped {
		return 0
	}
	groups := int64(max(len(p.Values)-2, 1))
	return ((p.Rows-p.Missing+groups-1)/groups + 1) / 2
}

// rank orders names by how often they occur, then by name.
func rank(counts map[string]int64) []string {
	names := make([]string, 0, len(counts))
	for n := range counts {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return names
}
