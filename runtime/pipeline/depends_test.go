package pipeline

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func small() *plan.Plan {
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "p", Seed: 1,
		Datasets: map[string]plan.Dataset{"d": {Source: "d.csv",
			Columns: map[string]plan.Column{"y": {Type: plan.Category}}}},
		Models: map[string]plan.Model{"m": {Dataset: "d", Target: "y", Algorithm: plan.RandomForest}},
	}
}

// moved names the stages whose own dependences differ, with what differs.
func moved(t *testing.T, a, b *plan.Plan) []string {
	t.Helper()
	before, err := Depends(a, "m")
	if err != nil {
		t.Fatal(err)
	}
	after, err := Depends(b, "m")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, s := range before {
		for _, name := range slices.Sorted(maps.Keys(s.Plan)) {
			if s.Plan[name] != after[i].Plan[name] {
				out = append(out, s.Stage+"."+name)
			}
		}
	}
	return out
}

func TestDependsSaysWhichStagesAnEditReaches(t *testing.T) {
	cases := map[string]struct {
		edit func(*plan.Dataset, *plan.Model)
		want string
	}{
		"an expectation": {func(d *plan.Dataset,
			_ *plan.Model) {
			d.Expect = []plan.Expectation{{Expectation: "x"}}
		}, "validate.dataset"},
		"the source": {func(d *plan.Dataset, _ *plan.Model) { d.Source = "e.csv" },
			"ingest.source validate.dataset train.recipe"},
		"a parameter": {func(_ *plan.Dataset,
			m *plan.Model) {
			m.Params = plan.Params{"max_depth": 3.0}
		}, "train.recipe"},
		"a gate": {func(_ *plan.Dataset,
			m *plan.Model) {
			m.Require.Metrics = map[string]plan.Predicate{"f1": nil}
		}, ""},
		"an approver": {func(_ *plan.Dataset, m *plan.Model) { m.Approval.Count = 2 }, ""},
		"a fairness group": {func(_ *plan.Dataset,
			m *plan.Model) {
			m.Require.Fairness = map[string]plan.Fairness{"y": {}}
		}, "evaluate.fairness"},
		"the split": {func(_ *plan.Dataset, m *plan.Model) { m.Split.TestSize = 0.5 },
			"prepare.split train.recipe"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := small()
			d, m := b.Datasets["d"], b.Models["m"]
			c.edit(&d, &m)
			b.Datasets["d"], b.Models["m"] = d, m
			if got := strings.Join(moved(t, small(), b), " "); got != c.want {
				t.Errorf("moved %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatAStageReadsIsMadeByAnEarlierOne(t *testing.T) {
	made := map[string]bool{}
	all, err := Depends(small(), "m")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for name, from := range s.Reads {
			if !made[from[0]] {
				t.Errorf("%s reads %s of %s, which is not before it", s.Stage, name, from[0])
			}
		}
		made[s.Stage] = true
	}
	if len(all) != len(Stages())-1 {
		t.Errorf("%d stages with keys, want all but register", len(all))
	}
	if _, err := Depends(small(), "z"); err == nil {
		t.Error("a model that the plan lacks has no stages, but no error said so")
	}
}
