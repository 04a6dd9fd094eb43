package boosting

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// loss is what boosting makes smaller. Scores are a slice an output.
type loss interface {
	objective
	base(rows []int32) []float64 // the best constant score of each output
	link() model.Link
	constantHessian() bool // every hessian is 1, hess is not touched
}

// objective is what the iterations compute. Its methods are called for
// different rows by several goroutines at once and write to the rows they are
// given only.
type objective interface {
	// gradients fills in the first and second derivatives of rows [from, to).
	gradients(raw, grad, hess [][]float64, from, to int)
	// sum returns the rows' total loss.
	sum(raw [][]float64, rows []int32) float64
}

// newLoss returns the task's loss. Weights are one a class, nil for all 1.
func newLoss(task plan.Task, classes int, y, weights []float64) loss {
	switch task {
	case plan.Binary:
		return logistic{y, weights}
	case plan.Multiclass:
		return softmax{y, weights, classes}
	default:
		return squared{y}
	}
}

// squared is half the squared error.
type squared struct{ y []float64 }

func (squared) link() model.Link      { return model.Identity }
func (squared) constantHessian() bool { return true }

// base is the mean, as a running mean, which neither overflows nor loses digits
// to the size of the sum.
func (l squared) base(rows []int32) []float64 {
	mean := 0.0
	for i, r := range rows {
		mean += (l.y[r] - mean) / float64(i+1)
	}
	return []float64{mean}
}

// gradients of half the squared error are score less target; the hessian is 1.
func (l squared) gradients(raw, grad, _ [][]float64, from, to int) {
	score, out := raw[0][from:to], grad[0][from:to]
	for i, y := range l.y[from:to] {
		out[i] = score[i] - y
	}
}

func (l squared) sum(raw [][]float64, rows []int32) float64 {
	total := 0.0
	for _, r := range rows {
		d := raw[0][r] - l.y[r]
		total += d * d / 2
	}
	return total
}

// logistic is the log loss of a binary task; scores are log odds.
type logistic struct{ y, weights []float64 }

func (logistic) link() model.Link      { return model.Logit }
func (logistic) constantHessian() bool { return false }

// base is the log odds of the classes' weights. shares keeps it finite.
func (l logistic) base(rows []int32) []float64 {
	share := shares(l.y, l.weights, rows, 2)
	return []float64{math.Log(share[1] / share[0])}
}

// gradients of the log loss by the score are p - y and p(1 - p), both times the
// class's weight. A large negative score overflows exp to +Inf, of which p is
// 0.
func (l logistic) gradients(raw, grad, hess [][]float64, from, to int) {
	score, g, h := raw[0][from:to], grad[0][from:to], hess[0][from:to]
	for i, y := range l.y[from:to] {
		p := 1 / (1 + math.Exp(-score[i]))
		g[i] = p - y
		h[i] = p * (1 - p)
	}
	weigh(l.y, l.weights, g, h, from)
}

// sum is log(1 + exp(s)) - y s, weighted by class.
func (l logistic) sum(raw [][]float64, rows []int32) float64 {
	total := 0.0
	for _, r := range rows {
		s := raw[0][r]
		// log(1 + exp(s)) - y*s without overflow.
		v := math.Max(s, 0) + math.Log1p(math.Exp(-math.Abs(s))) - l.y[r]*s
		total += weight(l.weights, l.y[r]) * v
	}
	return total
}

// softmax is the cross entropy of a multiclass task; scores are log
// probabilities up to a constant.
type softmax struct {
	y, weights []float64
	classes    int
}

func (softmax) link() model.Link      { return model.Softmax }
func (softmax) constantHessian() bool { return false }

func (l softmax) base(rows []int32) []float64 {
	share := shares(l.y, l.weights, rows, l.classes)
	for k := range share {
		share[k] = math.Log(share[k])
	}
	return share
}

// gradients are p_k - [k = y] and p_k (1 - p_k): the diagonal of the Hessian
// alone, as each class has a tree of its own. grad serves as the place for the
// exponentials until they are divided by their sum.
func (l softmax) gradients(raw, grad, hess [][]float64, from, to int) {
	for i := from; i < to; i++ {
		most := math.Inf(-1)
		for k := range raw {
			most = math.Max(most, raw[k][i])
		}
		total := 0.0
		for k := range raw {
			grad[k][i] = math.Exp(raw[k][i] - most)
			total += grad[k][i]
		}
		for k := range raw {
			p := grad[k][i] / total
			grad[k][i] = p
			hess[k][i] = p * (1 - p)
		}
		grad[int(l.y[i])][i]--
	}
	for k := range raw {
		weigh(l.y, l.weights, grad[k][from:to], hess[k][from:to], from)
	}
}

// sum is log(sum of exp) less the true class's score, with the largest score
// taken out first so that exp cannot overflow.
func (l softmax) sum(raw [][]float64, rows []int32) float64 {
	total := 0.0
	for _, r := range rows {
		most := math.Inf(-1)
		for k := range raw {
			most = math.Max(most, raw[k][r])
		}
		sum := 0.0
		for k := range raw {
			sum += math.Exp(raw[k][r] - most)
		}
		total += weight(l.weights, l.y[r]) * (math.Log(sum) + most - raw[int(l.y[r])][r])
	}
	return total
}

// shares returns each class's share of the weight, never quite 0 or 1, so that
// a class that the rows lack has a finite logarithm.
func shares(y, weights []float64, rows []int32, classes int) []float64 {
	sum, total := make([]float64, classes), 0.0
	for _, r := range rows {
		w := weight(weights, y[r])
		sum[int(y[r])] += w
		total += w
	}
	for k := range sum {
		sum[k] = min(max(sum[k]/total, 1e-7), 1-1e-7)
	}
	return sum
}

func weight(weights []float64, y float64) float64 {
	if weights == nil {
		return 1
	}
	return weights[int(y)]
}

// weigh multiplies derivatives of rows from on by their class's weight.
func weigh(y, weights, grad, hess []float64, from int) {
	if weights == nil {
		return
	}
	for i := range grad {
		w := weights[int(y[from+i])]
		grad[i] *= w
		hess[i] *= w
	}
}
