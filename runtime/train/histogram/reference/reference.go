// Package reference holds three small datasets, encoded and split, with the
// scores that scikit-learn reaches on them, so that the tests of the tree
// learners compare like with like. It is for tests alone; export.py makes the
// files. The credit data (Lluís A. Belanche Muñoz) and the concrete data (I-Cheng
// Yeh, UCI repository) come from the R package modeldata 1.1.0 (MIT), the digits
// from scikit-learn (UCI repository, E. Alpaydin and C. Kaynak).
package reference

import (
	"compress/gzip"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"sort"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

//go:embed testdata
var files embed.FS

// Scores are what scikit-learn reaches on a dataset's held-out rows: the area
// under the ROC curve (binary), accuracy (multiclass) or r2 (regression).
type Scores struct {
	Task             plan.Task `json:"task"`
	RandomForest     float64   `json:"random_forest"`     // mean over five seeds
	RandomForestStd  float64   `json:"random_forest_std"` // of those
	GradientBoosting float64   `json:"gradient_boosting"`
}

// Set is one dataset.
type Set struct {
	Scores
	TrainX, TestX *model.Matrix
	TrainY, TestY []float64
}

// Load returns the dataset "credit", "concrete" or "digits".
func Load(name string) (*Set, error) {
	text, err := fs.ReadFile(files, "testdata/scores.json")
	if err != nil {
		return nil, err
	}
	scores := map[string]Scores{}
	if err := json.Unmarshal(text, &scores); err != nil {
		return nil, err
	}
	s := &Set{Scores: scores[name]}
	if err := s.read("testdata/" + name + ".csv.gz"); err != nil {
		return nil, fmt.Errorf("reference data %s: %w", name, err)
	}
	return s, nil
}

// read takes the file's columns: features, the target, and whether the row is
// held out.
func (s *Set) read(name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	plain, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	records, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		return err
	}
	features := len(records[0]) - 2
	s.TrainX = &model.Matrix{Columns: make([][]float64, features)}
	s.TestX = &model.Matrix{Columns: make([][]float64, features)}
	for _, record := range records[1:] {
		x, y := s.TrainX, &s.TrainY
		if record[features+1] == "1" {
			x, y = s.TestX, &s.TestY
		}
		x.Rows++
		for f, text := range record[:features+1] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return err
			}
			if f == features {
				*y = append(*y, v)
			} else {
				x.Columns[f] = append(x.Columns[f], v)
			}
		}
	}
	return nil
}

// Raw returns the scores of one row before the link, by the words of
// model.Tree's documentation and nothing else.
func Raw(e *model.Ensemble, x *model.Matrix, row int) []float64 {
	out := make([]float64, e.Outputs)
	if !e.Average {
		copy(out, e.Base)
	}
	share := 1.0
	if e.Average {
		share = 1 / float64(len(e.Trees))
	}
	for i := range e.Trees {
		t := &e.Trees[i]
		at := int32(0)
		for t.Feature[at] >= 0 {
			v := x.Columns[t.Feature[at]][row]
			if v <= t.Threshold[at] || math.IsNaN(v) && t.MissingLeft[at] {
				at = t.Left[at]
			} else {
				at = t.Right[at]
			}
		}
		if t.Output >= 0 {
			out[t.Output] += share * t.Leaf[t.Left[at]]
			continue
		}
		for k := range out {
			out[k] += share * t.Leaf[int(t.Left[at])+k]
		}
	}
	return out
}

// Score returns what Scores hold, of the ensemble on the held-out rows. The
// links keep the order of scores, so that raw ones serve.
func (s *Set) Score(e *model.Ensemble) float64 {
	raw := make([][]float64, s.TestX.Rows)
	for i := range raw {
		raw[i] = Raw(e, s.TestX, i)
	}
	switch s.Task {
	case plan.Binary:
		return auc(s.TestY, raw)
	case plan.Multiclass:
		return accuracy(s.TestY, raw)
	}
	return r2(s.TestY, raw)
}

// auc is the Mann-Whitney statistic over the number of pairs. It is written
// apart from package train's, so that neither tests itself.
func auc(y []float64, raw [][]float64) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return raw[order[a]][0] < raw[order[b]][0] })
	ranks, positives := 0.0, 0.0
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && raw[order[to]][0] == raw[order[from]][0] {
			to++
		}
		for _, i := range order[from:to] {
			ranks += y[i] * float64(from+to+1) / 2 // ties share their middle rank
			positives += y[i]
		}
		from = to
	}
	return (ranks - positives*(positives+1)/2) / (positives * (float64(len(y)) - positives))
}

// accuracy takes the class of the greatest score, the first of equals, as
// model's predictions do.
func accuracy(y []float64, raw [][]float64) float64 {
	right := 0.0
	for i, scores := range raw {
		best := 0
		for k, v := range scores {
			if v > scores[best] {
				best = k
			}
		}
		if best == int(y[i]) {
			right++
		}
	}
	return right / float64(len(y))
}

// r2 is 1 less the residual sum of squares over that around the mean of the
// held-out rows, as scikit-learn's r2_score.
func r2(y []float64, raw [][]float64) float64 {
	mean, residual, total := 0.0, 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		residual += (v - raw[i][0]) * (v - raw[i][0])
		total += (v - mean) * (v - mean)
	}
	return 1 - residual/total
}
