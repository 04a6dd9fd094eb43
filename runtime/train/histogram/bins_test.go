package histogram

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// awkward is a column with ties, both infinities, tiny and huge values and
// missing ones.
func awkward(rows int, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64,
		-math.MaxFloat64, 5e-324, 1, math.Nextafter(1, 2)}
	out := make([]float64, rows)
	for i := range out {
		if out[i] = math.Exp(random.NormFloat64() * 5); random.IntN(4) == 0 {
			out[i] = special[random.IntN(len(special))]
		}
	}
	return out
}

func TestAThresholdPartsValuesAsItsCodeDoes(t *testing.T) {
	for _, rows := range []int{1, 2, 20, 3000} {
		x := &model.Matrix{Rows: rows, Columns: [][]float64{awkward(rows, 1), awkward(rows, 2), make([]float64, rows)}}
		for _, bins := range []int{2, 16, MaxBins} {
			b, err := Build(context.Background(), x, All(rows), bins, 2)
			if err != nil {
				t.Fatal(err)
			}
			for f, column := range x.Columns {
				if b.Missing(f) > bins {
					t.Fatalf("%d bins, at most %d asked for", b.Missing(f), bins)
				}
				for i, v := range column {
					checkCode(t, b, f, i, v)
				}
			}
		}
	}
}

func checkCode(t *testing.T, b *Bins, f, row int, v float64) {
	t.Helper()
	code := int(b.Columns[f][row])
	if got := int(b.Codes[row*b.Features+f]); got != code {
		t.Fatalf("row %d feature %d: code %d by row, %d by column", row, f, got, code)
	}
	if math.IsNaN(v) != (code == b.Missing(f)) {
		t.Fatalf("%v has code %d, missing is %d", v, code, b.Missing(f))
	}
	for c := range b.Missing(f) {
		if !math.IsNaN(v) && (v <= b.Threshold(f, c)) != (code <= c) {
			t.Fatalf("%v has code %d, yet threshold %d is %v", v, code, c, b.Threshold(f, c))
		}
	}
}

func TestFewDistinctValuesHaveABinEach(t *testing.T) {
	edges := Edges([]float64{3, 1, math.NaN(), 2, 2, 1, 10}, All(7), MaxBins)
	if want := []float64{1.5, 2.5, 6.5}; !slices.Equal(edges, want) {
		t.Errorf("edges %v, want %v", edges, want)
	}
}

func TestBinsHoldEqualSharesBesideAHeavyValue(t *testing.T) {
	column := make([]float64, 10_000)
	for i := range column {
		if i%2 == 0 {
			column[i] = float64(i)
		}
	}
	edges := Edges(column, All(len(column)), 11)
	counts := make([]int, len(edges)+1)
	for _, v := range column {
		at, _ := slices.BinarySearch(edges, v)
		counts[at]++
	}
	if len(counts) != 11 || counts[0] < 5000 {
		t.Fatalf("%d bins of %v rows", len(counts), counts)
	}
	for _, n := range counts[1:] {
		if n < 400 || n > 600 {
			t.Errorf("bins of %v rows, want about 500 after the first", counts)
		}
	}
}

func TestEdgesComeFromTheSampleAlone(t *testing.T) {
	x := &model.Matrix{Rows: 4, Columns: [][]float64{{1, 2, 100, 200}}}
	b, err := Build(context.Background(), x, []int32{0, 1}, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1.5}; !slices.Equal(b.Edges[0], want) {
		t.Errorf("edges %v, want %v", b.Edges[0], want)
	}
	if want := []uint8{0, 1, 1, 1}; !slices.Equal(b.Columns[0], want) {
		t.Errorf("codes %v, want %v", b.Columns[0], want)
	}
}

func TestBuildRefuses(t *testing.T) {
	ragged := &model.Matrix{Rows: 2, Columns: [][]float64{{1}, {1, 2}}}
	whole := &model.Matrix{Rows: 1, Columns: [][]float64{{1}}}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, build := range map[string]func() (*Bins, error){
		"a ragged matrix":     func() (*Bins, error) { return Build(context.Background(), ragged, All(2), 8, 1) },
		"no matrix":           func() (*Bins, error) { return Build(context.Background(), nil, nil, 8, 1) },
		"one bin":             func() (*Bins, error) { return Build(context.Background(), whole, All(1), 1, 1) },
		"256 bins":            func() (*Bins, error) { return Build(context.Background(), whole, All(1), 256, 1) },
		"a cancelled context": func() (*Bins, error) { return Build(cancelled, whole, All(1), 8, 1) },
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s went through", name)
		}
	}
}

func FuzzBetweenPartsTwoValues(f *testing.F) {
	f.Add(0.0, 5e-324)
	f.Add(math.Inf(-1), math.Inf(1))
	f.Add(-math.MaxFloat64, math.MaxFloat64)
	f.Add(math.Inf(-1), -math.MaxFloat64)
	f.Fuzz(func(t *testing.T, low, high float64) {
		if !(low < high) {
			t.Skip()
		}
		if b := Between(low, high); !(low <= b && b < high) {
			t.Errorf("between %v and %v: %v", low, high, b)
		}
	})
}
