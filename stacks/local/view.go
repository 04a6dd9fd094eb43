package local

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// clockFormat is how the page writes times.
const clockFormat = "2006-01-02 15:04:05"

// view turns a snapshot into what the page shows.
// Times are in UTC, as the server does not know the reader's zone. Entries are turned
// around: the page has the newest first.
func (h *server) view(ctx context.Context, url string) (page.View, error) {
	s, err := h.snapshot(ctx)
	if err != nil {
		return page.View{}, err
	}
	v := page.View{
		Blueprint: s.Blueprint, Environment: s.Environment, PlanDigest: s.PlanDigest,
		Team: s.Owner.Team, Email: s.Owner.Email,
		Now: h.stack.cfg.Now().UTC().Format(clockFormat) + " UTC",
	}
	for i, e := range h.statuses(url) {
		v.Endpoints = append(v.Endpoints,
			page.Endpoint{Name: e.Name, Model: e.Model, URL: e.URL,
				Watched: endpointURL(h.pageURL, h.endpoints, h.endpoints[i]),
				Waiting: e.Waiting, Example: e.Example,
				Version: e.Version, Confined: confined(e.Confinement),
				Release: viewRelease(h.endpoints[i].Releases())})
	}
	for _, m := range s.Models {
		v.Models = append(v.Models, h.stack.viewModel(m, h.stack.cfg.Plan.Models[m.Name]))
	}
	if v.Pipelines, err = h.viewPipelines(ctx); err != nil {
		return v, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Drift)) {
		v.Drift = append(v.Drift, viewDrift(name, h.stack.cfg.Plan.Endpoints[name], s.Drift[name]))
	}
	v.Audit = page.Audit{Whole: s.Audit.Whole, Verified: s.Audit.Verified.UTC().Format(clockFormat) + " UTC",
		Problem: s.Audit.Problem, More: max(0, int(s.Audit.Count)-len(s.Audit.Entries))}
	for _, e := range slices.Backward(s.Audit.Entries) {
		v.Audit.Entries = append(v.Audit.Entries, viewEntry(e))
	}
	return v, nil
}

// viewEntry is one row of the audit log.
// Entries are shown whether they verify or not, as a tampered one is what a reader
// looks for: nothing may be assumed of the form of what is stored, its hash least.
func viewEntry(e registry.Entry) page.Entry {
	return page.Entry{
		Seq: e.Seq, Time: e.Time.UTC().Format(clockFormat), Actor: e.Actor, Action: e.Action,
		Subject: e.Subject(), Detail: e.Summary(), Digest: strings.TrimPrefix(e.Hash, "sha256:"),
	}
}

// viewModel is one model's part of the page. Gates and training are those of the
// version whose evidence is shown.
func (s *Stack) viewModel(m ModelState, spec plan.Model) page.Model {
	out := page.Model{Name: m.Name, Algorithm: spec.Algorithm, Task: string(spec.Task),
		Dataset: spec.Dataset, Target: spec.Target}
	if m.Run != nil {
		out.Run = viewRun(m.Run)
	}
	out.Runs = viewRuns(m.Runs)
	for _, v := range m.Versions {
		out.Versions = append(out.Versions, s.viewVersion(v, spec.Task))
		if v.Version == m.Shown {
			viewTraining(&out, v)
			for _, g := range v.Gates {
				value := "undefined"
				if g.Value != nil {
					value = number(*g.Value)
				}
				out.Gates = append(out.Gates, page.Gate{Name: g.Name, Value: value, Want: g.Want, Passed: g.Passed})
			}
		}
	}
	if m.Evaluation != nil {
		viewEvaluation(&out, m.Evaluation)
	}
	if m.Validation != nil {
		for _, r := range m.Validation.Results {
			e := page.Expectation{Name: r.Expectation.Expectation, Column: r.Expectation.Column, Success: r.Success,
				Observed: r.ObservedText()}
			if r.UnexpectedCount > 0 && e.Observed == "" {
				e.Unexpected = fmt.Sprintf("%d unexpected", r.UnexpectedCount)
			}
			out.Expectations = append(out.Expectations, e)
		}
	}
	return out
}

