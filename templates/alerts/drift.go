package alerts

import (
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// drift is the runtime's gauge: 1 where the newest judged window counts towards
// the alert.
const drift = "model_drift_detected"

// drifted fires when the endpoint's data or answers have drifted in as many of the last
// windows as the blueprint asks for. It is a ticket: drift says that the model
// is asked other questions than it was taught, not that its answers are wrong.
//
// Descriptions are templates to Prometheus, which expands {{ }} in them: names from
// the blueprint are kept out, apart from the endpoint's, which is checked.
func drifted(p *plan.Plan, name string, d plan.Drift, labels map[string]string, opt Options) Rule {
	then := "Look at /drift of the endpoint, and retrain or mend the data."
	if d.Retrain {
		then = "A retrained version is under way; it waits for its gates and its approval."
	}
	return Rule{
		Alert:  "DatasetDrift",
		Expr:   driftExpr(name, d, opt),
		Labels: with(labels, "severity", Ticket),
		Annotations: map[string]string{
			"summary": fmt.Sprintf("the data that %s is asked about has drifted", name),
			"description": fmt.Sprintf("In %d of the last %d windows of %s %s. %s", d.Alert.Windows, d.Alert.Of,
				d.Window, reasons(d.Alert), then),
			"owner": p.Owner.Email,
		},
	}
}

// reasons says for what a window counts.
func reasons(a plan.DriftAlert) string {
	weighted := ""
	if a.Weighted() {
		weighted = " (by importance)"
	}
	out := []string{fmt.Sprintf("at least %s %% of the columns%s differ from the training data",
		number(a.Share*100), weighted)}
	if len(a.Columns) > 0 { // without their names, which Prometheus would expand
		out = append(out, "a column that the blueprint names does")
	}
	if a.OnPredictions() {
		out = append(out, "the predictions differ from those on unseen rows")
	}
	return strings.Join(out, ", or ")
}

// driftExpr asks for "k of the last n windows" of a gauge that only shows the
// newest one: for how long it was up in the time of n windows, rounded to whole
// windows. A window's length falls back to an hour where the plan's is not one.
// Windows are those of one version, and only of one that is served now, which has the
// gauge: what was asked of the version before is no reason to act on this one.
func driftExpr(name string, d plan.Drift, opt Options) string {
	series := drift + scraped(name, opt)
	// Of all replicas, which show the same verdict a moment apart.
	if d.Alert.Of <= 1 {
		return "max(" + series + ") > 0"
	}
	window, err := plan.ParseDuration(d.Window)
	if err != nil || window < time.Minute {
		window = time.Hour
	}
	span := (window * time.Duration(d.Alert.Of)).Round(time.Minute)
	// Twelve samples a window are enough to round to whole windows; less than a minute
	// is below what Prometheus scrapes.
	step := max(time.Minute, (window / 12).Round(time.Minute))
	const version = "(model, version)"
	return fmt.Sprintf("max(sum_over_time(max by %s (%s)[%s:%s]) and on %s %s) * %s / %s > %s", version, series,
		text(span), text(step), version, series,
		number(step.Minutes()), number(window.Minutes()), number(float64(d.Alert.Windows)-0.5))
}
