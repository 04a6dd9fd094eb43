package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model/onnx"
)

// Graph is an estimator in the ONNX format. Its scores are finished: probabilities
// or the value itself.
//
// Each of its inputs has the name of an encoded column and gets that column, a
// text input the category itself; or its only input gets all encoded columns in
// order.
type Graph struct {
	File []byte // as onnx.Decode reads it
}

// unseen is given for a category that training has not seen, or that is missing.
// It is no category, as no text of a dataset has this character.
const unseen = "\x00"

// graphEngine scores rows by a graph.
type graphEngine struct {
	program *onnx.Program
	width   int
	feeds   []feed
	texts   [][]string // by column: the categories of a column that is given as text
	order   []int      // by output: the graph's own column
	states  sync.Pool  // of *graphState
}

// feed is one element of an input, and the encoded column that it gets.
type feed struct {
	input  *onnx.Input
	at     int
	column int
}

type graphState struct {
	*onnx.State
	scores []float64
}

// compileGraph reads the graph and gives each of its inputs a column. It holds
// the graph to scores of the task, on a row of zeros.
func compileGraph(m *Model) (*graphEngine, error) {
	g, err := onnx.Decode(m.Graph.File)
	if err != nil {
		return nil, err
	}
	width := m.Encoder.Width()
	p, err := g.Compile(m.Task != plan.Regression, width)
	if err != nil {
		return nil, err
	}
	e := &graphEngine{program: p, width: width, texts: make([][]string, width)}
	e.states.New = func() any {
		return &graphState{State: p.NewState(), scores: make([]float64, p.Rows*p.Columns)}
	}
	if err := e.bind(m); err != nil {
		return nil, err
	}
	if e.order, err = outputOrder(m, p); err != nil {
		return nil, err
	}
	return e, e.probe(m)
}

// bind finds the column of each element of each input.
func (e *graphEngine) bind(m *Model) error {
	inputs, names := e.program.Inputs, m.Encoder.FeatureNames()
	plain := m.Encoder.ColumnNames()
	if len(inputs) == 1 && inputs[0].Columns == len(names) && !inputs[0].Text() {
		for j := range names {
			e.feeds = append(e.feeds, feed{&inputs[0], j, j})
		}
		return e.checkWhole(m)
	}
	var problems []error
	for i := range inputs {
		in := &inputs[i]
		at := slices.Index(names, in.Name)
		if at < 0 {
			at = slices.Index(plain, in.Name)
		}
		switch {
		case in.Columns != 1:
			problems = append(problems, fmt.Errorf("input %q takes %d columns, and there are %d: %s", in.Name, in.Columns,
				len(names), list(names)))
		case at < 0:
			problems = append(problems, fmt.Errorf("input %q is not a column: there are %s", in.Name, list(names)))
		case in.Text() && !m.Encoder.Fields[m.Encoder.Sources()[at]].texts():
			problems = append(problems, fmt.Errorf("input %q takes texts, and the column has numbers", in.Name))
		default:
			e.feeds = append(e.feeds, feed{in, 0, at})
			if in.Text() {
				e.texts[at] = append(slices.Clone(m.Encoder.Fields[m.Encoder.Sources()[at]].Categories), unseen)
			}
		}
	}
	if len(inputs) == 0 {
		problems = append(problems, errors.New("it has no inputs"))
	}
	problems = append(problems, e.checkWhole(m))
	return errors.Join(problems...)
}

