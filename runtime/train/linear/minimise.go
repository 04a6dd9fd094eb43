package linear

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// flat is the gradient below which the optimum counts as reached. The objective
// is a mean over rows of scaled features, so that this is relative.
const flat = 1e-10

// newton minimises the problem from theta, which it overwrites: full steps,
// halved until the objective sinks. The step that it takes where no component
// of the gradient exceeds tol is the last one: it doubles the right digits.
//
// The objective is convex, so the direction always descends but for rounding.
// That most iterations have run is not an error: what is reached is returned.
func newton(ctx context.Context, p *problem, theta []float64, most int, tol float64) error {
	for range most {
		if err := ctx.Err(); err != nil {
			return err
		}
		d := p.at(theta, 2)
		slope := floats.Norm(d.grad, math.Inf(1))
		if slope < flat {
			return nil
		}
		step, err := direction(d)
		if err != nil {
			return err
		}
		if finished(theta, step, d) || !descend(p, theta, step, d) {
			return nil // rounding errors are all that is left
		}
		if slope <= tol {
			return nil
		}
	}
	return nil
}

// direction solves hess * step = grad, on a ridge where the second derivatives
// are too flat to be inverted.
//
// d.hess is changed by the ridge, which accumulates; the caller computes it
// again for the next step.
func direction(d derivatives) (*mat.VecDense, error) {
	g := mat.NewVecDense(len(d.grad), d.grad)
	step := mat.NewVecDense(len(d.grad), nil)
	n := d.hess.SymmetricDim()
	for ridge := 0.0; ridge < 1; ridge = math.Max(1e-12, ridge*100) {
		for i := 0; i < n && ridge > 0; i++ {
			d.hess.SetSym(i, i, d.hess.At(i, i)+ridge)
		}
		var c mat.Cholesky
		if c.Factorize(d.hess) && c.SolveVecTo(step, g) == nil {
			return step, nil
		}
	}
	return nil, errors.New("the second derivatives cannot be inverted: a feature may hold values of very different size; set preprocessing.scale to true")
}

// finished reports whether the objective has no digit left that the step could
// change, and then takes the step for what it still does to theta: Newton's
// method doubles the right digits of theta at each. Comparing values any
// further would only compare rounding errors, for as long as max_iter allows.
func finished(theta []float64, step *mat.VecDense, d derivatives) bool {
	slope := mat.Dot(step, mat.NewVecDense(len(d.grad), d.grad))
	if slope > 0x1p-52*math.Max(math.Abs(d.value), 0x1p-52) {
		return false
	}
	floats.Sub(theta, step.RawVector().Data)
	return true
}

// descend moves theta along -step as far as the objective sinks by a fair part
// of what its slope promises, and reports whether it did.
//
// The condition is Armijo's with 1e-4. theta is changed only where it holds.
func descend(p *problem, theta []float64, step *mat.VecDense, d derivatives) bool {
	slope := mat.Dot(step, mat.NewVecDense(len(d.grad), d.grad))
	next := make([]float64, len(theta))
	for size := 1.0; size > 1e-10; size /= 2 {
		for i := range next {
			next[i] = theta[i] - size*step.AtVec(i)
		}
		if v := p.at(next, 0).value; v <= d.value-1e-4*size*slope {
			copy(theta, next)
			return true
		}
	}
	return false
}

// lbfgs minimises the problem from theta, which it overwrites, where there are
// too many weights for newton. It ends where no component of the gradient exceeds
// 1e-4 * tol, because it has no last step that doubles the right digits.
//
// Twenty pairs of steps and gradients are kept. The converger never ends it, so
// that only the gradient or the number of iterations does.
func lbfgs(ctx context.Context, p *problem, theta []float64, most int, tol float64) error {
	objective := optimize.Problem{
		Func: func(x []float64) float64 { return p.at(x, 0).value },
		Grad: func(grad, x []float64) { copy(grad, p.at(x, 1).grad) },
	}
	settings := &optimize.Settings{
		GradientThreshold: 1e-4 * tol,
		Converger:         optimize.NeverTerminate{},
		MajorIterations:   most,
		Recorder:          stopper{ctx},
	}
	result, err := optimize.Minimize(objective, theta, settings, &optimize.LBFGS{Store: 20})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if result == nil {
		return err
	}
	// A line search that finds no lower point has reached the optimum to within
	// rounding errors; anything else is an error.
	d := p.at(result.X, 1)
	if err != nil && floats.Norm(d.grad, math.Inf(1)) > 1e-5 {
		return err
	}
	copy(theta, result.X)
	return nil
}

// stopper ends a minimisation with its context.
type stopper struct{ ctx context.Context }

func (s stopper) Init() error { return s.ctx.Err() }

func (s stopper) Record(*optimize.Location, optimize.Operation, *optimize.Stats) error {
	return s.ctx.Err()
}
