package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

func releaseStatusVerb(r *releaseApp) *cobra.Command {
	return &cobra.Command{
		Use:   "status [DIR]",
		Short: "Show the releases of each endpoint, step by step",
		Long: `Status shows the release that is under way, or else the last one: its steps, their
weights, and the last verdict on each with its numbers. Of a cluster it shows the step
that the release is in, as the registry's log has it.`,
		Example: `  ashlar release status
  ashlar release status my-model --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return r.with(c.Context(), args, func(_ *registry.Registry, all []*release.State) error {
				if r.endpoint != "" {
					one, err := r.chosen(all)
					if err != nil {
						return err
					}
					all = []*release.State{one}
				}
				if r.json() {
					return r.writeJSON(all)
				}
				if len(all) == 0 {
					fmt.Fprintln(r.out, "no endpoint has had a release")
				}
				for _, s := range all {
					r.status(s)
				}
				return nil
			})
		},
	}
}

// status prints one endpoint.
func (r *releaseApp) status(s *release.State) {
	c := s.Current
	if c == nil && len(s.Past) > 0 {
		c = &s.Past[0]
	}
	if c == nil {
		fmt.Fprintf(r.out, "%s: version %d has the traffic\n", s.Endpoint, s.Stable.Version)
		return
	}
	fmt.Fprintf(r.out, "%s: version %d of %s in the place of %d, %s: %s", s.Endpoint, c.To.Version, c.To.Model,
		c.From.Version, c.Strategy, c.Phase)
	if c.Why != "" {
		fmt.Fprintf(r.out, ": %s", c.Why)
	}
	fmt.Fprintln(r.out)
	if len(c.Steps) == 0 {
		return // a cluster's log has none
	}
	var rows [][]string
	for i, step := range c.Steps {
		rows = append(rows, []string{fmt.Sprint(i + 1), step.Name, fmt.Sprintf("%d %%", step.Weight),
			progressOf(c, i), verdictsOf(step)})
	}
	r.table([]string{"step", "name", "weight", "state", "verdict"}, rows)
}

// progressOf is a word for how far a step is.
func progressOf(c *release.Release, i int) string {
	switch step := c.Steps[i]; {
	case step.Began.IsZero():
		return "-"
	case step.Skipped != "":
		return "ended by " + step.Skipped
	case i == c.Stage:
		return string(c.Phase)
	}
	return "done"
}

// verdictsOf are the last verdicts on a step, with their numbers, in one line.
func verdictsOf(s release.Step) string {
	var out []string
	for _, v := range s.Verdicts {
		text := string(v.Verdict)
		for _, m := range v.Metrics {
			if m.N > 0 {
				text += fmt.Sprintf("; %s %.4g (%.4g to %.4g, n %d), want %s", m.Metric, m.Estimate, m.Low, m.High, m.N,
					m.Bound)
			} else {
				text += fmt.Sprintf("; %s: %s", m.Metric, m.Reason)
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}
