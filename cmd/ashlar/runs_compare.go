package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
)

// metrics are what a run measured, by name.
type metrics map[string]float64

func metricsOf(r runs.Run) metrics { return r.Metrics() }

// searched says what the run's search was.
func searched(r runs.Run) string {
	if r.Training == nil || r.Training.Search == nil {
		return ""
	}
	return r.Training.Search.Summary()
}

// measuredBy are the run's metrics, with what folds and trials came to.
func measuredBy(r runs.Run) metrics {
	out := metricsOf(r)
	maps.Copy(out, r.Training.Metrics())
	return out
}

// headline is the two that a list has room for: the evaluation's, or where there
// is none the first of what stages have measured.
func (m metrics) headline() string {
	var out []string
	for _, name := range []string{"roc_auc", "accuracy", "r2", "root_mean_squared_error"} {
		if value, ok := m[name]; ok && len(out) < 2 {
			out = append(out, name+" "+plan.Measured(value))
		}
	}
	if len(out) == 0 {
		for _, name := range slices.Sorted(maps.Keys(m))[:min(2, len(m))] {
			out = append(out, name+" "+plan.Measured(m[name]))
		}
	}
	return strings.Join(out, ", ")
}

func runsCompareVerb(r *runsApp) *cobra.Command {
	return &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Compare the inputs and metrics of runs",
		Example: `  ashlar runs compare 20261125T0725 last
  ashlar runs compare 20261125T07 20261125T08 last --model default-risk`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError("runs compare takes two runs or more, such as: ashlar runs compare 20261125T07 last")
			}
			all, err := r.all(c.Context())
			if err != nil {
				return err
			}
			chosen := make([]runs.Run, len(args))
			for i, name := range args {
				if chosen[i], err = r.named(all, name); err != nil {
					return err
				}
			}
			if r.json() {
				return r.writeJSON(chosen)
			}
			r.compare(chosen)
			return nil
		},
	}
}

// compare prints a column a run, and marks the rows in which they differ.
func (r *runsApp) compare(chosen []runs.Run) {
	header := []string{"", ""}
	var rows [][]string
	row := func(name string, cell func(runs.Run) string) {
		cells := []string{"", name}
		for _, one := range chosen {
			cells = append(cells, cell(one))
		}
		for _, other := range cells[3:] {
			if other != cells[2] {
				cells[0] = "*"
			}
		}
		rows = append(rows, cells)
	}
	names := map[string]bool{}
	for _, one := range chosen {
		header = append(header, one.ID)
		for name := range measuredBy(one) {
			names[name] = true
		}
	}
	row("model", func(one runs.Run) string { return one.Unit })
	row("status", func(one runs.Run) string { return string(one.Status) })
	row("author", func(one runs.Run) string { return one.Author })
	row("commit", func(one runs.Run) string { return one.Commit[:min(len(one.Commit), 12)] })
	row("plan", func(one runs.Run) string { return plan.ShortDigest(one.PlanDigest) })
	for _, output := range [][3]string{{"ingest", "data", "data"}, {"prepare", "split", "split"},
		{"train", "model", "model file"}} {
		row(output[2], func(one runs.Run) string { return plan.ShortDigest(one.Output(output[0], output[1])) })
	}
	params := map[string]bool{}
	for _, one := range chosen {
		for name := range one.AllParams() {
			params[name] = true
		}
	}
	row("searched", searched)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		row(name, func(one runs.Run) string { return one.AllParams()[name] })
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row(name, func(one runs.Run) string {
			if v, ok := measuredBy(one)[name]; ok {
				return plan.Measured(v)
			}
			return "none"
		})
	}
	r.table(header, rows)
}
