package explain_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// TestGlobalImportanceIsTheMeanSizeOfContributions compares it with contributions
// that are added up one row after another, on one core and on several.
func TestGlobalImportanceIsTheMeanSizeOfContributions(t *testing.T) {
	for name, m := range forests(t) {
		r, s := rand.New(rand.NewPCG(7, 8)), m.NewScorer()
		x := &model.Matrix{Rows: 60, Columns: make([][]float64, width)}
		for range x.Rows {
			set(r, s)
			for j, v := range s.Encoded(nil) {
				x.Columns[j] = append(x.Columns[j], v)
			}
		}
		e, err := explain.New(m)
		if err != nil {
			t.Fatal(err)
		}
		w, want := e.NewWorker(), make([]float64, len(m.Signature.Inputs))
		for i := range x.Rows {
			row, one := make([]float64, width), make([]float64, len(want))
			for j := range row {
				row[j] = x.Columns[j][i]
			}
			for k := range e.Outputs() {
				w.Inputs(row, k, one)
				for j, v := range one {
					want[j] += math.Abs(v) / float64(x.Rows)
				}
			}
		}
		got, err := e.Global(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		before := runtime.GOMAXPROCS(1)
		alone, err := e.Global(context.Background(), x)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		for j := range want {
			if math.Abs(got[j]-want[j]) > 1e-12 || got[j] != alone[j] || want[j] == 0 {
				t.Errorf("%s: input %d: %v, on one core %v, want %v", name, j, got[j], alone[j], want[j])
			}
		}
	}
}
