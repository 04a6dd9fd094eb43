package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// customers makes rows of distinct content, some of a rare class and some
// without a value, of 300 customers.
func customers(rows int) *dataset.Frame {
	random := rand.New(rand.NewPCG(3, 1))
	var y, who []string
	var x, z []float64
	for i := range rows {
		class := []string{"good", "bad"}[random.IntN(2)]
		if i%200 == 7 {
			class = "fraud"
		}
		y, who = append(y, class), append(who, fmt.Sprint("customer ", random.IntN(300)))
		x = append(x, float64(i))
		if z = append(z, math.Round(random.NormFloat64()*10)); i%9 == 0 {
			z[i] = math.NaN()
		}
	}
	return frameOf(category("y", y...), category("who", who...), numbers("x", x...), numbers("z", z...))
}

// sides says by the value of column x, which names a row, whether it is tested.
func sides(t *testing.T, f *dataset.Frame, s train.Spec) map[float64]bool {
	t.Helper()
	fit, test, err := train.Split(f, s)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[float64]bool)
	for _, r := range fit {
		out[f.Column("x").Floats[r]] = false
	}
	for _, r := range test {
		out[f.Column("x").Floats[r]] = true
	}
	return out
}

func TestRowsKeepTheirSideWhenOthersComeGoAndMove(t *testing.T) {
	all := customers(3000)
	order := rand.New(rand.NewPCG(1, 1)).Perm(all.Rows)
	first := make([]int, 2000)
	for i := range first {
		first[i] = i
	}
	reversed := &dataset.Frame{Rows: all.Rows, Columns: slices.Clone(all.Columns)}
	slices.Reverse(reversed.Columns)
	widened := &dataset.Frame{Rows: all.Rows,
		Columns: append(slices.Clone(all.Columns), numbers("new", slices.Repeat([]float64{math.NaN()}, all.Rows)...))}
	cases := map[string]*dataset.Frame{
		"fewer rows":                     all.Select(first),
		"rows in another order":          all.Select(order),
		"fewer rows in another order":    all.Select(order[:2100]),
		"columns in another order":       reversed,
		"a new column that says nothing": widened,
	}
	for _, stratified := range []bool{true, false} {
		for _, key := range []string{"", "who"} {
			s := spec(all, plan.Multiclass, "y", "", plan.RandomForest)
			s.Model.Split.Stratified, s.Model.Split.Key = stratified, key
			was := sides(t, all, s)
			for name, f := range cases {
				is := sides(t, f, s)
				if len(is) != f.Rows {
					t.Fatalf("%s: %d of %d rows have a side", name, len(is), f.Rows)
				}
				for row, tested := range is {
					if was[row] != tested {
						t.Fatalf("%s (key %q): row %v changes sides", name, key, row)
					}
				}
			}
		}
	}
}

func TestCopiesOfARowAreOnOneSide(t *testing.T) {
	f := customers(1000)
	var doubled []int
	for i := range f.Rows {
		doubled = append(doubled, i)
		if i%2 == 0 {
			doubled = append(doubled, i)
		}
	}
	f = f.Select(doubled)
	if is := sides(t, f, spec(f, plan.Multiclass, "y", "", plan.RandomForest)); len(is) != 1000 {
		t.Fatalf("%d rows", len(is))
	}
	fit, test, _ := train.Split(f, spec(f, plan.Multiclass, "y", "", plan.RandomForest))
	trained := make(map[float64]bool)
	for _, r := range fit {
		trained[f.Column("x").Floats[r]] = true
	}
	for _, r := range test {
		if trained[f.Column("x").Floats[r]] {
			t.Fatalf("row %d is tested, and its copy is trained on", r)
		}
	}
}

func TestRowsOfOneKeyAreOnOneSide(t *testing.T) {
	f := customers(3000)
	s := spec(f, plan.Multiclass, "y", "", plan.RandomForest)
	s.Model.Split.Key = "who"
	side := make(map[string]bool)
	fit, test, err := train.Split(f, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range fit {
		side[f.Column("who").Value(r)] = true
	}
	for _, r := range test {
		if side[f.Column("who").Value(r)] {
			t.Fatalf("%s is trained on and tested", f.Column("who").Value(r))
		}
	}
	if share := float64(len(test)) / 3000; math.Abs(share-0.25) > 0.1 {
		t.Errorf("%.3f of the rows are held out", share)
	}
	f.Columns[1].Codes[17] = dataset.MissingCode
	if _, _, err := train.Split(f, s); err == nil || !strings.Contains(err.Error(), `key "who": row 18 has no value`) {
		t.Errorf("error %v", err)
	}
}

func TestEveryClassIsOnBothSidesHoweverSmall(t *testing.T) {
	f := labels(map[string]int{"a": 40, "b": 5, "c": 2})
	s := spec(f, plan.Multiclass, "y", "", plan.RandomForest)
	for s.Seed = range 200 {
		fit, test, err := train.Split(f, s)
		if err != nil || len(fit)+len(test) != f.Rows {
			t.Fatalf("seed %d: %v", s.Seed, err)
		}
	}
}

func TestATableOfFewKindsOfRowsIsDividedRowByRow(t *testing.T) {
	var y, x []string
	for i := range 4000 {
		y, x = append(y, []string{"a", "b"}[i%2]), append(x, []string{"p", "q", "r"}[i%3])
	}
	f := frameOf(category("y", y...), category("x", x...))
	_, test, err := train.Split(f, spec(f, plan.Binary, "y", "b", plan.RandomForest))
	if err != nil || math.Abs(float64(len(test))/4000-0.25) > 0.03 {
		t.Errorf("%d of 4,000 rows are held out (%v)", len(test), err)
	}
}

// Identifiers of 64 bits share their float64 with about a thousand others.
func TestIdentifiersThatShareAFloat64AreTwoEntities(t *testing.T) {
	const rows = 400
	id, y := numbers("id"), make([]string, rows)
	id.Type = plan.Integer
	var x []float64
	for i := range rows {
		id.Floats, id.Low = append(id.Floats, 1<<60), append(id.Low, int16(i/2-100)) // two rows an identifier
		x, y[i] = append(x, float64(i)), []string{"good", "bad"}[i%2]
	}
	f := frameOf(category("y", y...), id, numbers("x", x...))
	s := spec(f, plan.Binary, "y", "bad", plan.RandomForest)
	s.Model.Split.Key = "id"
	tested := 0
	side := sides(t, f, s)
	for i := range rows / 2 {
		if side[float64(2*i)] != side[float64(2*i+1)] {
			t.Errorf("identifier %d is trained on and tested", i)
		}
		if side[float64(2*i)] {
			tested++
		}
	}
	if share := float64(tested) / (rows / 2); math.Abs(share-0.25) > 0.1 {
		t.Errorf("%.3f of the identifiers are held out", share)
	}
}
