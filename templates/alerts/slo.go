package alerts

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// objective is one SLO with everything its rules are written from.
type objective struct {
	plan.SLO
	name      string
	labels    map[string]string // of every rule
	own       string            // selects the SLO's recorded series
	window    time.Duration     // of compliance
	budget    float64           // share of events that may be bad, in (0, 1)
	burns     []burn
	indicator indicator
	owner     plan.Owner
	opt       Options
}

// SLO returns the rule groups of the named objective: its indicator over every
// window that its alerts need, what dashboards read, and the alerts.
func SLO(p *plan.Plan, name string, opt Options) ([]Group, error) {
	o, err := newObjective(p, name, opt)
	if err != nil {
		return nil, fmt.Errorf("slo %s: %w", name, err)
	}
	suffix := p.Name + "-" + name
	return []Group{
		{Name: "slo-alerts-" + suffix, Rules: o.alerts()},
		{Name: "slo-meta-" + suffix, Rules: o.meta()},
		{Name: "slo-sli-" + suffix, Rules: o.recordings()},
	}, nil
}

// newObjective checks the objective and gathers what its rules need. Blueprints are
// checked for the same when they are compiled; a plan may be decoded from elsewhere,
// and a wrong number in a rule would be an alert that never fires.
func newObjective(p *plan.Plan, name string, opt Options) (*objective, error) {
	s, ok := p.SLOs[name]
	if !ok {
		return nil, errors.New("the plan has none of that name")
	}
	o := &objective{SLO: s, name: name, owner: p.Owner, opt: opt}
	o.labels = with(identity(p, s.Endpoint, opt), "slo", name)
	o.own = selector(o.labels)
	err := printable("label", with(o.labels, "indicator", s.Indicator, "team", p.Owner.Team))
	if _, known := p.Endpoints[s.Endpoint]; !known {
		err = errors.Join(err, fmt.Errorf("unknown endpoint %q", s.Endpoint))
	}
	// Written so that NaN is refused.
	if !(s.Objective > 0 && s.Objective < 100) {
		err = errors.Join(err, fmt.Errorf("objective %g: want percent, more than 0 and less than 100", s.Objective))
	}
	var problem error
	if o.window, problem = plan.ParseDuration(s.Window); problem != nil {
		err = errors.Join(err, fmt.Errorf("window: %w", problem))
	} else if o.window%time.Minute != 0 || o.window < time.Hour {
		err = errors.Join(err, fmt.Errorf("window %s: want an hour or more, in whole minutes", s.Window))
	}
	if math.IsNaN(s.Threshold.Value) || math.IsInf(s.Threshold.Value, 0) {
		err = errors.Join(err, errors.New("threshold is not a number"))
	}
	if o.indicator, problem = indicatorOf(s, o.own, opt); problem != nil {
		err = errors.Join(err, problem)
	}
	if err != nil {
		return nil, err
	}
	o.budget = (100 - s.Objective) / 100
	o.burns = burnsFor(o.window, o.budget)
	return o, nil
}

// recorded names the series of the error ratio over a window.
// The names are Sloth's, which dashboards for its rules rely on.
func recorded(w time.Duration) string { return "slo:sli_error:ratio_rate" + text(w) }

// recordings are the error ratio over every window. That over the whole
// compliance window is averaged from the shortest, since a rate over 30 days of
// raw samples would cost Prometheus more than everything else here.
// The prepared rules come first: rules of a group are evaluated in order.
func (o *objective) recordings() []Rule {
	var out []Rule
	for _, r := range o.indicator.prepare {
		r.Labels = o.labels
		out = append(out, r)
	}
	windows := windowsOf(o.burns, o.window)
	for _, w := range windows {
		out = append(out, Rule{Record: recorded(w), Expr: o.indicator.ratio(w),
			Labels: with(o.labels, "slo_window", text(w))})
	}
	if windows[len(windows)-1] != o.window {
		out = append(out, Rule{
			Record: recorded(o.window),
			Expr:   fmt.Sprintf("avg_over_time(%s%s[%s])", recorded(windows[0]), o.own, text(o.window)),
			Labels: with(o.labels, "slo_window", text(o.window)),
		})
	}
	return out
}

