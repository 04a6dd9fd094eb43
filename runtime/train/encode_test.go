package train_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

func TestFitEncoderLearnsFillsScalesAndCategories(t *testing.T) {
	nan := math.NaN()
	f := frameOf(
		category("y", "a", "b", "a", "b", "a"),
		numbers("skewed", 1, nan, 3, 2, 10),
		numbers("constant", 7, 7, 7, 7, nan),
		numbers("empty", nan, nan, math.Inf(1), nan, nan),
		dataset.Column{Name: "flag", Type: plan.Boolean, Floats: []float64{1, 1, nan, 0, 1}},
		category("full", "v", "u", "v", "u", "v"),
		category("gaps", "v", "", "w", "v", "v"),
	)
	s := spec(f, plan.Binary, "y", "a", plan.RandomForest)
	s.Model.Preprocessing.Scale = true
	e, inputs, err := train.FitEncoder(f, s)
	if err != nil {
		t.Fatal(err)
	}
	// skewed with its median 2.5 filled in is 1, 2.5, 3, 2, 10.
	want := []model.FieldEncoder{
		{Name: "skewed", Type: plan.Number, Impute: true, Fill: 2.5, Mean: 3.7, Scale: math.Sqrt(10.36)},
		{Name: "constant", Type: plan.Number, Impute: true, Fill: 7, Mean: 7, Scale: 1},
		{Name: "empty", Type: plan.Number, Impute: true, Scale: 1},
		{Name: "flag", Type: plan.Boolean, Impute: true, Fill: 1},
		{Name: "full", Type: plan.Category, OneHot: true, Categories: []string{"u", "v"}, Impute: true, Mode: "v"},
		{Name: "gaps", Type: plan.Category, OneHot: true, Categories: []string{"v", "w"}},
	}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
	if d := cmp.Diff(want, e.Fields, near); d != "" {
		t.Error(d)
	}
	if in := inputs[0]; in.Min != 1 || in.Max != 10 || inputs[2].Min != 0 || inputs[2].Max != 0 {
		t.Errorf("ranges %+v, %+v", in, inputs[2])
	}
	s.Model.Preprocessing = plan.Preprocessing{Numeric: "mean", Categorical: "ordinal"}
	e, _, err = train.FitEncoder(f, s)
	if err != nil || e.Fields[0].Fill != 4 || e.Fields[0].Scale != 0 || e.Fields[4].OneHot {
		t.Errorf("mean and ordinal: %+v, %+v (%v)", e.Fields[0], e.Fields[4], err)
	}
	s.Model.Preprocessing.Numeric = "none"
	if e, _, _ = train.FitEncoder(f, s); e.Fields[0].Impute || e.Fields[3].Impute {
		t.Error("missing numbers are filled in against the plan")
	}
}

func TestOnlyTheTrainingPartIsLearntFrom(t *testing.T) {
	// The dictionary is shared by both parts, the rows of "test only" are not.
	all := category("c", "u", "v", "test only")
	f := frameOf(category("y", "a", "b", "a"), all)
	e, _, err := train.FitEncoder(f.Select([]int{0, 1}), spec(f, plan.Binary, "y", "a", plan.RandomForest))
	if err != nil || !cmp.Equal(e.Fields[0].Categories, []string{"u", "v"}) {
		t.Errorf("categories %v (%v)", e.Fields[0].Categories, err)
	}
}

func TestTooManyCategoriesForOneHotSayWhatToDo(t *testing.T) {
	var ids, y []string
	for i := range 1001 {
		ids = append(ids, strconv.Itoa(i))
		y = append(y, strconv.Itoa(i%2))
	}
	f := frameOf(category("y", y...), category("id", ids...))
	_, _, err := train.FitEncoder(f, spec(f, plan.Binary, "y", "1", plan.RandomForest))
	if err == nil || !strings.Contains(err.Error(),
		`feature "id": one_hot would make a column of each of its 1001 values`) {
		t.Errorf("error %v", err)
	}
}

func TestCategoriesOutsideOfTheDeclaredOnesAreUnknown(t *testing.T) {
	f := &dataset.Frame{Rows: 4, Columns: []dataset.Column{{Name: "v", Type: plan.Category, Codes: []int32{0, 1, 2, 0},
		Dict: []string{"a", "b", "new"}}}}
	spec := train.Spec{Model: plan.Model{Features: []string{"v"}},
		Dataset: plan.Dataset{Columns: map[string]plan.Column{
			"v": {Type: plan.Category, Values: []string{"a", "b"}, ValuesMostly: 0.5, NullValue: []string{"-"}},
		}}}
	e, inputs, err := train.FitEncoder(f, spec)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Apply(f)
	if err != nil || e.Width() != 3 || x.Columns[2][2] != 1 || x.Columns[2][0] != 0 {
		t.Errorf("encoded as %v (%v), want a, b and unknown", x, err)
	}
	if got := inputs[0].NullTexts(); len(got) != 1 || got[0] != "-" {
		t.Errorf("the signature's null texts are %q", got)
	}
}
