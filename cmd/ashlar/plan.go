package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// planFlags are the flags of `ashlar plan`.
type planFlags struct {
	environment, base, reviewed, prices string
	noData                              bool
}

func planVerb(a *app) *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan [DIR...]",
		Short: "Show what a blueprint means, or the impact of a change",
		Long: `Plan prints a summary of the blueprint in DIR (default: the current folder) for one
environment. With --output json it prints the canonical plan, whose bytes the digest is
computed from.

With --base it compares the folder with a Git revision and reports the impact of the
change in every environment: loosened gates, policies that now pass or fail, changed
data, stages that run again, models that retrain and why, what is rolled out and how,
whether today's data would still pass validation, and the digests of the plans. If
ashlar-stack is installed, it also reports which resources are created, changed,
replaced and deleted, which permissions widen, and the cost. Exit code 1 means that data
would be lost. It prints nothing if nothing changed.

With --reviewed it compares the digests with those that ` + "`ashlar check --output json`" + `
wrote when the change was reviewed, and exits with 1 where one differs.`,
		Example: `  ashlar plan
  ashlar plan --env prod
  ashlar plan --output json | sha256sum   # the digest
  ashlar plan --base origin/main
  ashlar plan --base HEAD~1 --output markdown blueprints/* >> "$GITHUB_STEP_SUMMARY"
  ashlar plan --reviewed reviewed.json`,
		Annotations: outputs("markdown"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			switch {
			case f.base != "" && f.reviewed != "":
				return usageError("--base and --reviewed are two questions: ask one at a time")
			case f.base != "":
				return a.planChange(c.Context(), args, f)
			case f.reviewed != "":
				return a.planReviewed(c.Context(), args, f)
			case len(args) > 1:
				return usageError("plan takes one folder, or several with --base or --reviewed")
			case a.output == "markdown":
				return usageError("--output markdown is for changes: add --base REF")
			}
			return a.planOne(args[0], f.environment)
		},
	}
	c.Flags().StringVarP(&f.environment, "env", "e", "",
		"the environment (default: dev, or the first declared; with --base and --reviewed: all)")
	c.Flags().StringVar(&f.prices, "prices", "",
		"with --base: a `FILE` with your prices, in the format of templates/consequence/prices.json")
	c.Flags().BoolVar(&f.noData, "no-data", false, "with --base: do not validate data against changed expectations")
	c.Flags().StringVar(&f.base, "base", "", "the Git revision to compare with, such as origin/main")
	c.Flags().StringVar(&f.reviewed, "reviewed", "",
		"a `FILE` written by ashlar check --output json; fail if a plan differs")
	return c
}

func (a *app) planOne(dir, environment string) error {
	p, err := loadPlan(dir, environment)
	if err != nil {
		return err
	}
	if !a.json() {
		return a.writePlan(p)
	}
	b, err := p.Encode()
	if err != nil {
		return err
	}
	_, err = a.out.Write(b)
	return err
}

func (a *app) writePlan(p *plan.Plan) error {
	digest, err := p.Digest()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s in %s, owned by %s <%s>\nplan %s\n", a.colour(a.out, text.Bold, p.Name), p.Environment,
		p.Owner.Team, p.Owner.Email, digest)
	for _, name := range slices.Sorted(maps.Keys(p.Datasets)) {
		d := p.Datasets[name]
		read := ""
		if d.Sampled() {
			read = fmt.Sprintf(", a sample of %g", d.Sample)
		}
		a.concept("dataset", name, d.Source, fmt.Sprintf("%s, %s, sensitive: %s%s",
			counted(len(d.Columns), "column"), counted(len(d.Expect), "expectation"), orNone(sensitive(d)), read))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m := p.Models[name]
		a.concept("model", name, fmt.Sprintf("%s %s of %s.%s from %s", m.Algorithm, m.Task, m.Dataset, m.Target,
			counted(len(m.Features), "feature")),
			"gates: "+orNone(gates(m)), "approval: "+approval(m.Approval))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
		l := p.Pipelines[name]
		what := "model " + l.Model
		if l.Model == "" {
			what = "no model"
		}
		if n := len(l.Stages); n > 0 {
			what += ", " + counted(n, "custom stage")
		}
		a.concept("pipeline", name, what, "schedule "+orNone([]string{l.Schedule})+zoneOf(l)+", "+
			counted(l.Retries, "retry"))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		a.concept("endpoint", name, endpointLines(p.Endpoints[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(p.SLOs)) {
		s := p.SLOs[name]
		a.concept("slo", name, fmt.Sprintf("%g %% of %s on %s over %s", s.Objective, s.Indicator, s.Endpoint, s.Window))
	}
	return nil
}

func (a *app) concept(noun, name string, lines ...string) {
	fmt.Fprintf(a.out, "\n%s %s\n", noun, a.colour(a.out, text.Bold, name))
	for _, l := range lines {
		fmt.Fprintln(a.out, "  "+l)
	}
}

func sensitive(d plan.Dataset) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(d.Columns)) {
		if d.Columns[name].Sensitive {
			out = append(out, name)
		}
	}
	return out
}

func gates(m plan.Model) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m.Require.Metrics)) {
		out = append(out, name+" "+m.Require.Metrics[name].String())
	}
	for _, column := range slices.Sorted(maps.Keys(m.Require.Fairness)) {
		for _, name := range slices.Sorted(maps.Keys(m.Require.Fairness[column].Metrics)) {
			out = append(out, fmt.Sprintf("%s by %s %s", name, column, m.Require.Fairness[column].Metrics[name]))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(m.Require.Robustness)) {
		for _, name := range slices.Sorted(maps.Keys(m.Require.Robustness[kind].Metrics)) {
			out = append(out, fmt.Sprintf("%s under %s %s", name, kind, m.Require.Robustness[kind].Metrics[name]))
		}
	}
	return out
}

func approval(p plan.Approval) string {
	if p.Policy == "auto" {
		return "by policy"
	}
	who := "anyone"
	if len(p.Approvers) > 0 {
		who = strings.Join(p.Approvers, ", ")
	}
	if p.NotAuthor {
		who += ", not the author"
	}
	return fmt.Sprintf("%d of %s", p.Count, who)
}

func orNone(s []string) string {
	if out := strings.Join(s, ", "); out != "" {
		return out
	}
	return "none"
}

// zoneOf says in which time zone a schedule is read, where it is not UTC.
func zoneOf(l plan.Pipeline) string {
	if l.Schedule == "" || l.Timezone == "" {
		return ""
	}
	return " in " + l.Timezone
}

// watched says what is an alert of drift.
func watched(d *plan.Drift) string {
	weighted := ""
	if d.Alert.Weighted() {
		weighted = " (by importance)"
	}
	out := fmt.Sprintf("drift every %s, alert when %g of the columns%s", d.Window, d.Alert.Share, weighted)
	if len(d.Alert.Columns) > 0 {
		out += ", one of " + strings.Join(d.Alert.Columns, ", ")
	}
	if d.Alert.OnPredictions() {
		out += " or the predictions"
	}
	out += fmt.Sprintf(" drift, retrain: %t", d.Retrain)
	if d.Tests == "auto" {
		out += fmt.Sprintf(", by chance in at most %g %% of the windows", 100*d.Alert.Rate())
	}
	return out
}
