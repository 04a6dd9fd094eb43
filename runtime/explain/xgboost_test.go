package explain_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
)

// given reads a file of package native's, or one beside this test.
func given(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// TestXGBoostsOwnContributions checks contributions against those of XGBoost 1.7
// on the same rows, many of which lie on a threshold. See testdata/contributions.py.
func TestXGBoostsOwnContributions(t *testing.T) {
	folder := filepath.Join("..", "model", "native", "testdata")
	labels := map[plan.Task][]string{plan.Binary: {"no", "yes"}, plan.Multiclass: {"x", "y", "z"}}
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		t.Run(string(task), func(t *testing.T) {
			m := imported(t, filepath.Join(folder, string(task)+".json"), task, labels[task])
			var rows struct {
				Rows [][]*float64 `json:"rows"`
			}
			given(t, filepath.Join(folder, string(task)+".rows.json"), &rows)
			var found []json.RawMessage
			given(t, filepath.Join("testdata", string(task)+".json"), &found)
			if len(found) != len(rows.Rows) || len(found) < 100 {
				t.Fatalf("%d rows, %d explained", len(rows.Rows), len(found))
			}
			e, err := explain.New(m)
			if err != nil {
				t.Fatal(err)
			}
			w := e.NewWorker()
			for i, text := range found {
				row := make([]float64, 4)
				for j, v := range rows.Rows[i] {
					if row[j] = math.NaN(); v != nil {
						row[j] = *v
					}
				}
				for k, want := range outputs(t, text) {
					for j, got := range append(w.Columns(row, k), e.Base(k)) {
						if math.Abs(got-want[j]) > 1e-6 {
							t.Errorf("row %d output %d column %d: %v, XGBoost's is %v", i, k, j, got, want[j])
						}
					}
				}
			}
		})
	}
}

// outputs reads one row of contributions an output.
func outputs(t *testing.T, text []byte) [][]float64 {
	t.Helper()
	var one []float64
	if json.Unmarshal(text, &one) == nil {
		return [][]float64{one}
	}
	var all [][]float64
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func imported(t *testing.T, file string, task plan.Task, labels []string) *model.Model {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	read, err := native.Decode(plan.XGBoost, f)
	if err != nil {
		t.Fatal(err)
	}
	sig, enc := model.Signature{Target: "y", Labels: labels}, model.Encoder{}
	for _, n := range []string{"a", "b b", "c=<1>", "d"} {
		sig.Inputs = append(sig.Inputs, model.Field{Name: n, Type: plan.Number, Nullable: true})
		enc.Fields = append(enc.Fields, model.FieldEncoder{Name: n, Type: plan.Number})
	}
	m, err := read.Model("m", task, sig, enc)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
