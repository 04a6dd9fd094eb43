package train

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// maxOneHot bounds the columns that one input may become.
const maxOneHot = 1000

// checkFeatures returns an error for every feature that the frame lacks. A
// column that may be absent and is, is left out of the model.
func checkFeatures(spec Spec, frame *dataset.Frame) error {
	var problems []error
	present := 0
	for _, name := range spec.Model.Features {
		switch {
		case name == spec.Model.Target:
			problems = append(problems, fmt.Errorf("feature %q is the target", name))
		case frame.Column(name) != nil:
			present++
		case !spec.Dataset.Columns[name].Optional:
			problems = append(problems, fmt.Errorf("feature %q: the data has no such column", name))
		}
	}
	if present == 0 {
		problems = append(problems, errors.New("features: none is in the data"))
	}
	return errors.Join(problems...)
}

// FitEncoder learns the preprocessing from a frame of training rows: fill
// values, means and deviations (population), categories. It returns the inputs
// too, in the frame's column order.
//
// Numbers are imputed by the plan's median or mean, booleans by the more
// frequent value. A missing category is a category of its own, shared with
// unknown ones, where the training rows have some; where they have none nothing
// could be learnt of it and the most frequent category is in.
func FitEncoder(frame *dataset.Frame, spec Spec) (model.Encoder, []model.Field, error) {
	var e model.Encoder
	var inputs []model.Field
	var problems []error
	for i := range frame.Columns {
		c := &frame.Columns[i]
		if !slices.Contains(spec.Model.Features, c.Name) {
			continue
		}
		f := model.FieldEncoder{Name: c.Name, Type: c.Type}
		in := model.Field{Name: c.Name, Type: c.Type}
		if declared, ok := spec.Dataset.Columns[c.Name]; ok {
			in.Nullable = declared.Nullable || declared.Optional
			if texts := spec.Dataset.NullTexts(c.Name); !slices.Equal(texts, plan.DefaultNullValue()) {
				in.NullValue = texts
			}
			in.Anonymise = declared.Protection()
		}
		if c.Coded() {
			problems = append(problems, fitCategories(&f, c, spec))
			in.Categories = f.Categories
		} else {
			in.Min, in.Max = fitNumber(&f, c, spec.Model.Preprocessing)
		}
		e.Fields = append(e.Fields, f)
		inputs = append(inputs, in)
	}
	if err := errors.Join(problems...); err != nil {
		return e, nil, err
	}
	return e, inputs, e.Check()
}

// fitCategories learns the categories. Values outside of the declared ones, where
// values_mostly lets them be, are unknown, here as in a request.
//
// Dictionary entries that no row uses are left out, since a dictionary may be
// shared with rows outside the training part. Of equally frequent categories
// the first by name is the mode, whatever their order in the dictionary.
func fitCategories(f *model.FieldEncoder, c *dataset.Column, spec Spec) error {
	p, declared := spec.Model.Preprocessing, spec.Dataset.Columns[c.Name]
	counts := make([]int, len(c.Dict))
	missing := 0
	for _, code := range c.Codes {
		if code < 0 {
			missing++
			continue
		}
		counts[code]++
	}
	most := 0
	for code, n := range counts {
		text := c.Dict[code]
		if n == 0 {
			continue
		}
		// Protected values are exempt: their texts are pseudonyms or masks,
		// which cannot be among the declared ones.
		if declared.ValuesMostly > 0 && declared.Protection() == "" && !slices.Contains(declared.Values, text) {
			missing += n
			continue
		}
		f.Categories = append(f.Categories, text)
		if n > most || n == most && text < f.Mode {
			f.Mode, most = text, n
		}
	}
	slices.Sort(f.Categories)
	f.OneHot = p.Categorical != "ordinal"
	f.Impute = missing == 0 && most > 0
	if !f.Impute {
		f.Mode = ""
	}
	if f.OneHot && len(f.Categories) > maxOneHot {
		return fmt.Errorf("feature %q: one_hot would make a column of each of its %d values, more than %d: set preprocessing.categorical to \"ordinal\", or leave the feature out",
			c.Name, len(f.Categories), maxOneHot)
	}
	return nil
}

// fitNumber returns the least and greatest value too, 0 and 0 where none is there.
//
// Min and max are of finite values; they go into the signature, for a request's
// checks. Where nothing is imputed, missing values have no part in mean and
// deviation.
func fitNumber(f *model.FieldEncoder, c *dataset.Column, p plan.Preprocessing) (low, high float64) {
	values := make([]float64, 0, len(c.Floats))
	for _, v := range c.Floats {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
		}
	}
	if len(values) > 0 {
		low, high = slices.Min(values), slices.Max(values)
	}
	missing := len(c.Floats) - len(values)
	if f.Impute = p.Numeric != "none"; f.Impute {
		switch {
		case c.Type == plan.Boolean:
			// The mean of 0s and 1s, rounded, is the more frequent value; a tie
			// is 1.
			f.Fill = math.Round(mean(values))
		case p.Numeric == "mean":
			f.Fill = mean(values)
		default:
			f.Fill = median(values)
		}
	} else {
		missing = 0
	}
	if p.Scale && c.Type != plan.Boolean {
		f.Mean, f.Scale = moments(values, f.Fill, missing)
	}
	return low, high
}

// mean returns 0 for no values.
func mean(values []float64) float64 {
	m := 0.0
	for i, v := range values {
		m += (v - m) / float64(i+1)
	}
	return m
}

// median reorders the values; it returns 0 for none, the mean of the middle
// two for an even number.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1] + (values[n/2]-values[n/2-1])/2
}

// moments returns mean and population standard deviation of the values and of
// as many copies of fill as are missing; 1 for a deviation of 0, as
// scikit-learn's StandardScaler.
//
// The deviation is that of the values after imputation, which is what the model
// sees. One that is nothing but rounding errors beside the mean counts as 0:
// dividing by it would blow them up.
func moments(values []float64, fill float64, missing int) (center, deviation float64) {
	n := float64(len(values) + missing)
	if n == 0 {
		return 0, 1
	}
	m := mean(values)
	center = m + (fill-m)*float64(missing)/n
	sum := float64((fill-center)*(fill-center)) * float64(missing)
	for _, v := range values {
		sum += float64((v - center) * (v - center))
	}
	deviation = math.Sqrt(sum / n)
	if deviation == 0 || math.IsInf(deviation, 0) || deviation <= 1e-14*math.Abs(center) {
		return center, 1
	}
	return center, deviation
}
