package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// What a model may hold at most. The limits are far above what trains here and
// keep a hostile file from asking for absurd work.
const (
	maxInputs  = 10_000
	maxColumns = 1 << 20
	maxLabels  = 10_000
)

// Check returns every reason for which the model could not score: a signature,
// an encoder and an estimator that do not fit together, trees that are not
// trees, numbers that are not finite. Nil means that Predict cannot fail on a
// frame that has the inputs.
func (m *Model) Check() error {
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	note(m.checkLabels())
	note(m.checkParams())
	note(m.Encoder.Check())
	note(m.checkInputs())
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if err := m.checkEstimator(); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// checkLabels compares the number of labels with the task and wants each label
// once. Labels go into JSON answers, so they are UTF-8.
func (m *Model) checkLabels() error {
	labels := m.Signature.Labels
	switch m.Task {
	case plan.Binary:
		if len(labels) != 2 {
			return fmt.Errorf("labels: a binary task has 2, not %d", len(labels))
		}
	case plan.Multiclass:
		if len(labels) < 2 || len(labels) > maxLabels {
			return fmt.Errorf("labels: a multiclass task has 2 to %d, not %d", maxLabels, len(labels))
		}
	case plan.Regression:
		if len(labels) != 0 {
			return fmt.Errorf("labels: a regression has none, not %d", len(labels))
		}
	default:
		return fmt.Errorf("task: %q is not one of binary, multiclass, regression", m.Task)
	}
	seen := make(map[string]bool, len(labels))
	for _, l := range labels {
		if seen[l] || !utf8.ValidString(l) {
			return fmt.Errorf("labels: %q is there twice or is not UTF-8", l)
		}
		seen[l] = true
	}
	return nil
}

// checkParams allows the types that JSON decodes to, so that a model that is
// decoded equals the one that was encoded.
func (m *Model) checkParams() error {
	for name, v := range m.Params {
		switch v.(type) {
		case nil, bool, float64, string:
		default:
			return fmt.Errorf("params: %s is neither number, text nor flag", name)
		}
	}
	return nil
}

// checkInputs wants the signature's inputs and the encoder's fields to be the
// same, in one order: requests are checked by the one and encoded by the other,
// by position.
func (m *Model) checkInputs() error {
	inputs, fields := m.Signature.Inputs, m.Encoder.Fields
	if len(inputs) != len(fields) {
		return fmt.Errorf("signature: %d inputs for an encoder of %d", len(inputs), len(fields))
	}
	for i := range inputs {
		if inputs[i].Name != fields[i].Name || inputs[i].Type != fields[i].Type {
			return fmt.Errorf("signature: input %d is %s %q, the encoder's is %s %q",
				i, inputs[i].Type, inputs[i].Name, fields[i].Type, fields[i].Name)
		}
		if c := inputs[i].Categories; len(c) > 0 && !slices.Equal(c, fields[i].Categories) {
			return fmt.Errorf("signature: other categories of %q than the encoder's", inputs[i].Name)
		}
		if inputs[i].Name == m.Signature.Target {
			return fmt.Errorf("signature: input %d is the target %q", i, inputs[i].Name)
		}
	}
	return nil
}

// Check returns the first field that could not encode a value.
func (e *Encoder) Check() error {
	if len(e.Fields) == 0 || len(e.Fields) > maxInputs {
		return fmt.Errorf("encoder: a model has 1 to %d inputs, not %d", maxInputs, len(e.Fields))
	}
	seen := make(map[string]bool, len(e.Fields))
	for i := range e.Fields {
		f := &e.Fields[i]
		if seen[f.Name] {
			return fmt.Errorf("encoder: input %q is there twice", f.Name)
		}
		seen[f.Name] = true
		if err := f.check(); err != nil {
			return fmt.Errorf("encoder: input %q: %w", f.Name, err)
		}
	}
	if w := e.Width(); w > maxColumns {
		return fmt.Errorf("encoder: %d encoded columns, at most %d", w, maxColumns)
	}
	return nil
}

// check wants the settings of the field's kind and none of the other: a setting
// that nothing reads would be in the digest without an effect. A scale of 0
// means that nothing is scaled.
func (f *FieldEncoder) check() error {
	if f.Name == "" || !utf8.ValidString(f.Name) {
		return errors.New("a name is UTF-8 text and not empty")
	}
	switch f.Type {
	case plan.Category, plan.Text:
		return f.checkCategories()
	case plan.Number, plan.Integer, plan.Boolean, plan.Timestamp:
	default:
		return fmt.Errorf("type %q is not a column type", f.Type)
	}
	if f.OneHot || len(f.Categories) > 0 || f.Mode != "" {
		return fmt.Errorf("a %s has no categories", f.Type)
	}
	if !finite(f.Fill) || !finite(f.Mean) || !finite(f.Scale) || f.Scale < 0 {
		return fmt.Errorf("fill %g, mean %g and scale %g must be finite, the scale not negative", f.Fill, f.Mean,
			f.Scale)
	}
	return nil
}

// checkCategories wants the categories in strictly ascending order, which code
// searches by. Where missing values are imputed the mode must be one of them;
// the empty text is a possible category, so an empty mode says nothing by
// itself.
func (f *FieldEncoder) checkCategories() error {
	if f.Fill != 0 || f.Mean != 0 || f.Scale != 0 {
		return fmt.Errorf("a %s has no fill, mean or scale", f.Type)
	}
	for i, c := range f.Categories {
		if !utf8.ValidString(c) {
			return fmt.Errorf("category %q is not UTF-8: save the file as UTF-8", c)
		}
		if i > 0 && f.Categories[i-1] >= c {
			return fmt.Errorf("category %q is out of order or there twice", c)
		}
	}
	if _, ok := slices.BinarySearch(f.Categories, f.Mode); f.Impute && !ok || !f.Impute && f.Mode != "" {
		return fmt.Errorf("mode %q does not fit the categories", f.Mode)
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
