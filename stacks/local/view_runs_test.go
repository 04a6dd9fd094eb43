package local

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

func TestTheChosenParametersAndTheTrialsStandOnThePage(t *testing.T) {
	v := registry.Version{Candidate: registry.Candidate{Params: plan.Params{"max_depth": 12.0},
		Training: &tuning.Report{
			Search: &tuning.Search{Method: "grid", Metric: "f1", Space: map[string][]any{"max_depth": {6.0, 12.0}},
				Best: 1, Trials: []tuning.Trial{
					{Params: plan.Params{"max_depth": 6.0}, Mean: 0.5, Std: 0.25},
					{Params: plan.Params{"max_depth": 12.0}, Mean: 0.75, Std: 0.125},
				}},
			CrossValidation: &tuning.CrossValidation{Folds: 2,
				Metrics: map[string]tuning.Fold{"accuracy": {Values: []float64{0.625, 0.875}, Mean: 0.75, Std: 0.125}}},
		}}}
	m := page.Model{Name: "m"}
	viewTraining(&m, v)
	var out bytes.Buffer
	if err := page.Render(&out, page.View{Models: []page.Model{m}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<td class="name">max_depth</td><td class="num">12</td>`, "grid search by f1, 2 trials: max_depth one of 6, 12",
		`<tr class="chosen"><td class="num">*</td><td class="num">2</td><td class="num">12</td><td class="num">0.7500</td><td class="num">0.1250</td>`,
		`<td class="num">0.5000</td><td class="num">0.2500</td>`, `<td class="num">0.6250 0.8750</td>`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestRunsStandSideBySide(t *testing.T) {
	one := func(depth string, auc float64) run.Run {
		return run.Run{
			Status: run.Succeeded, Author: "ada", StartedAt: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
			Params: map[string]string{"max_depth": depth},
			Stages: []run.Result{{Stage: "tune", Params: map[string]any{"eta": 0.1}},
				{Stage: "evaluate", Metrics: map[string]float64{"roc_auc": auc}}},
		}
	}
	if viewRuns([]run.Run{one("8", 0.8)}) != nil {
		t.Error("one run is compared with nothing")
	}
	c := viewRuns([]run.Run{one("8", 0.8), one("10", 0.9)})
	rows := map[string]page.Compared{}
	for _, r := range c.Rows {
		rows[r.Name] = r
	}
	if !rows["max_depth"].Differs || !rows["roc_auc"].Differs || rows["author"].Differs ||
		rows["tune/eta"].Cells[0] != "0.1" || rows["roc_auc"].Cells[1] != "0.9" {
		t.Errorf("%+v", c.Rows)
	}
	var out bytes.Buffer
	if err := page.Render(&out, page.View{Models: []page.Model{{Name: "m", Runs: c}},
		Pipelines: []page.Pipeline{{Name: "nightly", Schedule: "@daily"}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"compare the last 2 runs",
		`<tr class="differs"><th scope="row">max_depth</th><td>8</td><td>10</td></tr>`, "nightly", "@daily"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
