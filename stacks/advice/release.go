package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// The rules about analyses of strategies.
const (
	powerRule  = "release/power"
	labelsRule = "release/labels"
)

// patience is how long an analysis may wait for its verdict before that is worth saying.
const patience = 14 * plan.Day

// Release is the advice on how versions are judged: whether an analysis can see what it
// is told to see at the traffic that the endpoint states, and which of its metrics need
// labels.
func Release(p *plan.Plan, at blueprints.Positions) []policies.Finding {
	var out []policies.Finding
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		e := p.Endpoints[name]
		for where, a := range e.Strategy.Analyses() {
			r := releasing{plan: p, at: at, name: name, where: where, analysis: a}
			r.labels()
			if e.Traffic != nil {
				r.power(e.Strategy, e.Traffic.RequestsPerSecond)
			}
			out = append(out, r.found...)
		}
	}
	return out
}

// releasing is the advice on one analysis.
type releasing struct {
	plan     *plan.Plan
	at       blueprints.Positions
	name     string // of the endpoint
	where    string // below its strategy
	analysis *plan.Analysis
	found    []policies.Finding
}

func (r *releasing) say(rule, title, metric, message, reason, fix string) {
	path := append([]string{"endpoints", r.name, "strategy"}, strings.Split(r.where, ".")...)
	path = append(path, "metrics", metric)
	f := policies.Finding{
		Policy: rule, Title: title, Level: plan.Advisory, About: policies.Endpoint, Subject: r.name,
		Environments: []string{r.plan.Environment}, Path: strings.Join(path, "."), PlanPath: path,
		Message: fmt.Sprintf("endpoint %s: %s", r.name, message), Reason: reason, Fix: fix,
	}
	f.File, f.Line, f.Col = r.at.Of(path...)
	r.found = append(r.found, f)
}

// labels names the metrics that no traffic shows.
func (r *releasing) labels() {
	for _, metric := range slices.Sorted(maps.Keys(r.analysis.Metrics)) {
		if plan.NeedsLabels(metric) {
			r.say(labelsRule, "A metric by labels waits for them", metric,
				fmt.Sprintf("%s judges %s, which takes labels; until some come back the verdict is inconclusive", r.where,
					metric),
				"what was true is known after the prediction, often much later than a roll-out takes",
				"judge error_rate, latency_p99 or agreement, which traffic shows at once")
		}
	}
}

// power compares what a verdict takes with what the strategy brings.
func (r *releasing) power(s plan.Strategy, perSecond float64) {
	switch {
	case r.where == "canary.analysis":
		steps := timed(s.Canary.Steps)
		if !steps.endless && steps.length > 0 {
			r.within("its steps", steps.share(), perSecond, steps.length)
		}
	case strings.HasPrefix(r.where, "canary."):
		var i int
		if _, err := fmt.Sscanf(r.where, "canary.steps.%d.", &i); err == nil {
			r.waits(weightAt(s.Canary.Steps, i), perSecond, 1)
		}
	case r.where == "blueGreen.postPromotion":
		text := s.BlueGreen.ScaleDownDelay
		if text == "" {
			text = plan.DefaultScaleDownDelay
		}
		if d, err := plan.ParseDuration(text); err == nil {
			r.within("its scaleDownDelay", 1, perSecond, d)
		}
	case s.Shadow != nil:
		r.waits(0.5, 2*perSecond, 1) // each request is asked of both
	case s.AB != nil:
		r.variants(s.AB, perSecond)
	}
}

// variants compares the smallest variant with the first.
func (r *releasing) variants(t *plan.AB, perSecond float64) {
	names := t.Names()
	first, least := float64(t.Variants[names[0]].Weight), 100.0
	for _, name := range names[1:] {
		least = min(least, float64(t.Variants[name].Weight))
	}
	if first+least > 0 {
		r.waits(least/(first+least), perSecond*(first+least)/100, len(names)-1)
	}
}

// within says what cannot be seen in the time.
func (r *releasing) within(span string, share, perSecond float64, length time.Duration) {
	have := perSecond * share * length.Seconds()
	for _, n := range judge.Needs(r.analysis, compared(share), 1) {
		want := float64(max(n.Fail, int64(r.analysis.MinRequests)))
		if have >= want {
			continue
		}
		enough := time.Duration(float64(length) * want / max(have, 1e-9))
		fix := fmt.Sprintf("let %s last %s instead of %s", span, rough(enough), rough(length))
		if share < 1 {
			fix += ", give the new version more of the traffic"
		}
		r.say(powerRule, "An analysis can see what it is told to see", n.Metric,
			fmt.Sprintf("%s cannot see %s within %s: that takes %.0f requests to the new version, and %g a second bring %.0f, which is %.0f too few",
				r.where, regression(n), span, want, perSecond, have, want-have),
			fmt.Sprintf("with that many requests a version that misses the bound by as much again fails with a probability of %.0f %%",
				100*judge.Power),
			fix+", or allow a wider bound or less confidence")
	}
}

// regression is what a version shows that fails.
func regression(n judge.Need) string {
	if _, latency := plan.Quantile(n.Metric); latency {
		return fmt.Sprintf("that %s of the requests exceed the bound of %s", plan.Measured(n.Regression), n.Metric)
	}
	return fmt.Sprintf("an %s of %s", n.Metric, plan.Measured(n.Regression)) // all begin with a vowel
}

// waits says which verdicts take longer than anybody waits.
func (r *releasing) waits(share, perSecond float64, comparisons int) {
	for _, n := range judge.Needs(r.analysis, compared(share), comparisons) {
		want := float64(max(n.Pass, int64(r.analysis.MinRequests)))
		if share <= 0 {
			r.say(powerRule, "An analysis can see what it is told to see", n.Metric,
				r.where+" waits for requests, and the new version has no traffic when it begins",
				"a version without traffic shows nothing", "set a weight before it")
			continue
		}
		days := want / (perSecond * share) / plan.Day.Seconds()
		if days <= patience.Hours()/24 {
			continue
		}
		r.say(powerRule, "An analysis can see what it is told to see", n.Metric,
			fmt.Sprintf("%s has its verdict on %s after %.0f days: to pass, a version that is half as bad as the bound takes %.0f requests, and has %.3g a second",
				r.where, n.Metric, days, want, perSecond*share),
			fmt.Sprintf("a verdict that takes longer than %.0f days keeps other versions waiting", patience.Hours()/24),
			"give the new version more of the traffic, or allow a wider bound or less confidence")
	}
}

// compared is the share at which versions are compared: one that has all or none of the
// traffic is compared with what the other had.
func compared(share float64) float64 {
	if share <= 0 || share >= 1 {
		return 0.5
	}
	return share
}

// rough is a duration for people.
func rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return fmt.Sprintf("%.0fd", d.Hours()/24)
}
