package serve

import (
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// appendScore appends a row's result without its braces: prediction,
// and for a classification the probability of the predicted class and of each.
// Label is -1 for a regression. Labels are JSON texts already, encoded once when
// the generation was built, so that the hot path escapes nothing. The caller
// adds the braces because a single row carries model and version in the same
// object, while the rows of a batch do not.
func (g *generation) appendScore(out []byte, s model.Score) []byte {
	out = g.appendPrediction(append(out, `"prediction":`...), s)
	if s.Label < 0 {
		return out
	}
	out = append(out, `,"probability":`...)
	out = appendNumber(out, s.Proba[s.Label])
	out = append(out, `,"probabilities":{`...)
	for k, p := range s.Proba {
		if k > 0 {
			out = append(out, ',')
		}
		out = append(out, g.labels[k]...)
		out = append(out, ':')
		out = appendNumber(out, p)
	}
	return append(out, '}')
}

// appendPrediction appends the predicted class or value alone.
func (g *generation) appendPrediction(out []byte, s model.Score) []byte {
	if s.Label < 0 {
		return appendNumber(out, s.Value)
	}
	return append(out, g.labels[s.Label]...)
}

// appendNumber appends the shortest decimal that reads back as v, which is
// finite.
// encoding/json, whose switch to exponents at 1e-6 and 1e21 this follows, would
// need an allocation for each number. NaN and infinities would not be valid JSON;
// finite keeps them out.
func appendNumber(out []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(out, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(out, v, 'f', -1, 64)
}
