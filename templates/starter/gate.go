package starter

import (
	"fmt"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// testShare is the share of rows that a model is tested on by default.
const testShare = 0.25

// Gate is a metric and what it must be above.
type Gate struct {
	Metric string
	Above  string
	Why    string // a sentence or two on where the number comes from
}

// gate returns the gate just above guessing: above what guessing attains by two
// standard errors in a test part of the table's size, so that one guess in forty
// passes. Accuracy is no such gate, for where one class has most of the rows
// naming it alone is nearly always right.
func gate(classes map[string]int64) Gate {
	if len(classes) == 0 {
		return Gate{Metric: "r2", Above: "0", Why: "Guessing the mean of the target has an r2 of 0."}
	}
	var rows int64
	common, variance := "", 0.0
	share := 1 / float64(len(classes))
	for _, name := range sortedKeys(classes) {
		rows += classes[name]
		if classes[name] > classes[common] {
			common = name
		}
		variance += share * (1 - share) / tested(classes[name])
	}
	always := fmt.Sprintf("Naming %s alone is right in %s of the rows, so accuracy says little.", comment(common),
		percent(float64(classes[common])/float64(rows)))
	if len(classes) == 2 {
		// the standard error of a rank-sum statistic where there is no difference
		n := make([]float64, 0, 2)
		for _, rows := range classes {
			n = append(n, tested(rows))
		}
		above := bound(0.5, math.Sqrt((n[0]+n[1]+1)/(12*n[0]*n[1])))
		return Gate{Metric: "roc_auc", Above: above,
			Why: always + fmt.Sprintf(" A guess has a roc_auc of 0.5, and above %s in one of forty tests of this size.",
				above)}
	}
	above := bound(share, share*math.Sqrt(variance))
	return Gate{Metric: "balanced_accuracy", Above: above,
		Why: always + fmt.Sprintf(" A guess has a balanced_accuracy of %.2g, and above %s in one of forty tests of this size.", share, above)}
}

// tested is how many of the rows are tested on, one at least.
func tested(rows int64) float64 { return math.Max(1, testShare*float64(rows)) }

// bound is two standard errors above guessing, at most half of the way to what
// is perfect, in hundredths.
func bound(guess, se float64) string {
	b := math.Min(guess+2*se, (1+guess)/2)
	return fmt.Sprintf("%.2f", math.Ceil(b*100-1e-9)/100)
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// folds is how many folds of cross-validation the rarest class allows, at most
// five; 0 where it allows none.
func folds(classes map[string]int64, rows int64) int {
	rarest := rows
	for _, n := range classes {
		rarest = min(rarest, n)
	}
	n := min(5, rarest-int64(math.Ceil(testShare*float64(rarest))))
	if n < 2 {
		return 0
	}
	return int(n)
}

func sortedKeys(m map[string]int64) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// expectations are what holds of the table that was read, and is hoped of those
// to come.
func (b Blueprint) expectations() []plan.Expectation {
	target := plan.Expectation{Expectation: "column_values_to_not_be_null", Column: b.Target}
	if b.TargetMissing > 0 && b.Rows > 0 {
		// rounded down, so that it holds of this table
		target.Kwargs = map[string]any{"mostly": float64(1000*(b.Rows-b.TargetMissing)/b.Rows) / 1000}
	}
	return []plan.Expectation{
		{Expectation: "table_row_count_to_be_between", Kwargs: map[string]any{"min_value": max(1, b.Rows/2)}},
		target,
	}
}
