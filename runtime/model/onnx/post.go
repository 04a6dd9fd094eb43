package onnx

import "math"

// logistic is 1 / (1 + exp(-v)) as ONNX Runtime computes it: of the positive
// number, and turned for a negative one.
func logistic(v float32) float32 {
	p := float32(1 / (1 + float32(math.Exp(-math.Abs(float64(v))))))
	if v < 0 {
		return 1 - p
	}
	return p
}

// softmax replaces scores by exp(score - greatest), divided by their sum.
func softmax(scores []float32) {
	top := scores[0]
	for _, v := range scores {
		top = max(top, v)
	}
	sum := float32(0)
	for i, v := range scores {
		scores[i] = float32(math.Exp(float64(v - top)))
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// softmaxZero is softmax that leaves scores of 0 at 0.
func softmaxZero(scores []float32) {
	top := scores[0]
	for _, v := range scores {
		top = max(top, v)
	}
	rest, sum := float32(math.Exp(float64(-top))), float32(0)
	for i, v := range scores {
		if v > 1e-7 || v < -1e-7 {
			scores[i] = float32(math.Exp(float64(v - top)))
		} else {
			scores[i] = v * rest
		}
		sum += scores[i]
	}
	for i := range scores {
		if sum == 0 {
			scores[i] = 0.5
			continue
		}
		scores[i] /= sum
	}
}

// probit is the inverse of the normal distribution by Winitzki's approximation,
// which ONNX Runtime uses.
func probit(v float32) float32 {
	x := 2*v - 1
	sign := float32(1)
	if x < 0 {
		sign = -1
	}
	log := float32(math.Log(float64((1 - x) * (1 + x))))
	half := 2/(float32(math.Pi)*0.147) + 0.5*log
	inner := half*half - 1/float32(0.147)*log
	return 1.41421356 * sign * float32(math.Sqrt(float64(-half+float32(math.Sqrt(float64(inner))))))
}

// posts are the post-transforms by name, each of one row of scores.
var posts = map[string]func(scores []float32){
	"NONE":         func([]float32) {},
	"LOGISTIC":     eachOf(logistic),
	"PROBIT":       eachOf(probit),
	"SOFTMAX":      softmax,
	"SOFTMAX_ZERO": softmaxZero,
}

func eachOf(f func(float32) float32) func([]float32) {
	return func(scores []float32) {
		for i, v := range scores {
			scores[i] = f(v)
		}
	}
}

// postOf is the post-transform of a node.
func postOf(n *node) (string, func([]float32), error) {
	name := n.string("post_transform", "NONE")
	f := posts[name]
	if f == nil {
		return name, nil, unsupported("post_transform %q", name)
	}
	return name, f, nil
}

// second turns the one score of a binary classifier into two, and applies the
// post-transform, as ONNX Runtime does: positive says that all weights are so, in
// which case the score is a probability already, unless it is LOGISTIC's to make.
func second(name string, post func([]float32), positive bool) func(scores []float32) {
	return func(scores []float32) {
		v := scores[0]
		switch {
		case name == "PROBIT":
			scores[1] = probit(v)
			scores[0] = 1 - scores[1]
		case name == "LOGISTIC":
			scores[0], scores[1] = logistic(-v), logistic(v)
		case positive:
			scores[0], scores[1] = 1-v, v
		default:
			scores[0], scores[1] = -v, v
		}
	}
}
