package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func modelShowVerb(m *modelApp) *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME VERSION",
		Short:   "Show one version: metrics, gates, lineage, approvals",
		Example: "  ashlar model show default-risk 1",
		RunE: func(c *cobra.Command, args []string) error {
			name, n, err := version(c, args)
			if err != nil {
				return err
			}
			return m.with(c.Context(), func(r *registry.Registry) error {
				v, err := r.Version(c.Context(), name, n)
				if err != nil {
					return err
				}
				if m.json() {
					return m.writeJSON(v)
				}
				m.showVersion(v)
				return nil
			})
		},
	}
}

func (m *modelApp) showVersion(v registry.Version) {
	fmt.Fprintf(m.out, "%s version %d, %s\n", v.Model, v.Version, v.Status)
	for _, row := range [][2]string{
		{"algorithm", v.Algorithm},
		{"author", v.Author},
		{"trained", v.TrainedAt.Format(time.RFC3339)},
		{"registered", v.CreatedAt.Format(time.RFC3339)},
		{"model", v.ModelDigest},
		{"plan", v.PlanDigest + " (" + v.Environment + ")"},
		{"data", v.Data.Digest + " (" + v.Data.Source + ")"},
		{"approval", approval(v.Approval)},
		{"aliases", aliases(v)},
	} {
		fmt.Fprintf(m.out, "  %-11s %s\n", row[0], row[1])
	}
	if params := chosen(v.Params); len(params) > 0 {
		fmt.Fprintln(m.out, "\nparams")
		for _, name := range slices.Sorted(maps.Keys(params)) {
			fmt.Fprintf(m.out, "  %-28s %s\n", name, params[name])
		}
	}
	m.showTraining(v.Training)
	fmt.Fprintln(m.out, "\nmetrics")
	for _, name := range slices.Sorted(maps.Keys(v.Metrics)) {
		fmt.Fprintf(m.out, "  %-28s %s\n", name, plan.Measured(v.Metrics[name]))
	}
	fmt.Fprintln(m.out, "\ngates")
	for _, g := range v.Gates {
		value := "undefined"
		if g.Value != nil {
			value = plan.Measured(*g.Value)
		}
		fmt.Fprintf(m.out, "  %-44s %-9s must be %s\n", g.Name, value, g.Want)
	}
	fmt.Fprintln(m.out, "\ndecisions")
	if len(v.Decisions) == 0 {
		fmt.Fprintln(m.out, "  none yet")
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(m.out, "  %s  %s by %s  %s\n", d.At.Format(time.RFC3339), d.Verdict, d.By, d.Comment)
	}
}

// headline is the two or three metrics that a list has room for.
func headline(v registry.Version) string {
	var out []string
	for _, name := range []string{"roc_auc", "accuracy", "f1", "r2", "root_mean_squared_error"} {
		if value, ok := v.Metrics[name]; ok && len(out) < 2 {
			out = append(out, name+" "+plan.Measured(value))
		}
	}
	return strings.Join(out, ", ")
}

func aliases(v registry.Version) string { return strings.Join(v.Aliases, ", ") }