// viewRun is a run with its stages; a duration is missing while it is under way.
func viewRun(r *run.Run) *page.Run {
	out := &page.Run{Status: string(r.Status), Trigger: r.Trigger, Author: r.Author,
		Started: r.StartedAt.UTC().Format(clockFormat), Error: r.Error}
	if !r.FinishedAt.IsZero() {
		out.Duration = brief(r.FinishedAt.Sub(r.StartedAt))
	}
	for _, s := range r.Stages {
		state := string(s.Status)
		if s.Reused && s.Status == run.Succeeded {
			state = "reused"
		}
		out.Stages = append(out.Stages, page.Stage{Name: s.Stage, State: state, Duration: brief(s.Duration),
			Detail: s.Detail, Held: s.Sizes(), Confined: confined(s.Confinement)})
	}
	return out
}

// viewContributions are bars of the features' mean contributions, relative to the
// greatest, as they are sorted.
func viewContributions(out *page.Model, c *evaluate.Contributions) {
	if c == nil || len(c.Features) == 0 {
		return
	}
	out.ContributionsFrom = plan.Counted(c.Rows, "row")
	for _, f := range c.Features {
		bar := page.Bar{Label: f.Feature, Text: number(f.Mean)}
		if most := c.Features[0].Mean; most > 0 {
			bar.Percent = 100 * f.Mean / most
		}
		out.Contributions = append(out.Contributions, bar)
	}
}

// viewVersion is a version's row, with the last decision on it and the one metric by
// which models of the task are compared.
func (s *Stack) viewVersion(v registry.Version, task plan.Task) page.Version {
	out := page.Version{
		Number: v.Version, Status: v.Status, Author: v.Author,
		Registered: v.CreatedAt.UTC().Format(clockFormat), Digest: v.ModelDigest,
	}
	for i, a := range v.Aliases {
		if i > 0 {
			out.Alias += ", "
		}
		out.Alias += a
	}
	main := evaluate.PrimaryMetric(task)
	if value, ok := v.Metrics[main]; ok {
		out.Metrics = main + " " + number(value)
	}
	if v.Status == registry.Pending {
		out.Approve = s.command("model", "approve", v.Model, strconv.Itoa(v.Version), "--by", "NAME")
	}
	if n := len(v.Decisions); n > 0 {
		d := v.Decisions[n-1]
		out.Decided = d.Verdict + " by " + d.By
		if d.Comment != "" {
			out.Decided += ": " + d.Comment
		}
	}
	return out
}

// Bars of importance are relative to the greatest; features whose importance is not
// positive have none. Rates are from 0 to 1 and become percent.
func viewEvaluation(out *page.Model, r *evaluate.Report) {
	for _, name := range evaluate.Names(r.Task) {
		if v, ok := r.Metrics[name]; ok {
			out.Metrics = append(out.Metrics, page.Metric{Name: name, Value: number(v)})
		}
	}
	if r.ImportanceBudget != nil {
		out.ImportanceFrom = r.ImportanceBudget.String()
	}
	most := 0.0
	for _, i := range r.Importance {
		most = max(most, i.Mean)
	}
	for _, i := range r.Importance {
		bar := page.Bar{Label: i.Feature, Text: number(i.Mean) + " ± " + number(i.Std)}
		if most > 0 && i.Mean > 0 {
			bar.Percent = 100 * i.Mean / most
		}
		out.Importance = append(out.Importance, bar)
	}
	viewContributions(out, r.Contributions)
	for _, column := range slices.Sorted(maps.Keys(r.Fairness)) {
		f := page.Fairness{Column: column}
		for _, g := range r.Fairness[column].Groups {
			f.Groups = append(f.Groups, page.Group{
				Name: g.Name, Count: strconv.Itoa(g.Count), SelectionRate: number(g.SelectionRate),
				Accuracy: number(g.Accuracy),
				Rate:     page.Bar{Text: number(g.SelectionRate), Percent: 100 * g.SelectionRate},
			})
		}
		out.Fairness = append(out.Fairness, f)
	}
}

// number writes a figure with four digits, enough to compare by eye.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// brief rounds a duration for people.
func brief(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// confined says what held code of the user's; "" where none ran.
func confined(r *confine.Report) string {
	if r == nil {
		return ""
	}
	return r.String()
}
