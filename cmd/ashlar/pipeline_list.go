package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/schedule"
)

// pipelineLine is a pipeline as it is listed.
type pipelineLine struct {
	Name        string           `json:"name"`
	Model       string           `json:"model,omitempty"`
	Schedule    string           `json:"schedule,omitempty"`
	Timezone    string           `json:"timezone,omitempty"` // of a schedule
	Next        *time.Time       `json:"next,omitempty"`
	Stages      int              `json:"stages"`
	Custom      int              `json:"own_stages"`
	Concurrency plan.Concurrency `json:"concurrency"`
	Catchup     bool             `json:"catchup"`
}

func pipelineListVerb(p *pipelineApp) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the blueprint's pipelines and when they run next",
		Example: "  ashlar pipeline list --env prod",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			loaded, err := loadPlan(p.dir, p.environment)
			if err != nil {
				return err
			}
			all := []pipelineLine{}
			for _, name := range slices.Sorted(maps.Keys(loaded.Pipelines)) {
				one, err := p.line(loaded, name)
				if err != nil {
					return err
				}
				all = append(all, one)
			}
			if p.json() {
				return p.writeJSON(all)
			}
			if len(all) == 0 {
				fmt.Fprintln(p.out, "the blueprint has no pipelines")
				return nil
			}
			rows := make([][]string, len(all))
			for i, one := range all {
				next := "on demand"
				if one.Next != nil {
					next = one.Next.Format("2006-01-02 15:04 MST")
				}
				rows[i] = []string{one.Name, one.Model, one.Schedule, next,
					fmt.Sprintf("%d, %d custom", one.Stages, one.Custom)}
			}
			p.table([]string{"pipeline", "model", "schedule", "next", "stages"}, rows)
			return nil
		},
	}
}

func (p *pipelineApp) line(loaded *plan.Plan, name string) (pipelineLine, error) {
	l := loaded.Pipelines[name]
	nodes, err := loaded.Graph(name)
	out := pipelineLine{Name: name, Model: l.Model, Schedule: l.Schedule, Stages: len(nodes), Custom: len(l.Stages),
		Concurrency: l.Concurrency, Catchup: l.Catchup}
	if err != nil || l.Schedule == "" {
		return out, err
	}
	zone, err := l.Zone()
	if err != nil {
		return out, err
	}
	next, err := schedule.Next(l, p.now())
	at := next.At.In(zone)
	out.Next, out.Timezone = &at, zone.String()
	return out, err
}

func pipelineShowVerb(p *pipelineApp) *cobra.Command {
	return &cobra.Command{
		Use:     "show PIPELINE",
		Short:   "Show a pipeline's stages and their dependencies",
		Example: "  ashlar pipeline show nightly\n  ashlar pipeline show nightly --output json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("pipeline show takes a pipeline, such as: ashlar pipeline show nightly")
			}
			loaded, _, err := p.named(args[0])
			if err != nil {
				return err
			}
			nodes, err := loaded.Graph(args[0])
			if err != nil {
				return err
			}
			if p.json() {
				return p.writeJSON(graphOf(nodes))
			}
			for _, n := range nodes {
				p.showNode(n)
			}
			return nil
		},
	}
}

// stageLine is a stage as JSON shows it.
type stageLine struct {
	Stage  string      `json:"stage"`
	After  []string    `json:"after"`
	Custom *plan.Stage `json:"custom,omitempty"`
}

func graphOf(nodes []plan.Node) []stageLine {
	out := make([]stageLine, len(nodes))
	for i, n := range nodes {
		out[i] = stageLine{n.Name, append([]string{}, n.After...), n.Custom}
	}
	return out
}

func (p *pipelineApp) showNode(n plan.Node) {
	after := ""
	if len(n.After) > 0 {
		after = "  after " + strings.Join(n.After, ", ")
	}
	fmt.Fprintf(p.out, "%s%s\n", n.Name, after)
	if n.Custom == nil {
		return
	}
	for _, line := range n.Custom.Cmd {
		fmt.Fprintf(p.out, "    $ %s\n", line)
	}
	for _, row := range []struct {
		name string
		all  []string
	}{{"deps", n.Custom.Deps}, {"params", n.Custom.Params}, {"outs", n.Custom.Outs}, {"metrics", n.Custom.Metrics},
		{"plots", n.Custom.Plots}} {
		if len(row.all) > 0 {
			fmt.Fprintf(p.out, "    %-8s %s\n", row.name, strings.Join(row.all, ", "))
		}
	}
}
