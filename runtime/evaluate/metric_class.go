package evaluate

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Classification metrics. For a binary task precision, recall and f1 are those
// of the positive class, which is class 1; for several classes they are the
// unweighted mean over the classes that occur in truth or prediction
// (average="macro"). A ratio with nothing below the line is 0, as
// zero_division=0 has it.

// accuracy is the share of rows whose predicted class is the true one.
func accuracy(s sample) (float64, error) {
	hits := 0
	for i, t := range s.truth {
		if int32(t) == s.pred.Label[i] {
			hits++
		}
	}
	return float64(hits) / float64(len(s.truth)), nil
}

// classCounts are true positives, predicted and actual members of each class.
//
// There are two classes at least: for a binary task pred.Classes may be 0 or 2,
// depending on the predictor, and the labels are 0 and 1 either way.
func (s sample) classCounts() (hit, predicted, actual []float64) {
	k := max(2, s.pred.Classes)
	hit, predicted, actual = make([]float64, k), make([]float64, k), make([]float64, k)
	for i, t := range s.truth {
		c, p := int(t), int(s.pred.Label[i])
		actual[c]++
		predicted[p]++
		if c == p {
			hit[c]++
		}
	}
	return hit, predicted, actual
}

// balancedAccuracy is the mean recall over the classes that occur in truth.
//
// n is never 0, as there is at least one row. Classes without a row in truth
// are left out, as scikit-learn does with a warning.
func balancedAccuracy(s sample) (float64, error) {
	hit, _, actual := s.classCounts()
	sum, n := 0.0, 0.0
	for c, a := range actual {
		if a > 0 {
			sum += hit[c] / a
			n++
		}
	}
	return sum / n, nil
}

// perClass averages a ratio of counts: over class 1 alone for a binary task.
//
// The ratio gets the three counts of a class and returns what is above and
// below the line, so that precision, recall and f1 share the treatment of 0/0
// and of averaging. f1 is written as 2 hit / (predicted + actual), which is the
// harmonic mean of the other two without a second 0/0.
func (s sample) perClass(ratio func(hit, predicted, actual float64) (float64, float64)) (float64, error) {
	hit, predicted, actual := s.classCounts()
	value := func(c int) float64 {
		over, under := ratio(hit[c], predicted[c], actual[c])
		if under == 0 {
			return 0
		}
		return over / under
	}
	if s.task == plan.Binary {
		return value(1), nil
	}
	sum, n := 0.0, 0.0
	for c := range actual {
		if actual[c]+predicted[c] > 0 {
			sum += value(c)
			n++
		}
	}
	return sum / n, nil
}

func precision(s sample) (float64, error) {
	return s.perClass(func(hit, predicted, _ float64) (float64, float64) { return hit, predicted })
}

func recall(s sample) (float64, error) {
	return s.perClass(func(hit, _, actual float64) (float64, float64) { return hit, actual })
}

func f1(s sample) (float64, error) {
	return s.perClass(func(hit, predicted, actual float64) (float64, float64) { return 2 * hit, predicted + actual })
}

// proba is the probability of a class in a row.
func (s sample) proba(row, class int) float64 {
	if s.task == plan.Binary {
		if class == 1 {
			return s.pred.Proba[row]
		}
		return 1 - s.pred.Proba[row]
	}
	return s.pred.Proba[row*s.pred.Classes+class]
}

// logLoss is the mean negative log-probability of the true class, clipped to
// [eps, 1-eps] with eps = 2.2e-16 and renormalised over the classes, as
// scikit-learn's eps="auto" has it for float64.
func logLoss(s sample) (float64, error) {
	const eps = 2.220446049250313e-16
	k := max(2, s.pred.Classes)
	sum := 0.0
	for i, t := range s.truth {
		total, own := 0.0, 0.0
		for c := range k {
			// Renormalising after the clipping moves a probability, where all
			// add up to 1, by at most the number of classes times eps; it is
			// done to give the last digits that scikit-learn gives.
			p := math.Min(math.Max(s.proba(i, c), eps), 1-eps)
			total += p
			if c == int(t) {
				own = p
			}
		}
		sum -= math.Log(own / total)
	}
	return sum / float64(len(s.truth)), nil
}

// brier is the mean squared difference between the positive class's probability
// and what happened.
func brier(s sample) (float64, error) {
	sum := 0.0
	for i, t := range s.truth {
		d := s.pred.Proba[i] - t
		sum += d * d
	}
	return sum / float64(len(s.truth)), nil
}
