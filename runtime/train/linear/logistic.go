package linear

import (
	"context"
	"math"
	"runtime"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// newtonMost is the number of weights up to which second derivatives are kept.
const newtonMost = 512

// logistic minimises 1/2 |w|^2 + C * sum of the rows' log losses, the
// intercepts free, as scikit-learn's LogisticRegression does.
//
// It works on centred and scaled features, with the penalty still on the original
// weights: the same optimum, reached in a few steps whatever the units are.
//
// Where second derivatives are kept, their memory is the square of the number
// of weights: 2 MiB at newtonMost.
func logistic(ctx context.Context, x *model.Matrix, y []float64, opt Options) (*model.Linear, error) {
	p := newProblem(x, y, opt)
	theta := make([]float64, p.outputs*p.width)
	most, tol := opt.Params.Int("max_iter", 1000), opt.Params.Float("tol", 1e-4)
	var err error
	if len(theta) <= newtonMost {
		err = newton(ctx, p, theta, most, tol)
	} else {
		err = lbfgs(ctx, p, theta, most, tol)
	}
	if err != nil {
		return nil, err
	}
	return p.model(theta), nil
}

// problem is the objective divided by C times the number of rows, a function
// of theta: for each output the weights of the scaled features and the
// intercept.
type problem struct {
	rows      []float64 // scaled features and a 1, row after row
	class     []int32
	weight    []float64 // of each class
	n         int
	width     int // features and the intercept
	outputs   int // 1 for two classes
	intercept bool
	mean      []float64
	scale     []float64
	penalty   []float64 // of each scaled weight
	workers   int
}

// newProblem copies the features row by row: each evaluation reads all of a row
// for every output.
func newProblem(x *model.Matrix, y []float64, opt Options) *problem {
	d := len(x.Columns)
	p := &problem{
		n: x.Rows, width: d + 1, outputs: opt.Classes,
		intercept: opt.Params.Bool("fit_intercept", true),
		mean:      make([]float64, d), scale: make([]float64, d), penalty: make([]float64, d),
		rows: make([]float64, x.Rows*(d+1)), class: make([]int32, x.Rows),
		workers: opt.Workers,
	}
	if p.workers <= 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	if opt.Task == plan.Binary {
		p.outputs = 1
	}
	strength := 1 / (opt.Params.Float("C", 1) * float64(x.Rows))
	for j, c := range x.Columns {
		p.place(j, c, strength)
		p.penalty[j] = strength / (p.scale[j] * p.scale[j])
	}
	for i, v := range y {
		p.class[i] = int32(v)
		if p.intercept {
			p.rows[i*p.width+d] = 1
		}
	}
	p.weight = classWeights(p.class, opt.Classes, opt.Params.Text("class_weight", "") == "balanced")
	return p
}

// place fills in feature j: centred where there is an intercept to take the
// mean up, and divided so that losses and penalty together curve about equally
// along every feature. A constant one has the penalty's curve alone.
//
// 4 strength makes the penalty's curve comparable to the loss's, whose second
// derivative is at most 1/4. Without it a constant feature would divide by 0.
func (p *problem) place(j int, column []float64, strength float64) {
	m := mean(column)
	sum := 0.0
	for _, v := range column {
		sum += float64((v - m) * (v - m))
	}
	p.scale[j] = math.Sqrt(sum/float64(p.n) + 4*strength)
	if p.intercept {
		p.mean[j] = m
	}
	for i, v := range column {
		p.rows[i*p.width+j] = (v - p.mean[j]) / p.scale[j]
	}
}

// classWeights are all 1, or n / (classes * rows of the class) where balanced.
func classWeights(class []int32, classes int, balanced bool) []float64 {
	out := make([]float64, classes)
	for _, k := range class {
		out[k]++
	}
	for k, count := range out {
		out[k] = 1
		if balanced && count > 0 {
			out[k] = float64(len(class)) / (float64(classes) * count)
		}
	}
	return out
}

// model takes theta back to the features as they are.
//
// Undoing the centring moves w times mean from the weights into the intercept.
// Products are rounded by themselves (float64(...)), so that machines with
// fused multiply-add give the same bits.
func (p *problem) model(theta []float64) *model.Linear {
	l := &model.Linear{Link: model.Logit}
	if p.outputs > 1 {
		l.Link = model.Softmax
	}
	for k := range p.outputs {
		t := theta[k*p.width : (k+1)*p.width]
		w := make([]float64, p.width-1)
		b := t[p.width-1]
		for j := range w {
			w[j] = t[j] / p.scale[j]
			b -= float64(w[j] * p.mean[j])
		}
		if !p.intercept {
			b = 0
		}
		l.Weights = append(l.Weights, w)
		l.Intercept = append(l.Intercept, b)
	}
	return l
}
