package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// answers reads what a model's server predicts, as scikit-learn, XGBoost and
// LightGBM write it and MLflow serves it:
//
//   - a class: its text, or a number or a boolean where the class is written as
//     one;
//   - probabilities in the order of classes_, which is sorted: by number where
//     the classes are numbers, else by code point;
//   - an object with a probability a class, which is how MLflow writes a
//     DataFrame whose columns are the classes;
//   - of a binary task one probability, that of the class that sorts last.
//
// A form that fits a model in two ways is an error that says which forms fit in
// one: a guess would turn a model upside down without a word.
type answers struct {
	task    plan.Task
	labels  []string
	index   map[string]int
	numbers map[float64]int // classes that are written as numbers, where all are
	order   []int           // labels as classes_ has them; nil where numbers and texts sort in two ways
	// binary: a number between 0 and 1 is the probability of the positive class, and can be no other
	single   bool
	position bool // "0", "1", ... can be no class, so they are the columns of a DataFrame without names
}

// newAnswers works out once which forms are unambiguous for these classes; read
// then only looks them up. The order is that of numpy's unique, which sklearn's
// classes_ come from: by value for numbers, by code point for texts.
func newAnswers(task plan.Task, labels []string) *answers {
	a := &answers{task: task, labels: labels, index: map[string]int{}, numbers: map[float64]int{}}
	agrees := true // a number between 0 and 1 means the same as a class and as the probability of the last
	for i, label := range labels {
		a.index[label] = i
		if v, ok := numberOf(label); ok {
			a.numbers[v] = i
			agrees = agrees && (v < 0 || v > 1 || v == float64(i))
		}
	}
	byText := make([]int, len(labels))
	for i := range byText {
		byText[i] = i
	}
	slices.SortFunc(byText, func(x, y int) int { return strings.Compare(labels[x], labels[y]) })
	a.order, a.position = byText, len(a.numbers) == 0
	if len(a.numbers) < len(labels) {
		a.numbers = nil // some are no numbers, or two are the same one
	} else {
		byNumber := slices.SortedFunc(slices.Values(byText), func(x, y int) int {
			u, _ := numberOf(labels[x])
			v, _ := numberOf(labels[y])
			return cmp.Compare(u, v)
		})
		if !slices.Equal(byNumber, byText) {
			a.order = nil
		}
	}
	a.single = agrees && task == plan.Binary && len(a.order) == 2 && a.order[1] == 1
	return a
}

