package onnx_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model/onnx"
)

// known is what the library and ONNX Runtime make of the rows of a model; see
// testdata/make.py and run.mjs.
type known struct {
	Inputs  map[string][][]any `json:"inputs"`
	Library [][]float64        `json:"library"`
	Runtime [][]*float64       `json:"runtime"`
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compiled(t testing.TB, b []byte, classify bool) *onnx.Program {
	t.Helper()
	g, err := onnx.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(classify, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run scores all rows, as many at a time as a state takes.
func run(t *testing.T, p *onnx.Program, inputs map[string][][]any) [][]float64 {
	t.Helper()
	if len(p.Inputs) != len(inputs) {
		t.Fatalf("%d inputs, given %d", len(p.Inputs), len(inputs))
	}
	rows := len(inputs[p.Inputs[0].Name])
	s, out := p.NewState(), make([][]float64, 0, rows)
	for from := 0; from < rows; from += p.Rows {
		n := min(p.Rows, rows-from)
		for i := range p.Inputs {
			in := &p.Inputs[i]
			for r := range n {
				for j, v := range inputs[in.Name][from+r] {
					switch v := v.(type) {
					case nil:
						s.Set(in, r, j, math.NaN())
					case float64:
						s.Set(in, r, j, v)
					case string:
						s.SetText(in, r, j, v)
					}
				}
			}
		}
		scores := make([]float64, n*p.Columns)
		s.Run(n, scores)
		for r := range n {
			out = append(out, scores[r*p.Columns:(r+1)*p.Columns])
		}
	}
	return out
}

// TestScoresAreThoseOfONNXRuntimeAndOfTheLibrary compares every model of testdata.
func TestScoresAreThoseOfONNXRuntimeAndOfTheLibrary(t *testing.T) {
	files, err := filepath.Glob("testdata/*.onnx")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d models, %v", len(files), err)
	}
	byRuntime, byLibrary := 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		t.Run(name, func(t *testing.T) {
			var want known
			if err := json.Unmarshal(read(t, strings.TrimSuffix(file, ".onnx")+".json"), &want); err != nil {
				t.Fatal(err)
			}
			number := strings.Contains(name, "number") || strings.Contains(name, "five") || strings.HasPrefix(name, "modes")
			got := run(t, compiled(t, read(t, file), !number), want.Inputs)
			if want.Runtime == nil && want.Library == nil {
				t.Fatal("nothing to compare with")
			}
			for i, row := range want.Library {
				byLibrary++
				for k, v := range row {
					if math.Abs(got[i][k]-v) > 2e-6*max(1, math.Abs(v)) {
						t.Errorf("row %d column %d: %.9g, the library's is %.9g", i, k, got[i][k], v)
					}
				}
			}
			for i, row := range want.Runtime {
				byRuntime++
				for k, v := range row {
					if v == nil {
						if !math.IsNaN(got[i][k]) && !math.IsInf(got[i][k], 0) {
							t.Errorf("row %d column %d: %v, ONNX Runtime's is not finite", i, k, got[i][k])
						}
						continue
					}
					if len(row) != len(got[i]) || math.Abs(got[i][k]-*v) > 5e-7*max(1, math.Abs(*v)) {
						t.Errorf("row %d column %d of %d: %.9g, ONNX Runtime's is %.9g of %d", i, k, len(got[i]), got[i][k],
							*v, len(row))
					}
				}
			}
		})
	}
	if byRuntime < 400 || byLibrary < 400 {
		t.Errorf("%d rows compared with ONNX Runtime, %d with libraries", byRuntime, byLibrary)
	}
}