// list writes the first names.
func list(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

// texts reports whether the field's column holds places of categories.
func (f *FieldEncoder) texts() bool { return f.coded() && !f.OneHot }

// checkWhole wants numbers that are never missing where a whole number is taken.
func (e *graphEngine) checkWhole(m *Model) error {
	sources := m.Encoder.Sources()
	for _, f := range e.feeds {
		field := &m.Encoder.Fields[sources[f.column]]
		if f.input.Whole() && !field.coded() && !field.Impute && m.Signature.Inputs[sources[f.column]].Nullable {
			return fmt.Errorf("input %q takes whole numbers, which cannot be missing, and %q may be: set preprocessing numeric "+
				"to median, or convert it with a float input", f.input.Name, field.Name)
		}
	}
	return nil
}

func (e *graphEngine) slot(v float64) uint64 { return math.Float64bits(v) }

// score runs the graph for as many rows at a time as it takes.
func (e *graphEngine) score(rows []uint64, n int, acc []float64) {
	s, _ := e.states.Get().(*graphState)
	defer e.states.Put(s)
	outputs := len(e.order)
	for from := 0; from < n; from += e.program.Rows {
		count := min(e.program.Rows, n-from)
		for r := range count {
			row := rows[(from+r)*e.width : (from+r+1)*e.width]
			for i := range e.feeds {
				f := &e.feeds[i]
				v := math.Float64frombits(row[f.column])
				if f.input.Text() {
					texts := e.texts[f.column]
					s.SetText(f.input, r, f.at, texts[min(int(v), len(texts)-1)])
					continue
				}
				s.Set(f.input, r, f.at, v)
			}
		}
		s.Run(count, s.scores)
		for r := range count {
			for k, at := range e.order {
				acc[(from+r)*outputs+k] = s.scores[r*e.program.Columns+at]
			}
		}
	}
}

// probe scores a row of zeros: what is beyond 0 and 1 there is no probability.
func (e *graphEngine) probe(m *Model) error {
	acc := make([]float64, len(e.order))
	e.score(make([]uint64, e.width), 1, acc)
	for _, v := range acc {
		if m.Task != plan.Regression && (v < 0 || v > 1) {
			return fmt.Errorf("its scores are not probabilities: %g for a row of zeros; convert it so that it returns "+
				"probabilities, or serve it as a pyfunc", v)
		}
	}
	return nil
}

// outputOrder says which of the graph's columns is each output. Classes are
// labels of the signature, by text or by number, or the places of labels as in
// prepare:train_features.csv.
func outputOrder(m *Model, p *onnx.Program) ([]int, error) {
	count := len(m.Signature.Labels)
	switch {
	case m.Task == plan.Regression && p.Columns == 1:
		return []int{0}, nil
	case m.Task == plan.Regression:
		return nil, fmt.Errorf("it predicts %d numbers a row, and the task is a regression", p.Columns)
	case m.Task == plan.Binary && p.Columns == 1:
		return []int{0}, nil
	case p.Columns != count:
		return nil, fmt.Errorf("it tells %d classes apart, and the data has %d", p.Columns, count)
	}
	order, err := classOrder(m.Signature.Labels, p)
	if err == nil && m.Task == plan.Binary {
		order = order[1:] // the positive class
	}
	return order, err
}

// classOrder is the column of each label.
func classOrder(labels []string, p *onnx.Program) ([]int, error) {
	places := make([]int, len(labels))
	for k := range places {
		places[k] = k
	}
	if p.Classes == nil {
		return places, nil
	}
	byName, byPlace := make([]int, len(labels)), p.Whole
	for k, label := range labels {
		byName[k] = slices.IndexFunc(p.Classes, func(class string) bool {
			v, ok := numberOf(label)
			w, also := numberOf(class)
			return class == label || p.Whole && ok && also && v == w
		})
		byPlace = byPlace && p.Classes[k] == fmt.Sprint(k)
	}
	named := !slices.Contains(byName, -1) && len(slices.Compact(slices.Sorted(slices.Values(byName)))) == len(labels)
	switch {
	case named && byPlace && !slices.Equal(byName, places):
		return nil, fmt.Errorf("its classes %q may be the labels %q or their places: train on the target as it is in "+
			"prepare:train_features.csv, or on texts", p.Classes, labels)
	case named:
		return byName, nil
	case byPlace:
		return places, nil
	}
	return nil, fmt.Errorf("its classes %q are not the labels %q, nor their places from 0 on", p.Classes, labels)
}
