package local

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// compared is how many runs the page sets side by side.
const compared = 6

// viewRuns sets runs side by side: what they were made from, and what came of it.
// Rows have a cell for each run, newest first; a parameter or metric that a run does
// not have is an empty cell. Less than two runs compare nothing.
func viewRuns(runs []run.Run) *page.Comparison {
	if len(runs) < 2 {
		return nil
	}
	out := &page.Comparison{}
	params, metrics := map[string]bool{}, map[string]bool{}
	measured := make([]map[string]float64, len(runs))
	for i := range runs {
		out.Runs = append(out.Runs, runs[i].StartedAt.UTC().Format(clockFormat))
		measured[i] = runs[i].Metrics()
		// Means of folds and trials are beside the metrics of the test part, under names of
		// their own.
		maps.Copy(measured[i], runs[i].Training.Metrics())
		for name := range measured[i] {
			metrics[name] = true
		}
		for name := range runs[i].AllParams() {
			params[name] = true
		}
	}
	row := func(name string, cell func(i int) string) {
		one := page.Compared{Name: name}
		for i := range runs {
			one.Cells = append(one.Cells, cell(i))
			one.Differs = one.Differs || one.Cells[i] != one.Cells[0]
		}
		out.Rows = append(out.Rows, one)
	}
	row("status", func(i int) string { return string(runs[i].Status) })
	row("trigger", func(i int) string { return runs[i].Trigger })
	row("author", func(i int) string { return runs[i].Author })
	row("commit", func(i int) string { return brieflyDigest(runs[i].Commit) })
	row("plan", func(i int) string { return brieflyDigest(runs[i].PlanDigest) })
	row("data", func(i int) string { return brieflyDigest(runs[i].Output("ingest", "data")) })
	row("model file", func(i int) string { return brieflyDigest(runs[i].Output("train", "model")) })
	row("stages", func(i int) string {
		reused := 0
		for _, s := range runs[i].Stages {
			if s.Reused {
				reused++
			}
		}
		return fmt.Sprintf("%d, %d reused", len(runs[i].Stages), reused)
	})
	for _, name := range slices.Sorted(maps.Keys(params)) {
		row(name, func(i int) string { return runs[i].AllParams()[name] })
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		row(name, func(i int) string {
			if v, ok := measured[i][name]; ok {
				return number(v)
			}
			return ""
		})
	}
	return out
}

// brieflyDigest is as much of a digest as tells two apart.
func brieflyDigest(text string) string { return text[:min(len(text), 19)] }

// viewPipelines are the pipelines that no model is of.
func (h *server) viewPipelines(ctx context.Context) ([]page.Pipeline, error) {
	var out []page.Pipeline
	for _, u := range h.stack.cfg.Plan.Units() {
		if u.Model != "" {
			continue
		}
		line := h.stack.cfg.Plan.Pipelines[u.Pipeline]
		one := page.Pipeline{Name: u.Pipeline, Schedule: line.Schedule}
		if line.Schedule != "" && line.Timezone != "" {
			one.Schedule += " in " + line.Timezone
		}
		runs, err := run.List(ctx, h.stack.state.Store, u.Name(), 1)
		if err != nil {
			return nil, err
		}
		if len(runs) > 0 {
			one.Run = viewRun(&runs[0])
		}
		out = append(out, one)
	}
	return out, nil
}
