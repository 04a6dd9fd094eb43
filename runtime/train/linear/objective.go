package linear

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// shards is the number of parts the rows are summed in. It is fixed, and the
// parts are added in order, so that a sum does not depend on the workers.
const shards = 8

// derivatives are the objective's value and, where wanted, its gradient and
// second derivatives at one theta.
type derivatives struct {
	value float64
	grad  []float64
	hess  *mat.SymDense
}

// at evaluates the objective; order 0 asks for the value only, 1 for the
// gradient, 2 for the second derivatives too.
//
// The shards run on as many goroutines as there are workers, at most eight;
// their sums are added in the shards' order. The first shard's slices are added
// to and returned.
func (p *problem) at(theta []float64, order int) derivatives {
	parts := make([]derivatives, shards)
	var wg sync.WaitGroup
	limit := make(chan struct{}, p.workers)
	for s := range parts {
		limit <- struct{}{}
		wg.Go(func() {
			defer crash.Guard()
			parts[s] = p.shard(theta, order, s*p.n/shards, (s+1)*p.n/shards)
			<-limit
		})
	}
	wg.Wait()
	sum := parts[0]
	for _, part := range parts[1:] {
		sum.value += part.value
		for i, g := range part.grad {
			sum.grad[i] += g
		}
		if part.hess != nil {
			sum.hess.AddSym(sum.hess, part.hess)
		}
	}
	p.regularise(theta, &sum)
	return sum
}

// empty allocates zero derivatives up to the order.
func (p *problem) empty(order int) derivatives {
	var d derivatives
	size := p.outputs * p.width
	if order > 0 {
		d.grad = make([]float64, size)
	}
	if order > 1 {
		d.hess = mat.NewSymDense(size, nil)
	}
	return d
}

// regularise adds the penalty. Several classes' intercepts may all move
// together without changing a probability; a penalty on their sum, zero at the
// optimum, holds them.
//
// Without an intercept its column is all zero, so its second derivatives would
// be too and the matrix singular; the same penalty, and one on each for several
// classes, makes it regular.
func (p *problem) regularise(theta []float64, d *derivatives) {
	last, total := p.width-1, 0.0
	for k := range p.outputs {
		for j, penalty := range p.penalty {
			i := k*p.width + j
			d.value += penalty * theta[i] * theta[i] / 2
			if d.grad != nil {
				d.grad[i] += penalty * theta[i]
			}
			if d.hess != nil {
				d.hess.SetSym(i, i, d.hess.At(i, i)+penalty)
			}
		}
		total += theta[k*p.width+last]
	}
	if p.outputs == 1 && p.intercept {
		return
	}
	d.value += total * total / 2
	for k := range p.outputs {
		i := k*p.width + last
		if d.grad != nil {
			d.grad[i] += total
		}
		for l := k; l < p.outputs && d.hess != nil; l++ {
			j := l*p.width + last
			d.hess.SetSym(i, j, d.hess.At(i, j)+1)
		}
	}
	if !p.intercept && d.hess != nil && p.outputs > 1 {
		for k := range p.outputs {
			i := k*p.width + last
			d.hess.SetSym(i, i, d.hess.At(i, i)+1)
		}
	}
}

// stretch is the number of rows whose second derivatives are added at a time.
const stretch = 256

// shard sums over rows [from, to).
//
// Memory for a stretch is allocated once; its rows' probabilities are kept
// until the second derivatives are added, which wants many rows at once for the
// matrix product.
func (p *problem) shard(theta []float64, order, from, to int) derivatives {
	d := p.empty(order)
	proba := make([]float64, stretch*p.outputs)
	weights := make([]float64, stretch)
	scaled := make([]float64, stretch*p.width)
	for start := from; start < to; start += stretch {
		end := min(start+stretch, to)
		for i := start; i < end; i++ {
			weights[i-start] = p.weight[p.class[i]] / float64(p.n)
			p.row(theta, i, weights[i-start], proba[(i-start)*p.outputs:(i-start+1)*p.outputs], &d)
		}
		if order > 1 {
			p.curvature(start, end, proba, weights, scaled, d.hess)
		}
	}
	return d
}

// row adds row i's loss and gradient and leaves its probabilities in proba.
func (p *problem) row(theta []float64, i int, weight float64, proba []float64, d *derivatives) {
	z := p.rows[i*p.width : (i+1)*p.width]
	for k := range proba {
		t, s := theta[k*p.width:(k+1)*p.width], 0.0
		for j, v := range z {
			s += float64(t[j] * v)
		}
		proba[k] = s
	}
	d.value += weight * loss(proba, int(p.class[i]))
	if d.grad == nil {
		return
	}
	for k, q := range proba {
		if p.outputs == 1 && p.class[i] == 1 || p.outputs > 1 && int(p.class[i]) == k {
			q--
		}
		g := d.grad[k*p.width : (k+1)*p.width]
		for j, v := range z {
			g[j] += float64(weight * q * v)
		}
	}
}

// loss returns the log loss of the class and turns the scores into
// probabilities: of class 1 where there is one score, else one a class.
//
// One function, because both need the same exponentials, and computed so that
// none overflows.
func loss(scores []float64, class int) float64 {
	if len(scores) == 1 {
		s := scores[0]
		scores[0] = 1 / (1 + math.Exp(-s))
		if class == 1 {
			s = -s
		}
		return math.Max(s, 0) + math.Log1p(math.Exp(-math.Abs(s)))
	}
	top := math.Inf(-1)
	for _, s := range scores {
		top = math.Max(top, s)
	}
	sum, own := 0.0, scores[class]-top
	for k, s := range scores {
		scores[k] = math.Exp(s - top)
		sum += scores[k]
	}
	for k := range scores {
		scores[k] /= sum
	}
	return math.Log(sum) - own
}

// curvature adds weight * (p_k [k=l] - p_k p_l) z z' of rows [from, to) to the
// block of every two outputs k <= l.
//
// Rows are scaled by the root of their factor, so that the sum of outer
// products is one matrix product. Off the diagonal the factor is negative: the
// root is taken of its size, and sign subtracts. Only the upper triangle is
// filled, which is all that mat.SymDense reads.
func (p *problem) curvature(from, to int, proba, weights, scaled []float64, hess *mat.SymDense) {
	h, n := hess.RawSymmetric(), to-from
	for k := range p.outputs {
		for l := k; l < p.outputs; l++ {
			sign := 1.0
			for i := range n {
				a, b := proba[i*p.outputs+k], proba[i*p.outputs+l]
				factor := a * (1 - a)
				if l > k {
					factor, sign = a*b, -1
				}
				factor = math.Sqrt(math.Max(0, factor*weights[i]))
				z := p.rows[(from+i)*p.width : (from+i+1)*p.width]
				for j, v := range z {
					scaled[i*p.width+j] = factor * v
				}
			}
			a := blas64.General{Rows: n, Cols: p.width, Stride: p.width, Data: scaled}
			if l == k {
				c := blas64.Symmetric{N: p.width, Stride: h.Stride, Uplo: blas.Upper,
					Data: h.Data[k*p.width*h.Stride+k*p.width:]}
				blas64.Syrk(blas.Trans, 1, a, 1, c)
				continue
			}
			c := blas64.General{Rows: p.width, Cols: p.width, Stride: h.Stride,
				Data: h.Data[k*p.width*h.Stride+l*p.width:]}
			blas64.Gemm(blas.Trans, blas.NoTrans, sign, a, a, 1, c)
		}
	}
}
