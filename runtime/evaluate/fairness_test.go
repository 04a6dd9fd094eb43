package evaluate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
)

// fair asks for fairness by one column over groups of at least two rows.
func fair(column string, split ...float64) evaluate.Spec {
	spec := binary()
	spec.Model.Require.Fairness = map[string]plan.Fairness{column: {Split: split, MinGroup: 2}}
	return spec
}

// names are the groups' names with their counts, in order.
func names(f evaluate.Fairness) map[string]int {
	out := map[string]int{}
	for _, g := range f.Groups {
		out[g.Name] += g.Count
	}
	return out
}

func TestANumberIsSplitIntoGroupsInOrder(t *testing.T) {
	ages := []float64{9, 10, 60, 100, 25, 24.999, math.NaN(), -3, 99.5}
	n := len(ages)
	r := evaluated(t, table(yesNo(make([]float64, n)...), numbers("p", make([]float64, n)...),
		numbers("age", ages...)), fair("age", 10, 25, 100))
	want := []evaluate.Group{
		{Name: "<10", Count: 2}, {Name: "10..25", Count: 2}, {Name: "25..100", Count: 3}, {Name: ">=100", Count: 1},
		{Name: "missing", Missing: true, Count: 1},
	}
	var got []evaluate.Group
	for _, g := range r.Fairness["age"].Groups {
		got = append(got, evaluate.Group{Name: g.Name, Missing: g.Missing, Count: g.Count})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissingValuesAreAGroupOfTheirOwn(t *testing.T) {
	f := table(
		yesNo(0, 1, 0, 1, 0, 1), numbers("p", 1, 1, 0, 0, 1, 1),
		category("g", "a", "a", "", "", "missing", "missing"),
	)
	groups := evaluated(t, f, fair("g")).Fairness["g"].Groups
	if len(groups) != 3 || groups[1].Missing || groups[1].SelectionRate != 1 || !groups[2].Missing ||
		groups[2].SelectionRate != 0 || groups[2].Count != 2 {
		t.Errorf("a value that reads \"missing\" and no value are not told apart: %+v", groups)
	}
}

func TestABooleanMakesTwoGroups(t *testing.T) {
	member := dataset.Column{Name: "member", Type: plan.Boolean, Floats: []float64{1, 0, 1, 0}}
	f := evaluated(t, table(yesNo(0, 0, 1, 1), numbers("p", 1, 0, 1, 1), member), fair("member")).Fairness["member"]
	if diff := cmp.Diff(map[string]int{"false": 2, "true": 2}, names(f)); diff != "" {
		t.Error(diff)
	}
	if got := f.Metrics["demographic_parity_ratio"]; got != 0.5 {
		t.Errorf("ratio %v, want 0.5", got)
	}
}

func TestGroupsThatAreTooSmallAreShownButNotJudged(t *testing.T) {
	f := table(
		yesNo(0, 1, 0, 1, 1), numbers("p", 1, 1, 0, 1, 0),
		category("g", "a", "a", "b", "b", "c"), // c alone would make the ratio 0
	)
	got := evaluated(t, f, fair("g")).Fairness["g"]
	if len(got.Groups) != 3 || got.Groups[2].Judged || !got.Groups[1].Judged ||
		got.Metrics["demographic_parity_ratio"] != 0.5 {
		t.Errorf("%+v", got)
	}
	for minimum, want := range map[int]string{3: "there is none", 2: "there is only one"} {
		spec := fair("g")
		spec.Model.Require.Fairness["g"] = plan.Fairness{MinGroup: minimum}
		few := table(yesNo(0, 1, 1), numbers("p", 1, 1, 0), category("g", "a", "a", "b"))
		got := evaluated(t, few, spec).Fairness["g"]
		if len(got.Metrics) != 0 || !strings.Contains(got.Undefined, want) {
			t.Errorf("at least %d rows a group: %+v, want it to say %q", minimum, got, want)
		}
	}
}

func TestNobodySelectedAnywhereIsEqualTreatment(t *testing.T) {
	f := table(yesNo(0, 1, 0, 1), numbers("p", 0, 0, 0, 0), category("g", "a", "a", "b", "b"))
	want := map[string]float64{
		"demographic_parity_ratio": 1, "demographic_parity_difference": 0, "equalized_odds_ratio": 1,
		"equalized_odds_difference": 0,
	}
	if diff := cmp.Diff(want, evaluated(t, f, fair("g")).Fairness["g"].Metrics); diff != "" {
		t.Error(diff)
	}
}

func TestAGroupWithoutPositivesHasNoTruePositiveRate(t *testing.T) {
	f := table(
		yesNo(0, 1, 0, 1, 0, 0), numbers("p", 0, 1, 0, 1, 0, 0),
		category("g", "a", "a", "b", "b", "c", "c"),
	)
	got := evaluated(t, f, fair("g")).Fairness["g"]
	if c := got.Groups[2]; c.TruePositive != nil || *c.FalsePositive != 0 || !c.Judged {
		t.Errorf("group without positives: %+v", c)
	}
	if d := got.Metrics["equalized_odds_difference"]; d != 0 {
		t.Errorf("a and b are treated alike, yet the difference is %v", d)
	}
	f = table(yesNo(0, 1, 0, 0), numbers("p", 0, 1, 0, 0), category("g", "a", "a", "b", "b"))
	got = evaluated(t, f, fair("g")).Fairness["g"]
	if _, ok := got.Metrics["equalized_odds_difference"]; ok ||
		!strings.Contains(got.Undefined, "equalized odds") || len(got.Metrics) != 2 {
		t.Errorf("positives in one group only: %+v", got)
	}
}

func TestSensitiveColumnsAreMeasuredWithoutAGate(t *testing.T) {
	n := 64
	p, g := make([]float64, n), make([]string, n)
	for i := range n {
		p[i], g[i] = float64(i/2%2), []string{"a", "b"}[i%2]
	}
	sensitive := func(kind plan.ColumnType) plan.Column { return plan.Column{Type: kind, Sensitive: true} }
	spec := binary()
	spec.Dataset.Columns = map[string]plan.Column{
		"g": sensitive(plan.Category), "y": sensitive(plan.Category), "p": sensitive(plan.Number),
		"plain": {Type: plan.Category}, "elsewhere": sensitive(plan.Category),
	}
	plain := category("plain", g...)
	got := evaluated(t, table(yesNo(p...), numbers("p", p...), category("g", g...), plain), spec).Fairness
	if len(got) != 1 || got["g"].MinGroup != 30 || got["g"].Metrics["demographic_parity_ratio"] != 1 {
		t.Errorf("%+v, want g alone", got)
	}
	spec.Model.Require.Fairness = map[string]plan.Fairness{"g": {MinGroup: 40}}
	if got := evaluated(t, table(yesNo(p...), numbers("p", p...), category("g", g...)),
		spec).Fairness["g"]; got.MinGroup != 40 || got.Undefined == "" {
		t.Errorf("the gate's own least size is not what was used: %+v", got)
	}
}

func TestFairnessThatMakesNoSenseIsRefused(t *testing.T) {
	f := table(yesNo(0, 1), numbers("p", 0, 1), category("g", "a", "b"))
	p := byColumns{plan.Binary, []string{"p"}}
	for want, spec := range map[string]evaluate.Spec{
		`evaluate m: the data has no sensitive column "h"`:            fair("h"),
		`evaluate m: sensitive column "g": its values are the groups`: fair("g", 3),
		"fairness compares how often groups get the positive class, but": {Name: "m",
			Model: plan.Model{Task: plan.Regression, Target: "p", Require: fair("g").Model.Require}},
	} {
		q := p
		q.task = spec.Model.Task
		if got := refusal(t, q, f, spec); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
