package native_test

import (
	"bytes"
	"encoding/json"
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
)

// kinds are the models of testdata/more.py.
var kinds = map[string]struct {
	task   plan.Task
	labels []string
}{
	"dart":                  {plan.Binary, []string{"no", "yes"}},
	"dart_classes":          {plan.Multiclass, []string{"x", "y", "z"}},
	"categories":            {plan.Binary, []string{"no", "yes"}},
	"categories_regression": {plan.Regression, nil},
}

// known is what XGBoost itself says of the rows.
type known struct {
	Rows          [][]*float64  `json:"rows"`
	Predictions   [][]float64   `json:"predictions"`
	Contributions [][][]float64 `json:"contributions"`
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decodeJSON(file string, into any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func knownOf(t *testing.T, name string) (known, *dataset.Frame) {
	t.Helper()
	var k known
	if err := decodeJSON(filepath.Join("testdata", name+".rows.json"), &k); err != nil {
		t.Fatal(err)
	}
	if len(k.Rows) < 90 || len(k.Predictions) != len(k.Rows) || len(k.Contributions) != len(k.Rows) {
		t.Fatalf("%d rows, %d predictions, %d contributions", len(k.Rows), len(k.Predictions), len(k.Contributions))
	}
	f := &dataset.Frame{Rows: len(k.Rows)}
	for j, name := range []string{"a", "b", "c", "d"} {
		c := dataset.Column{Name: name, Type: plan.Number}
		for _, r := range k.Rows {
			if r[j] == nil {
				c.Floats = append(c.Floats, math.NaN())
				continue
			}
			c.Floats = append(c.Floats, *r[j])
		}
		f.Columns = append(f.Columns, c)
	}
	return k, f
}

func modelOf(t *testing.T, flavor string, b []byte, task plan.Task, labels []string) *model.Model {
	t.Helper()
	imported, err := native.Decode(flavor, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	sig, enc := model.Signature{Target: "y", Labels: labels}, model.Encoder{}
	for _, n := range []string{"a", "b", "c", "d"} {
		sig.Inputs = append(sig.Inputs, model.Field{Name: n, Type: plan.Number, Nullable: true})
		enc.Fields = append(enc.Fields, model.FieldEncoder{Name: n, Type: plan.Number})
	}
	m, err := imported.Model("m", task, sig, enc)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func scores(t *testing.T, m *model.Model, f *dataset.Frame) []float64 {
	t.Helper()
	got, err := m.Predict(f)
	if err != nil {
		t.Fatal(err)
	}
	if m.Task == plan.Regression {
		return got.Value
	}
	return got.Proba
}

// TestDARTAndCategoriesScoreAndExplainAsXGBoostDoes reads both formats, and what
// the runtime's own file keeps of them.
func TestDARTAndCategoriesScoreAndExplainAsXGBoostDoes(t *testing.T) {
	for name, kind := range kinds {
		want, frame := knownOf(t, name)
		for _, end := range []string{".json", ".ubj"} {
			t.Run(name+end, func(t *testing.T) {
				m := modelOf(t, plan.XGBoost, read(t, name+end), kind.task, kind.labels)
				if categories := strings.Contains(name, "c"); categories != (len(m.Ensemble.Sets) > 0) {
					t.Fatalf("%d sets of categories", len(m.Ensemble.Sets))
				}
				var file bytes.Buffer
				if err := m.Encode(&file); err != nil {
					t.Fatal(err)
				}
				kept, err := model.Decode(&file)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range []*model.Model{m, kept} {
					same(t, scores(t, m, frame), want)
				}
				explained(t, kept, want, frame)
				shuffled(t, kept, frame)
			})
		}
	}
}

// shuffled compares what a Shuffler makes of rows whose categories are exchanged
// with what comes of predicting them again.
func shuffled(t *testing.T, m *model.Model, frame *dataset.Frame) {
	t.Helper()
	s, err := m.NewShuffler(frame)
	if err != nil {
		t.Fatal(err)
	}
	order := make([]int, frame.Rows)
	turned := &dataset.Frame{Rows: frame.Rows, Columns: slices.Clone(frame.Columns)}
	turned.Columns[1].Floats = make([]float64, frame.Rows)
	for i := range order {
		order[i] = (i*37 + 11) % frame.Rows
		turned.Columns[1].Floats[i] = frame.Columns[1].Floats[order[i]]
	}
	found, err := s.Shuffle("b", [][]int{order})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range scores(t, m, turned) {
		if got := append(found[0].Proba, found[0].Value...)[i]; math.Abs(got-v) > 1e-9 {
			t.Errorf("score %d of shuffled rows: %v, predicted again %v", i, got, v)
		}
	}
}

// same compares scores, and those of one row at a time.
func same(t *testing.T, got []float64, want known) {
	t.Helper()
	width := len(want.Predictions[0])
	if len(got) != len(want.Rows)*width {
		t.Fatalf("%d scores of %d rows", len(got), len(want.Rows))
	}
	for i, row := range want.Predictions {
		for k, v := range row {
			if math.Abs(got[i*width+k]-v) > 5e-7 {
				t.Errorf("row %d output %d is %.9g, XGBoost's is %.9g", i, k, got[i*width+k], v)
			}
		}
	}
}

// explained compares contributions, and scores by a Scorer.
func explained(t *testing.T, m *model.Model, want known, frame *dataset.Frame) {
	t.Helper()
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	w, s := e.NewWorker(), m.NewScorer()
	all := scores(t, m, frame)
	for i, outputs := range want.Contributions {
		for j := range frame.Columns {
			s.SetFloat(j, frame.Columns[j].Floats[i])
		}
		row, one := s.Encoded(nil), s.Score()
		if v := all[i*len(want.Predictions[i])]; m.Task == plan.Binary && one.Probability != v {
			t.Errorf("row %d alone is %v, in a batch %v", i, one.Probability, v)
		}
		for k, columns := range outputs {
			sum := e.Base(k)
			for j, v := range append(w.Columns(row, k), e.Base(k)) {
				if math.Abs(v-columns[j]) > 2e-6 {
					t.Errorf("row %d output %d column %d: %.9g, XGBoost's is %.9g", i, k, j, v, columns[j])
				}
				if j < len(row) {
					sum += v
				}
			}
			if margin := s.Margin(nil)[k]; math.Abs(sum-margin) > 1e-9 {
				t.Errorf("row %d output %d: contributions add up to %v of %v", i, k, sum, margin)
			}
		}
	}
}

// TestAScoreForEachOutputMayBeAVector reads base_score as XGBoost writes it from
// 3.1 on.
func TestAScoreForEachOutputMayBeAVector(t *testing.T) {
	text := string(read(t, "multiclass.json"))
	base := `"base_score":"5E-1"`
	if !strings.Contains(text, base) {
		t.Fatal("the model has another base score")
	}
	want := []float64{0.5, 0.5, 0.5}
	for list, want := range map[string][]float64{
		`"[5E-1]"`: want, `"[5E-1,5E-1,5E-1]"`: want, `"[-2.5E-1, 1E0, 0E0]"`: {-0.25, 1, 0},
	} {
		m, err := native.Decode(plan.XGBoost, strings.NewReader(strings.Replace(text, base, `"base_score":`+list, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range m.Ensemble.Base {
			if v != want[k] {
				t.Errorf("%s: %v, want %v", list, m.Ensemble.Base, want)
			}
		}
	}
	_, err := native.Decode(plan.XGBoost, strings.NewReader(strings.Replace(text, base, `"base_score":"[1,2]"`, 1)))
	if err == nil || !strings.Contains(err.Error(), "2 base scores for 3 outputs") {
		t.Errorf("two scores for three classes: %v", err)
	}
}
