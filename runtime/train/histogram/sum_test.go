package histogram

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// sample makes a few features, gradients and hessians.
func sample(t *testing.T, rows, features int) (b *Bins, grad, hess []float64) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	x := &model.Matrix{Rows: rows}
	for f := range features {
		column := make([]float64, rows)
		for i := range column {
			column[i] = math.Floor(random.Float64() * math.Pow(4, float64(f)))
		}
		x.Columns = append(x.Columns, column)
	}
	b, err := Build(context.Background(), x, All(rows), MaxBins, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range rows {
		grad, hess = append(grad, random.NormFloat64()), append(hess, random.Float64())
	}
	return b, grad, hess
}

func TestSumsAreTheGradientsOfEachCode(t *testing.T) {
	for _, constant := range []bool{true, false} {
		b, grad, hess := sample(t, 70_000, 13)
		given := hess
		if constant {
			given = nil
			for i := range hess {
				hess[i] = 1
			}
		}
		var g Gradients
		g.Pack(grad, given, 2)
		rows := All(b.Rows)[1:]
		cells := make([]Cell, b.Cells)
		b.Sum(cells, make([]Lane, b.Features), rows, &g)
		for f := range b.Features {
			var gradient, hessian [256]float64
			for _, r := range rows {
				gradient[b.Columns[f][r]] += grad[r]
				hessian[b.Columns[f][r]] += hess[r]
			}
			for c := range b.Missing(f) + 1 {
				cell := cells[b.Offset[f]+c]
				if d := float64(cell.Gradient)*g.Gradient - gradient[c]; math.Abs(d) > 0.02 {
					t.Fatalf("feature %d code %d: gradient is off by %v", f, c, d)
				}
				if d := float64(cell.Hessian)*g.Hessian - hessian[c]; math.Abs(d) > 0.02 {
					t.Fatalf("feature %d code %d: hessian is off by %v", f, c, d)
				}
			}
		}
	}
}

func TestSumsDoNotDependOnHowRowsAreCut(t *testing.T) {
	b, grad, hess := sample(t, 5000, 9)
	var g Gradients
	g.Pack(grad, hess, 3)
	lanes := make([]Lane, b.Features)
	whole := make([]Cell, b.Cells)
	b.Sum(whole, lanes, All(b.Rows), &g)
	for _, size := range []int{1, few - 1, few, 700} {
		parts := make([]Cell, b.Cells)
		for rows := range slices.Chunk(All(b.Rows), size) {
			b.Sum(parts, lanes, rows, &g)
		}
		if !slices.Equal(whole, parts) {
			t.Errorf("pieces of %d rows add up to something else", size)
		}
	}
}

// The worst case for packing: every row in one bin, all at the largest value.
func TestPackedSumsDoNotOverflow(t *testing.T) {
	const rows = 3*span + 17
	x := &model.Matrix{Rows: rows, Columns: [][]float64{make([]float64, rows)}}
	b, err := Build(context.Background(), x, All(rows), MaxBins, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, sign := range []float64{1, -1} {
		for _, constant := range []bool{true, false} {
			grad, hess := make([]float64, rows), make([]float64, rows)
			for i := range grad {
				grad[i], hess[i] = sign*1e100, 0.25
			}
			if constant {
				hess = nil
			}
			var g Gradients
			g.Pack(grad, hess, 1)
			cells := make([]Cell, b.Cells)
			b.Sum(cells, make([]Lane, 1), All(rows), &g)
			if got := float64(cells[0].Gradient) * g.Gradient; math.Abs(got/(sign*1e100*rows)-1) > 1e-4 {
				t.Errorf("gradient %g, want %g", got, sign*1e100*rows)
			}
			if got := float64(cells[0].Hessian) * g.Hessian; !constant &&
				math.Abs(got/(0.25*rows)-1) > 1e-4 || constant && got != rows {
				t.Errorf("hessian %g", got)
			}
		}
	}
}

func TestPackingKeepsZerosAndCountsRows(t *testing.T) {
	var g Gradients
	g.Pack(make([]float64, 5), make([]float64, 5), 2)
	for _, v := range g.Packed {
		if v>>g.Shift != 0 || v&(1<<g.Shift-1) != 1 {
			t.Errorf("packed %x, want gradient 0 and hessian 1", v)
		}
	}
}

// number is a candidate whose gain is its tens.
type number int

func (n number) Gain() float64 { return float64(n / 10) }
func (n number) Number() int   { return int(n) }

func TestFrontierOrders(t *testing.T) {
	for byGain, want := range map[bool][]number{true: {30, 31, 12, 15, 0}, false: {0, 31, 15, 30, 12}} {
		f := Frontier[number]{ByGain: byGain}
		for _, n := range []number{12, 30, 15, 31, 0} {
			f.Push(n)
		}
		var got []number
		for f.Len() > 0 {
			got = append(got, f.Pop())
		}
		if !slices.Equal(got, want) {
			t.Errorf("by gain %v: %v, want %v", byGain, got, want)
		}
	}
}