// meta are what a dashboard shows: the objective, the budget, how fast it burns
// and how much of it is left.
// Objective and budget are recorded, though constant, so that a dashboard needs no
// copy of them.
func (o *objective) meta() []Rule {
	shortest := windowsOf(o.burns, o.window)[0]
	record := func(name, expr string) Rule { return Rule{Record: name, Expr: expr, Labels: o.labels} }
	return []Rule{
		record("slo:objective:ratio", fmt.Sprintf("vector(%s)", number(o.Objective/100))),
		record("slo:error_budget:ratio", fmt.Sprintf("vector(%s)", number(o.budget))),
		record("slo:time_period:days", fmt.Sprintf("vector(%s)", number(o.window.Hours()/24))),
		record("slo:current_burn_rate:ratio", fmt.Sprintf("%s%s / %s", recorded(shortest), o.own, number(o.budget))),
		record("slo:period_burn_rate:ratio", fmt.Sprintf("%s%s / %s", recorded(o.window), o.own, number(o.budget))),
		record("slo:period_error_budget_remaining:ratio", fmt.Sprintf("1 - slo:period_burn_rate:ratio%s", o.own)),
	}
}

// alerts are one alert a severity, and the one that watches the watcher.
// Conditions of one severity are alternatives of a single alert, so that somebody is
// called once. The description begins with the ratio, which is the alert's value.
func (o *objective) alerts() []Rule {
	var out []Rule
	for _, severity := range []string{Page, Ticket} {
		var any []string
		for _, b := range o.burns {
			if b.severity == severity {
				any = append(any, o.exceeds(b))
			}
		}
		if len(any) > 0 {
			out = append(out, o.alert("ErrorBudgetBurn", severity, strings.Join(any, "\nor\n"),
				fmt.Sprintf("%s burns the error budget of %s", o.Endpoint, o.name),
				fmt.Sprintf("{{ $value | humanizePercentage }}: that share of %s; the objective allows %s %% in %s.",
					o.indicator.bad, number(o.budget*100), text(o.window))))
		}
	}
	return append(out, o.missing())
}

// exceeds is one condition: over both windows the budget burns too fast.
// max without slo_window removes the label in which the two series differ; "and"
// would match nothing otherwise.
func (o *objective) exceeds(b burn) string {
	over := func(w time.Duration) string {
		return fmt.Sprintf("max(%s%s > (%s * %s)) without (slo_window)", recorded(w), o.own,
			number(b.factor), number(o.budget))
	}
	return fmt.Sprintf("(\n  %s\n  and\n  %s\n)", over(b.short), over(b.long))
}

// missing fires where the endpoint answers requests and the indicator still has
// no value, as when a histogram lacks the threshold's boundary: an SLO that
// cannot fail is worse than none.
func (o *objective) missing() Rule {
	shortest := windowsOf(o.burns, o.window)[0]
	r := o.alert("IndicatorMissing", Ticket,
		fmt.Sprintf("((%s) > 0)\nunless on()\n%s%s", requests(o.SLO, 10*time.Minute, o.opt), recorded(shortest), o.own),
		fmt.Sprintf("the SLO %s of %s measures nothing", o.name, o.Endpoint),
		fmt.Sprintf("Requests arrive, but %s has no value: the runtime does not export what the SLO is about.",
			recorded(shortest)))
	r.For = "15m"
	return r
}

// alert is a rule with the labels and annotations that all of them have.
func (o *objective) alert(name, severity, expr, summary, description string) Rule {
	return Rule{
		Alert: name, Expr: expr,
		Labels:      with(o.labels, "severity", severity, "team", o.owner.Team),
		Annotations: map[string]string{"summary": summary, "description": description, "owner": o.owner.Email},
	}
}
