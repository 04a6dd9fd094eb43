package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// runsVerbs is the list that a new `ashlar runs` verb is added to.
var runsVerbs = []func(*runsApp) *cobra.Command{runsListVerb, runsShowVerb, runsCompareVerb, runsCancelVerb}

// runsApp is what the verbs under `ashlar runs` share: which runs.
type runsApp struct {
	*app
	dir, state, model string
	limit             int
}

func runsVerb(a *app) *cobra.Command {
	r := &runsApp{app: a}
	c := &cobra.Command{
		Use:   "runs",
		Short: "List, show and compare the runs of pipelines",
		Long: `Runs shows the pipeline runs of the local stack: the stages of each run, what they
computed and reused, the plan and data, and the metrics. A run is identified by its ID or
a prefix of it; "last" is the newest.`,
		Example: `  ashlar runs list
  ashlar runs show last
  ashlar runs compare 20261125T0725 last --output json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := c.PersistentFlags()
	dirFlag(flags, &r.dir)
	stateFlag(flags, &r.state)
	flags.StringVar(&r.model, "model", "", "only runs of this model")
	flags.IntVar(&r.limit, "limit", 20, "how many runs of a model to read, the newest first")
	for _, verb := range runsVerbs {
		c.AddCommand(verb(r))
	}
	return c
}

// all are the recorded runs, newest first.
func (r *runsApp) all(ctx context.Context) (out []runs.Run, err error) {
	state, err := local.OpenState(ctx, local.StateFolder(r.dir, r.state), r.now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	units, err := runs.Units(ctx, state.Store)
	if err != nil {
		return nil, err
	}
	if r.model != "" && !slices.Contains(units, r.model) {
		return nil, usageError(fmt.Sprintf("no run of model %q is recorded; %s", r.model,
			orElse(nearest.Hint(r.model, units), "there are runs of "+orNone(units))))
	}
	for _, unit := range units {
		if r.model != "" && r.model != unit {
			continue
		}
		newest, err := runs.List(ctx, state.Store, unit, r.limit)
		if err != nil {
			return nil, err
		}
		out = append(out, newest...)
	}
	slices.SortStableFunc(out, func(a, b runs.Run) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

// named finds the one run that the name is of.
func (r *runsApp) named(all []runs.Run, name string) (runs.Run, error) {
	if len(all) == 0 {
		return runs.Run{}, usageError("no run is recorded; `ashlar up` makes one")
	}
	if name == "last" {
		return all[0], nil
	}
	var found []runs.Run
	for _, one := range all {
		if strings.HasPrefix(one.ID, name) {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return runs.Run{}, usageError(fmt.Sprintf("run %q is not among the last %d; `ashlar runs list` has them",
			name, len(all)))
	case 1:
		return found[0], nil
	}
	return runs.Run{}, usageError(fmt.Sprintf("run %q is the beginning of %d runs, such as %s of %s; write more of it, or name its --model", name, len(found), found[0].ID, found[0].Unit))
}

// one is the run that the verb's only argument names.
func (r *runsApp) one(c *cobra.Command, args []string) (runs.Run, error) {
	if len(args) != 1 {
		return runs.Run{}, usageError(fmt.Sprintf("runs %[1]s takes a run, such as: ashlar runs %[1]s last",
			c.Name()))
	}
	all, err := r.all(c.Context())
	if err != nil {
		return runs.Run{}, err
	}
	return r.named(all, args[0])
}

func runsListVerb(r *runsApp) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the newest runs",
		Example: "  ashlar runs list --model default-risk --limit 5",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := r.all(c.Context())
			if err != nil {
				return err
			}
			if r.json() {
				return r.writeJSON(append([]runs.Run{}, all...))
			}
			if len(all) == 0 {
				fmt.Fprintln(r.out, "no run is recorded; `ashlar up` makes one")
				return nil
			}
			rows := make([][]string, len(all))
			for i, one := range all {
				rows[i] = []string{one.ID, one.Unit, string(one.Status), one.Trigger, one.Author, took(one),
					stagesRun(one), metricsOf(one).headline()}
			}
			r.table([]string{"run", "model", "status", "trigger", "author", "took", "stages", "metrics"}, rows)
			return nil
		},
	}
}

func took(r runs.Run) string {
	if r.FinishedAt.IsZero() {
		return ""
	}
	return elapsed(r.FinishedAt.Sub(r.StartedAt))
}

// stagesRun says how many stages ran, and how many were there already.
func stagesRun(r runs.Run) string {
	reused := 0
	for _, s := range r.Stages {
		if s.Reused {
			reused++
		}
	}
	return fmt.Sprintf("%d, %d reused", len(r.Stages), reused)
}

func runsShowVerb(r *runsApp) *cobra.Command {
	return &cobra.Command{
		Use:     "show RUN",
		Short:   "Show a run: its stages, inputs and outputs",
		Example: "  ashlar runs show last",
		RunE: func(c *cobra.Command, args []string) error {
			one, err := r.one(c, args)
			if err != nil {
				return err
			}
			if r.json() {
				return r.writeJSON(one)
			}
			r.show(one)
			return nil
		},
	}
}

func (r *runsApp) show(one runs.Run) {
	fmt.Fprintf(r.out, "run %s of %s, %s\n", one.ID, one.Unit, one.Status)
	for _, row := range [][2]string{
		{"blueprint", one.Blueprint}, {"plan", one.PlanDigest}, {"trigger", one.Trigger},
		{"author", one.Author}, {"commit", one.Commit},
		{"started", one.StartedAt.Format(time.RFC3339)}, {"took", took(one)}, {"error", one.Error},
	} {
		if row[1] != "" {
			fmt.Fprintf(r.out, "  %-10s %s\n", row[0], row[1])
		}
	}
	fmt.Fprintln(r.out, "\nstages")
	width := 9
	for _, s := range one.Stages {
		width = max(width, len(s.Stage))
	}
	for _, s := range one.Stages {
		word := string(s.Status)
		if s.Reused {
			word = "reused"
		}
		fmt.Fprintf(r.out, "  %-*s %-11s %7s  %s\n", width, s.Stage, word, elapsed(s.Duration), s.Detail)
		for _, name := range slices.Sorted(maps.Keys(s.Outputs)) {
			fmt.Fprintf(r.out, "    %-9s %s\n", name, s.Outputs[name])
		}
		for _, path := range slices.Sorted(maps.Keys(s.Files)) {
			fmt.Fprintf(r.out, "    %-9s %s\n", path, s.Files[path].Digest)
		}
		if s.Confinement != nil {
			fmt.Fprintf(r.out, "    confined  %s\n", s.Confinement)
		}
		if sizes := s.Sizes(); sizes != "" {
			fmt.Fprintf(r.out, "    held      %s\n", sizes)
		}
		if s.Error != "" {
			fmt.Fprintf(r.out, "    error     %s\n", s.Error)
		}
	}
	if params := one.AllParams(); len(params) > 0 {
		fmt.Fprintln(r.out, "\nparams")
		for _, name := range slices.Sorted(maps.Keys(params)) {
			fmt.Fprintf(r.out, "  %-28s %s\n", name, params[name])
		}
	}
	r.showTraining(one.Training)
	fmt.Fprintln(r.out, "\nmetrics")
	metrics := metricsOf(one)
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		fmt.Fprintf(r.out, "  %-28s %s\n", name, plan.Measured(metrics[name]))
	}
}
