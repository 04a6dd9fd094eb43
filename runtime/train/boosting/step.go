package boosting

import "math"

// sureStep is the longest Newton step of a classification that is believed. It
// is the longest that the first tree takes where classes are of equal size.
const sureStep = 2

// step returns the best value of a leaf, without its sign, for rows whose
// gradients sum to g, without its sign, and whose hessians sum to h, and how much
// of the loss it takes away, doubled.
//
// A Newton step assumes that the hessian stays what it is. That of a class of
// probability p is p(1-p), next to nothing where p is small, and grows as the
// score does: a leaf of twenty rows, seven of them of a class that had one in
// ten thousand, has a step of 3,500 where 9 is right, and as many false gains
// make the tree look for such leaves. Scores of thousands never come back, since
// the hessian is then 0 on their side too. So beyond sureStep the hessian is
// taken to grow as fast as it can for the logistic loss, by the factor e a unit
// of the score (its third derivative is at most its second; Bach, Self-concordant
// analysis for logistic regression, 2010). The loss of a step t is then
//
//	-g t + h (s^2/2 + s (t-s) + e^(t-s) - (t-s) - 1),  s = sureStep, t > s,
//
// which is least at t = s + log(1 + g/h - s).
func step(g, h float64, bounded bool) (value, gain float64) {
	x := g / h
	if !bounded || x <= sureStep {
		return x, g * x
	}
	more := math.Log1p(x - sureStep)
	return sureStep + more, 2 * h * (sureStep*x - sureStep*sureStep/2 + (1+x-sureStep)*more - (x - sureStep))
}
