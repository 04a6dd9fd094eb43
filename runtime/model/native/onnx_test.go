package native_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
	"github.com/ashlar-dev/ashlar/runtime/model/onnx"
)

func graph(t *testing.T, name string) *native.Imported {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "onnx", "testdata", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := native.Decode(plan.ONNX, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// people is a signature of two numbers and a category, and the encoder of a
// blueprint's defaults.
func people(labels ...string) (model.Signature, model.Encoder) {
	return model.Signature{Target: "outcome", Labels: labels, Inputs: []model.Field{
			{Name: "age", Type: plan.Integer}, {Name: "income", Type: plan.Number, Nullable: true},
			{Name: "home", Type: plan.Category, Categories: []string{"own", "rent"}}}},
		model.Encoder{Fields: []model.FieldEncoder{
			{Name: "age", Type: plan.Integer, Impute: true, Fill: 30, Mean: 30, Scale: 2},
			{Name: "income", Type: plan.Number, Impute: true, Fill: 7},
			{Name: "home", Type: plan.Category, OneHot: true, Categories: []string{"own", "rent"}}}}
}

func TestAGraphIsGivenTheDatasetsOwnColumns(t *testing.T) {
	sig, enc := people("good", "bad")
	m, err := graph(t, "table").Model("m", plan.Binary, sig, enc)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		t.Fatal(err)
	}
	kept, err := model.Decode(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	frame := &dataset.Frame{Rows: 3, Columns: []dataset.Column{
		{Name: "age", Type: plan.Integer, Floats: []float64{30, 70, 40}},
		{Name: "income", Type: plan.Number, Floats: []float64{1, math.NaN(), 2}},
		{Name: "home", Type: plan.Category, Dict: []string{"rent", "own", "boat"}, Codes: []int32{1, 0, 2}}}}
	want := []float64{1 / (1 + math.Exp(1.25)), 1 / (1 + math.Exp(-3.75)), 1 / (1 + math.Exp(-0.25))}
	got, err := kept.Predict(frame)
	if err != nil {
		t.Fatal(err)
	}
	s := kept.NewScorer()
	for i, p := range want {
		if math.Abs(got.Proba[i]-p) > 1e-7 {
			t.Errorf("row %d: %v, want %v", i, got.Proba[i], p)
		}
		s.Reset()
		s.SetFloat(0, frame.Columns[0].Floats[i])
		s.SetFloat(1, frame.Columns[1].Floats[i])
		s.SetText(2, []string{"own", "rent", "boat"}[i])
		if one := s.Score(); one.Probability != got.Proba[i] {
			t.Errorf("row %d alone: %v, in a batch %v", i, one.Probability, got.Proba[i])
		}
	}
	if _, err := explain.New(kept); err == nil || !strings.Contains(err.Error(), "ONNX graph") {
		t.Errorf("explaining a graph: %v", err)
	}
	if allocs := testing.AllocsPerRun(100, func() { s.Score() }); allocs > 0 {
		t.Errorf("%v allocations a row", allocs)
	}
}

func TestAGraphOfOneInputIsGivenTheEncodedColumns(t *testing.T) {
	for _, c := range []struct {
		name   string
		task   plan.Task
		labels []string
	}{
		{"forest_three", plan.Multiclass, []string{"x", "y", "z"}}, {"forest_number", plan.Regression, nil},
		{"forest_two", plan.Binary, []string{"yes", "no"}}, {"boosting_two", plan.Binary, []string{"a", "b"}},
	} {
		want, frame := tabled(t, c.name)
		sig, enc := model.Signature{Target: "y", Labels: c.labels}, model.Encoder{}
		for _, n := range []string{"a", "b", "c", "d"} {
			sig.Inputs = append(sig.Inputs, model.Field{Name: n, Type: plan.Number})
			enc.Fields = append(enc.Fields, model.FieldEncoder{Name: n, Type: plan.Number, Mean: 1, Scale: 0.5})
		}
		for j := range frame.Columns { // as they are before the encoder
			for i, v := range frame.Columns[j].Floats {
				frame.Columns[j].Floats[i] = v*0.5 + 1
			}
		}
		m, err := graph(t, c.name).Model("m", c.task, sig, enc)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := scores(t, m, frame)
		for i, row := range want {
			if c.name == "forest_two" { // its classes are no and yes, and yes is the first label here
				slices.Reverse(row)
			}
			if c.task == plan.Binary {
				row = row[1:]
			}
			for k, v := range row {
				if math.Abs(got[i*len(row)+k]-v) > 5e-6 {
					t.Errorf("%s: row %d output %d: %v, the library's is %v", c.name, i, k, got[i*len(row)+k], v)
				}
			}
		}
	}
}

// tabled reads the rows of a model with one input, and the library's scores.
func tabled(t *testing.T, name string) ([][]float64, *dataset.Frame) {
	t.Helper()
	var k struct {
		Inputs  struct{ X [][]float64 }
		Library [][]float64
	}
	if err := decodeJSON(filepath.Join("..", "onnx", "testdata", name+".json"), &k); err != nil {
		t.Fatal(err)
	}
	f := &dataset.Frame{Rows: len(k.Library)}
	for j, name := range []string{"a", "b", "c", "d"} {
		c := dataset.Column{Name: name, Type: plan.Number}
		for _, r := range k.Inputs.X {
			c.Floats = append(c.Floats, r[j])
		}
		f.Columns = append(f.Columns, c)
	}
	return k.Library, f
}

func renamed(s *model.Signature, e *model.Encoder) {
	s.Inputs[0].Name, e.Fields[0].Name = "years", "years"
}

func numbered(s *model.Signature, e *model.Encoder) {
	s.Inputs[2] = model.Field{Name: "home", Type: plan.Number}
	e.Fields[2] = model.FieldEncoder{Name: "home", Type: plan.Number}
}

func cut(s *model.Signature, e *model.Encoder) { s.Inputs, e.Fields = s.Inputs[:1], e.Fields[:1] }

func TestGraphsThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		graph  string
		task   plan.Task
		labels []string
		change func(*model.Signature, *model.Encoder)
		want   string
	}{
		"a regression of two classes":    {"table", plan.Regression, nil, nil, "predicts 2 numbers a row"},
		"three classes of two":           {"table", plan.Multiclass, []string{"a", "b", "c"}, nil, "2 classes apart"},
		"other classes":                  {"table", plan.Binary, []string{"a", "b"}, nil, `are not the labels ["a" "b"]`},
		"four columns of three":          {"forest_two", plan.Binary, []string{"no", "yes"}, nil, "takes 4 columns"},
		"a column that is not there":     {"table", plan.Binary, []string{"good", "bad"}, renamed, `input "age" is not a column`},
		"texts of numbers":               {"table", plan.Binary, []string{"good", "bad"}, numbered, "takes texts, and the column has numbers"},
		"scores that are not in 0 and 1": {"one_0_none_mixed", plan.Binary, []string{"a", "b"}, cut, "not probabilities"},
	} {
		t.Run(name, func(t *testing.T) {
			sig, enc := people(c.labels...)
			if c.change != nil {
				c.change(&sig, &enc)
			}
			_, err := graph(t, c.graph).Model("m", c.task, sig, enc)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestClassesThatMayMeanTwoThingsAreRefused(t *testing.T) {
	for _, c := range []struct {
		labels []string
		want   string
	}{{[]string{"0", "1"}, ""}, {[]string{"no", "yes"}, ""}, {[]string{"1", "0"}, "may be the labels"}} {
		sig, enc := model.Signature{Target: "y", Labels: c.labels}, model.Encoder{}
		for _, n := range []string{"a", "b", "c", "d"} {
			sig.Inputs = append(sig.Inputs, model.Field{Name: n, Type: plan.Number})
			enc.Fields = append(enc.Fields, model.FieldEncoder{Name: n, Type: plan.Number})
		}
		_, err := graph(t, "boosting_two").Model("m", plan.Binary, sig, enc)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.labels, err, c.want)
		}
	}
}

func TestAnUnknownOperatorIsRefusedWithTheWayOut(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "onnx", "testdata", "table.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := native.Decode(plan.ONNX, bytes.NewReader(bytes.Replace(b, []byte("Imputer"), []byte("Impeter"), 1)))
	if err != nil {
		t.Fatal(err)
	}
	sig, enc := people("good", "bad")
	_, err = m.Model("m", plan.Binary, sig, enc)
	var unsupported *onnx.Unsupported
	const want = "Impeter is not one that the runtime computes; serve it as a pyfunc"
	if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
