package linear_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/linear"
)

// random makes a table whose columns differ in size by twelve orders of
// magnitude, and classes that depend on it.
func random(rows, columns, classes int) (*model.Matrix, []float64) {
	r := rand.New(rand.NewPCG(3, 3))
	x := &model.Matrix{Rows: rows}
	score := make([]float64, rows)
	for j := range columns {
		size := math.Pow(10, float64(j%13-6))
		c := make([]float64, rows)
		for i := range c {
			z := r.NormFloat64()
			c[i] = size * (z + 3)
			score[i] += z / float64(j+1)
		}
		x.Columns = append(x.Columns, c)
	}
	y := make([]float64, rows)
	for i, s := range score {
		y[i] = math.Min(float64(classes-1), math.Max(0, math.Floor(s+r.NormFloat64()+float64(classes)/2)))
	}
	return x, y
}

// gradient returns the largest slope of the textbook objective at the fit,
// measured in each column's own unit, a mean over rows.
func gradient(x *model.Matrix, y []float64, l *model.Linear, c float64) float64 {
	worst := 0.0
	for k := range l.Weights {
		residual := make([]float64, x.Rows)
		total := 0.0
		for i := range residual {
			p := proba(x, l, i)
			residual[i] = p[k]
			own := k
			if len(l.Weights) == 1 {
				own = 1
			}
			if int(y[i]) == own {
				residual[i]--
			}
			total += residual[i]
		}
		worst = math.Max(worst, math.Abs(total)/float64(x.Rows))
		for j, column := range x.Columns {
			size := math.Pow(10, float64(j%13-6))
			g := l.Weights[k][j] / c
			for i, v := range column {
				g += residual[i] * v
			}
			worst = math.Max(worst, math.Abs(g)/(4*size*float64(x.Rows)))
		}
	}
	return worst
}

func proba(x *model.Matrix, l *model.Linear, row int) []float64 {
	out := make([]float64, len(l.Weights))
	sum := 0.0
	for k, w := range l.Weights {
		s := l.Intercept[k]
		for j := range w {
			s += w[j] * x.Columns[j][row]
		}
		out[k] = math.Exp(s)
		sum += out[k]
	}
	if len(out) == 1 {
		return []float64{out[0] / (1 + out[0])}
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}

func TestTheOptimumIsReachedWhateverTheUnitsAndTheSize(t *testing.T) {
	// The larger ones have too many weights for second derivatives.
	for _, c := range []struct{ rows, columns, classes int }{{400, 13, 2}, {400, 13, 4}, {900, 600, 2}, {700, 150, 5}} {
		x, y := random(c.rows, c.columns, c.classes)
		opt := linear.Options{Task: plan.Multiclass, Classes: c.classes, Params: plan.Params{"C": 0.5}, Workers: 2}
		if c.classes == 2 {
			opt.Task = plan.Binary
		}
		l, err := linear.Fit(context.Background(), x, y, opt)
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		if g := gradient(x, y, l, 0.5); g > 1e-5 {
			t.Errorf("%v: slope %g at what should be the optimum", c, g)
		}
	}
}

func TestFitSaysEverythingThatIsWrong(t *testing.T) {
	x := &model.Matrix{Rows: 2, Columns: [][]float64{{1, math.NaN()}, {1}}}
	_, err := linear.Fit(context.Background(), x, []float64{0, 2}, linear.Options{
		Task: plan.Binary, Classes: 2, Params: plan.Params{"C": 0.0, "class_weight": "heavy"},
	})
	for _, want := range []string{"feature 0: a value is missing", "feature 1: 1 values for 2 rows", "parameter C is 0",
		`class_weight is "heavy"`, "target 2 is not a class index"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	_, err = linear.Fit(context.Background(), &model.Matrix{}, nil,
		linear.Options{Task: plan.Regression, Params: plan.Params{"alpha": -1.0}})
	for _, want := range []string{"0 rows of 0 features", "alpha is -1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestAnEndedContextEndsTheFit(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, columns := range []int{3, 600} {
		x, y := random(50, columns, 2)
		for _, task := range []plan.Task{plan.Binary, plan.Regression} {
			_, err := linear.Fit(ctx, x, y, linear.Options{Task: task, Classes: 2})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s of %d columns: error %v", task, columns, err)
			}
		}
	}
}

func TestSeparableClassesStillHaveAnOptimum(t *testing.T) {
	x := &model.Matrix{Rows: 4, Columns: [][]float64{{1, 2, 3, 4}, {5, 5, 5, 5}}}
	l, err := linear.Fit(context.Background(), x, []float64{0, 0, 1, 1},
		linear.Options{Task: plan.Binary, Classes: 2, Params: plan.Params{"C": 1e6}})
	if err != nil {
		t.Fatal(err)
	}
	if w := l.Weights[0]; !(w[0] > 5 && w[0] < 100) || w[1] != 0 {
		t.Errorf("weights %v: want a steep but finite slope, and none for a constant", w)
	}
}
