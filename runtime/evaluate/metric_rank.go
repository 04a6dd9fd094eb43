package evaluate

import (
	"sort"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// ranking is scores in descending order with whether each row is positive.
type ranking struct {
	score    []float64
	positive []bool
}

// It implements sort.Interface rather than sorting indexes, so that both slices
// are in order after it and thresholds reads them in sequence.
func (r ranking) Len() int           { return len(r.score) }
func (r ranking) Less(i, j int) bool { return r.score[i] > r.score[j] }
func (r ranking) Swap(i, j int) {
	r.score[i], r.score[j] = r.score[j], r.score[i]
	r.positive[i], r.positive[j] = r.positive[j], r.positive[i]
}

// ranked sorts the rows by their score for one class.
//
// The order of equal scores is arbitrary, since thresholds treats them as one.
// Scores are finite: Score has refused others, and NaN would break the order.
func (s sample) ranked(class int) ranking {
	r := ranking{score: make([]float64, len(s.truth)), positive: make([]bool, len(s.truth))}
	for i, t := range s.truth {
		r.score[i], r.positive[i] = s.proba(i, class), int(t) == class
	}
	sort.Sort(r)
	return r
}

// thresholds calls f after each run of equal scores with the true and false
// positives so far. Ties are one threshold, so their order does not matter.
func (r ranking) thresholds(f func(tp, fp float64)) {
	tp, fp := 0.0, 0.0
	for i := range r.score {
		if r.positive[i] {
			tp++
		} else {
			fp++
		}
		if i+1 == len(r.score) || r.score[i+1] != r.score[i] {
			f(tp, fp)
		}
	}
}

// area is the area under the ROC curve by the trapezoidal rule.
//
// The axes are counts, not rates, up to the last line: whole numbers below 2^53
// add up without rounding, so the area is exact until the one division, up to
// some 10^8 rows.
func (r ranking) area() (float64, error) {
	area, lastTP, lastFP := 0.0, 0.0, 0.0
	r.thresholds(func(tp, fp float64) {
		area += (fp - lastFP) * (tp + lastTP) / 2
		lastTP, lastFP = tp, fp
	})
	if lastTP == 0 || lastFP == 0 {
		return 0, errOneClass
	}
	return area / (lastTP * lastFP), nil
}

// rocAUC is the area under the ROC curve; for several classes the unweighted
// mean of each against the rest (multi_class="ovr", average="macro").
//
// A class that no row or every row has makes the whole mean undefined, as in
// scikit-learn, rather than being left out.
func rocAUC(s sample) (float64, error) {
	if s.task == plan.Binary {
		return s.ranked(1).area()
	}
	sum := 0.0
	for c := range s.pred.Classes {
		a, err := s.ranked(c).area()
		if err != nil {
			return 0, err
		}
		sum += a
	}
	return sum / float64(s.pred.Classes), nil
}

// averagePrecision is the sum of precisions weighted by the gain in recall:
// AP = sum (R_n - R_n-1) P_n, without interpolation.
func averagePrecision(s sample) (float64, error) {
	sum, last := 0.0, 0.0
	s.ranked(1).thresholds(func(tp, fp float64) {
		sum += (tp - last) * tp / (tp + fp)
		last = tp
	})
	if last == 0 {
		return 0, errOneClass
	}
	return sum / last, nil
}
