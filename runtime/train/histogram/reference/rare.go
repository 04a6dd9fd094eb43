package reference

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Rare makes a table whose classes are of very different sizes, three quarters
// of its rows to train on: the shape on which a learner's Newton steps break
// down. Values are whole numbers, exact as float32 too, so that a peer reads the
// same. The kinds:
//
//	shuttle   9 columns, 7 classes, three of them below 0.1 %, told apart by thresholds
//	blurred   the same, where a row in fifty has a class by chance
//	fraud     12 columns, 0.05 % positive, told apart by thresholds
//	faint     the same, where the thresholds only make a positive likelier
//	zipf      8 columns, 20 classes whose shares fall as 1/k^2
func Rare(kind string, rows int, seed uint64) *Set {
	random := rand.New(rand.NewPCG(seed, 0x72617265))
	var x *model.Matrix
	var y []float64
	task := plan.Multiclass
	switch kind {
	case "fraud", "faint":
		task = plan.Binary
		x, y = fraud(random, rows, kind == "faint")
	case "zipf":
		x, y = zipf(random, rows, 20)
	default:
		x, y = shuttle(random, rows, kind == "blurred")
	}
	return divide(x, y, task)
}

// whole makes columns of whole numbers with long tails.
func whole(random *rand.Rand, rows, columns int) *model.Matrix {
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, columns)}
	for f := range x.Columns {
		x.Columns[f] = make([]float64, rows)
		for i := range rows {
			v := random.NormFloat64() * 20
			if random.IntN(20) == 0 {
				v *= 5
			}
			x.Columns[f][i] = math.Round(v)
		}
	}
	return x
}

// top returns the value that share of the column's values are above.
func top(column []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(column))
	return sorted[int(float64(len(sorted))*(1-share))]
}

// shuttle is made after the shares of the Statlog shuttle data, which have such
// rare classes.
func shuttle(random *rand.Rand, rows int, blurred bool) (*model.Matrix, []float64) {
	x := whole(random, rows, 9)
	// A class is a corner: so much of one column and half of another. The last
	// that holds counts, so the rare ones are never hidden by the common.
	corners := []struct {
		class, first, second int
		share                float64
	}{
		{3, 0, 1, 0.31}, {4, 2, 3, 0.115}, {2, 4, 5, 0.006}, {1, 6, 7, 0.0018}, {6, 8, 0, 0.00044}, {5, 1, 2, 0.00034},
	}
	y := make([]float64, rows)
	for _, c := range corners {
		limit := top(x.Columns[c.first], c.share)
		for i := range rows {
			if x.Columns[c.first][i] > limit && x.Columns[c.second][i] > 0 {
				y[i] = float64(c.class)
			}
		}
	}
	for i := range y {
		if blurred && random.IntN(50) == 0 {
			y[i] = y[random.IntN(rows)]
		}
	}
	return x, y
}

// fraud has positives in one corner of two columns; where faint, only one row
// in ten of a corner ten times as large.
func fraud(random *rand.Rand, rows int, faint bool) (*model.Matrix, []float64) {
	x := whole(random, rows, 12)
	share := 0.001
	if faint {
		share = 0.01
	}
	limit := top(x.Columns[3], share)
	y := make([]float64, rows)
	for i := range y {
		if x.Columns[3][i] > limit && x.Columns[7][i] > 0 && (!faint || random.IntN(10) == 0) {
			y[i] = 1
		}
	}
	return x, y
}

// zipf cuts a noisy sum of two columns at the quantiles that give class k a
// share of about 1/(k+1)^2; 1.596 is the sum of these over 20 classes.
func zipf(random *rand.Rand, rows, classes int) (*model.Matrix, []float64) {
	x := whole(random, rows, 8)
	limits := make([]float64, classes)
	above := 0.0
	for k := classes - 1; k > 0; k-- {
		above += 1 / float64((k+1)*(k+1)) / 1.596
		limits[k] = above
	}
	score := make([]float64, rows)
	for i := range score {
		score[i] = x.Columns[0][i] + x.Columns[1][i] + 5*random.NormFloat64()
	}
	y := make([]float64, rows)
	for k := 1; k < classes; k++ {
		limit := top(score, limits[k])
		for i := range y {
			if score[i] > limit {
				y[i] = float64(k)
			}
		}
	}
	return x, y
}

// divide takes every fourth row to test on.
func divide(x *model.Matrix, y []float64, task plan.Task) *Set {
	s := &Set{Scores: Scores{Task: task}, TrainX: &model.Matrix{}, TestX: &model.Matrix{}}
	for _, column := range x.Columns {
		var train, test []float64
		for i, v := range column {
			if i%4 == 3 {
				test = append(test, v)
			} else {
				train = append(train, v)
			}
		}
		s.TrainX.Columns, s.TestX.Columns = append(s.TrainX.Columns, train), append(s.TestX.Columns, test)
		s.TrainX.Rows, s.TestX.Rows = len(train), len(test)
	}
	for i, v := range y {
		if i%4 == 3 {
			s.TestY = append(s.TestY, v)
		} else {
			s.TrainY = append(s.TrainY, v)
		}
	}
	return s
}
