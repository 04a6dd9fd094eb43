package local

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

func TestRunsStandSideBySide(t *testing.T) {
	run := func(depth string, auc float64) pipeline.Run {
		return pipeline.Run{
			Status: pipeline.Succeeded, Author: "ada", StartedAt: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Params: map[string]string{"max_depth": depth},
			Stages: []pipeline.Result{{Stage: "tune", Params: map[string]any{"eta": 0.1}}, {Stage: "evaluate", Metrics: map[string]float64{"roc_auc": auc}}},
		}
	}
	if viewRuns([]pipeline.Run{run("8", 0.8)}) != nil {
		t.Error("one run is compared with nothing")
	}
	c := viewRuns([]pipeline.Run{run("8", 0.8), run("10", 0.9)})
	rows := map[string]page.Compared{}
	for _, r := range c.Rows {
		rows[r.Name] = r
	}
	if !rows["max_depth"].Differs || !rows["roc_auc"].Differs || rows["author"].Differs || rows["tune/eta"].Cells[0] != "0.1" || rows["roc_auc"].Cells[1] != "0.9" {
		t.Errorf("%+v", c.Rows)
	}
	var out bytes.Buffer
	if err := page.Render(&out, page.View{Models: []page.Model{{Name: "m", Runs: c}}, Pipelines: []page.Pipeline{{Name: "nightly", Schedule: "@daily"}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"compare the last 2 runs", `<tr class="differs"><th scope="row">max_depth</th><td>8</td><td>10</td></tr>`, "nightly", "@daily"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
