package linear

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/mat"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// leastSquares minimises |y - Xw - b|^2 + alpha |w|^2. With alpha 0 and
// collinear features, which a full one-hot encoding always has, it returns the
// solution of least norm, as scikit-learn's LinearRegression does.
//
// X is reduced to a triangle by QR, a block of rows at a time so that memory
// does not grow with the rows, and the triangle is solved by SVD.
//
// The intercept is not penalised: it follows from the means after centring.
func leastSquares(ctx context.Context, x *model.Matrix, y []float64, alpha float64,
	intercept bool) (*model.Linear, error) {
	d := len(x.Columns)
	center, middle := make([]float64, d), 0.0
	if intercept {
		for j, c := range x.Columns {
			center[j] = mean(c)
		}
		middle = mean(y)
	}
	r, err := triangle(ctx, x, y, center, middle)
	if err != nil {
		return nil, err
	}
	w, err := solve(r, d, x.Rows, alpha)
	if err != nil {
		return nil, err
	}
	b := middle
	for j := range w {
		b -= float64(w[j] * center[j])
	}
	return &model.Linear{Weights: [][]float64{w}, Intercept: []float64{b}, Link: model.Identity}, nil
}

// triangle returns R of the QR decomposition of the centred [X y], square.
//
// Each block is stacked below the triangle so far and reduced again, which
// gives the same R, up to signs of rows, as one decomposition of all rows.
// Signs do not matter to solve.
func triangle(ctx context.Context, x *model.Matrix, y, center []float64, middle float64) (*mat.Dense, error) {
	n := len(x.Columns) + 1
	block := max(4*n, 1024)
	stack := mat.NewDense(n+block, n, nil)
	for from := 0; from < x.Rows; from += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// The rows that the last block does not reach are zero and change nothing.
		stack.Slice(n, n+block, 0, n).(*mat.Dense).Zero()
		for i := range min(block, x.Rows-from) {
			row := stack.RawRowView(n + i)
			for j, c := range x.Columns {
				row[j] = c[from+i] - center[j]
			}
			row[n-1] = y[from+i] - middle
		}
		var qr mat.QR
		qr.Factorize(stack)
		var r mat.Dense
		qr.RTo(&r)
		stack.Slice(0, n, 0, n).(*mat.Dense).Copy(r.Slice(0, n, 0, n))
	}
	return mat.DenseCopyOf(stack.Slice(0, n, 0, n)), nil
}

// solve returns the weights from the triangle: its first d columns are X's, the
// last is Q'y.
//
// With alpha the solution is V diag(s/(s^2+alpha)) U'z, ridge regression; with
// 0 it is the pseudo-inverse. The cut is numpy's for matrix_rank.
func solve(r *mat.Dense, d, rows int, alpha float64) ([]float64, error) {
	var svd mat.SVD
	if !svd.Factorize(r.Slice(0, d, 0, d), mat.SVDFull) {
		return nil, errors.New("the features' singular values do not converge")
	}
	values := svd.Values(nil)
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	z := mat.NewVecDense(d, nil)
	for i := range d {
		z.SetVec(i, r.At(i, d))
	}
	var t, w mat.VecDense
	t.MulVec(u.T(), z)
	// Singular values at the level of rounding errors carry no information.
	const epsilon = 0x1p-52
	cut := values[0] * epsilon * float64(max(rows, d))
	for i, s := range values {
		if s <= cut {
			t.SetVec(i, 0)
			continue
		}
		t.SetVec(i, t.AtVec(i)*s/(s*s+alpha))
	}
	w.MulVec(&v, &t)
	return w.RawVector().Data, nil
}