// numberOf is the number that a class is written as; of false and true it is 0
// and 1.
func numberOf(label string) (float64, bool) {
	switch strings.ToLower(label) {
	case "false":
		return 0, true
	case "true":
		return 1, true
	}
	v, err := strconv.ParseFloat(label, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// read turns a prediction into finished scores.
//
// scores has the shape of a program's finished scores: one number for a
// regression or a binary task, one a label otherwise. It is written only where
// no error is returned.
func (a *answers) read(found any, scores []float64) error {
	if list, ok := found.([]any); ok && len(list) == 1 {
		found = list[0] // a DataFrame or an array of one column
	}
	if row, ok := found.(map[string]any); ok {
		return a.object(row, scores)
	}
	if a.task == plan.Regression {
		v, ok := found.(float64)
		if !ok {
			return a.strange(found)
		}
		scores[0] = v
		return nil
	}
	switch v := found.(type) {
	case string:
		if at, ok := a.index[v]; ok {
			a.class(at, scores)
			return nil
		}
	case bool:
		if at, ok := a.boolean(v); ok {
			a.class(at, scores)
			return nil
		}
	case float64:
		if at, ok := a.numbers[v]; ok {
			a.class(at, scores)
			return nil
		}
		if a.single && v >= 0 && v <= 1 {
			scores[0] = v
			return nil
		}
	case []any:
		if a.order != nil && len(v) == len(a.labels) &&
			a.probabilities(func(label int) any { return v[slices.Index(a.order, label)] }, scores) {
			return nil
		}
	}
	return a.strange(found)
}

// object reads a record of a DataFrame.
//
// A record of one field whose name is not a class is the value in that field,
// whatever the field is called. Otherwise there must be a field for each class,
// each once.
func (a *answers) object(row map[string]any, scores []float64) error {
	if len(row) == 1 {
		for name, v := range row {
			if _, isClass := a.named(name); !isClass {
				return a.read(v, scores)
			}
		}
	}
	if a.task == plan.Regression || len(row) != len(a.labels) {
		return a.strange(row)
	}
	values := make([]any, len(a.labels))
	for name, v := range row {
		at, ok := a.named(name)
		if !ok && a.position {
			if at, ok = a.column(name); ok {
				at = a.order[at]
			}
		}
		if !ok || values[at] != nil {
			return a.strange(row)
		}
		values[at] = v
	}
	if !a.probabilities(func(label int) any { return values[label] }, scores) {
		return a.strange(row)
	}
	return nil
}

// named is the class that a column is called by.
//
// Names are compared as texts first and as numbers then: a DataFrame of classes
// 0 and 1 may come with the columns "0" and "1" or "0.0" and "1.0".
func (a *answers) named(name string) (int, bool) {
	if at, ok := a.index[name]; ok {
		return at, true
	}
	v, ok := numberOf(name)
	if !ok {
		return 0, false
	}
	at, ok := a.numbers[v]
	return at, ok
}

// column is the place of a column of a DataFrame without names.
func (a *answers) column(name string) (int, bool) {
	at, err := strconv.Atoi(name)
	return at, err == nil && at >= 0 && at < len(a.labels) && strconv.Itoa(at) == name
}

// boolean is the class that is written as the boolean in any case, where
// exactly one is: pandas writes True, Go and JSON true.
func (a *answers) boolean(v bool) (int, bool) {
	found := -1
	for i, label := range a.labels {
		if !strings.EqualFold(label, strconv.FormatBool(v)) {
			continue
		}
		if found >= 0 {
			return 0, false
		}
		found = i
	}
	return found, found >= 0
}

// class are the scores of a class without a probability.
func (a *answers) class(at int, scores []float64) {
	if a.task == plan.Binary {
		scores[0] = float64(at)
		return
	}
	clear(scores)
	scores[at] = 1
}

// probabilities reads the probability of each label and reports whether all are
// some.
//
// They need not add up to 1: rounding differs between servers, and each is
// within [0, 1]. Nothing is written to scores where one is not a probability.
func (a *answers) probabilities(of func(label int) any, scores []float64) bool {
	all := make([]float64, len(a.labels))
	for i := range all {
		p, ok := of(i).(float64)
		if !ok || p < 0 || p > 1 || math.IsNaN(p) {
			return false
		}
		all[i] = p
	}
	if a.task == plan.Binary {
		scores[0] = all[1]
		return true
	}
	copy(scores, all)
	return true
}

// shown is an answer as an error shows it: its first 100 characters, since it comes
// from foreign code and may be a long list.
func shown(found any) string {
	text := []rune(fmt.Sprint(found))
	if len(text) > 100 {
		return string(text[:100]) + "..."
	}
	return string(text)
}

// strange says what was answered and what would be understood.
func (a *answers) strange(found any) error {
	if a.task == plan.Regression {
		return fmt.Errorf("the model's server answered %s; a regression model answers a number", shown(found))
	}
	object := make([]string, len(a.labels))
	for i, label := range a.labels {
		object[i] = strconv.Quote(label) + ": p"
	}
	forms := []string{"a probability a class, {" + strings.Join(object, ", ") + "}"}
	if a.order != nil {
		sorted := make([]string, len(a.order))
		for i, at := range a.order {
			sorted[i] = "p of " + a.labels[at]
		}
		forms = append(forms, "the same as a list in the order of scikit-learn's classes_, ["+
			strings.Join(sorted, ", ")+"]")
	}
	if a.single {
		forms = append(forms, "the probability of "+a.labels[1])
	}
	text := fmt.Sprintf("the model's server answered %s; a %s model answers one of the classes %q, or %s", shown(found),
		a.task, a.labels, strings.Join(forms, ", or "))
	if a.order == nil {
		text += "; a list is not understood, since these classes sort in one way as numbers and in another as texts"
	}
	if v, ok := found.(float64); ok && a.task == plan.Binary && !a.single && v >= 0 && v <= 1 {
		text += "; a number alone is not understood, since it may be the probability of either class"
	}
	return fmt.Errorf("%s", text)
}
