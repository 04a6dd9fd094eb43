package dashboards

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// sections is the list that a new row of panels is added to, in the order of the page.
var sections = []section{
	{"Traffic", traffic}, {"Latency", latency}, {"Errors", failures}, {"Releases", releases}, {"Quality", quality},
	{"Drift", drift}, {"Error budgets", budgets}, {"Pipelines", pipelines},
}

const ofVersion = "{{endpoint}} {{model}} {{version}}"

func traffic(p place) []panel {
	if len(p.plan.Endpoints) == 0 {
		return nil
	}
	out := []panel{{
		"Predictions", "Rows predicted a second, by version.", perSecond,
		[]query{{"sum by (endpoint, model, version) (rate(model_predictions_total" + p.live() + rate + "))", ofVersion}},
	}, {
		"Requests under way", "Requests for predictions that are being answered.", plain,
		[]query{{"sum by (endpoint) (model_requests_in_flight" + p.live() + ")", "{{endpoint}}"}},
	}}
	if p.any(func(e plan.Endpoint) bool { return e.Access != nil }) {
		out = append(out, panel{
			"Callers", "Requests a second, by caller and by whether a rate or a quota stopped them.", perSecond,
			[]query{{"sum by (endpoint, caller, outcome) (rate(model_caller_requests_total" + p.live() + rate + "))",
				"{{endpoint}} {{caller}} {{outcome}}"}},
		})
	}
	return out
}

func latency(p place) []panel {
	if len(p.plan.Endpoints) == 0 {
		return nil
	}
	var out []panel
	for _, q := range []string{"0.5", "0.95", "0.99"} {
		out = append(out, panel{
			"Quantile " + q, "How long requests took that were answered with predictions.", seconds,
			[]query{{fmt.Sprintf("histogram_quantile(%s, sum by (endpoint, model, version, le) (rate(%s%s%s)))", q,
				"model_prediction_duration_seconds_bucket", p.live(), rate), ofVersion}},
		})
	}
	return out
}

func failures(p place) []panel {
	if len(p.plan.Endpoints) == 0 {
		return nil
	}
	const failed, answered = "model_errors_total", "model_prediction_duration_seconds_count"
	out := []panel{{
		"Errors", "Requests for predictions answered with an error, by HTTP status.", perSecond,
		[]query{{"sum by (endpoint, code) (rate(" + failed + p.live() + rate + "))", "{{endpoint}} {{code}}"}},
	}, {
		"Share of server errors", "Of all requests for predictions.", share,
		[]query{{fmt.Sprintf("sum by (endpoint) (rate(%[1]s%[3]s%[5]s)) / (sum by (endpoint) (rate(%[1]s%[4]s%[5]s)) + sum by (endpoint) (rate(%[2]s%[4]s%[5]s)))",
			failed, answered, p.live(`code=~"5.."`), p.live(), rate), "{{endpoint}}"}},
	}, {
		"Unknown categories", "Values a second that training never saw, by input field.", perSecond,
		[]query{{"sum by (endpoint, field) (rate(model_unknown_categories_total" + p.live() + rate + "))",
			"{{endpoint}} {{field}}"}},
	}}
	if p.any(func(e plan.Endpoint) bool { return e.Access != nil }) {
		out = append(out, panel{
			"Refused", "Requests a second that were not admitted, by the reason.", perSecond,
			[]query{{"sum by (endpoint, code) (rate(model_access_refused_total" + p.live() + rate + "))", "{{endpoint}} {{code}}"}},
		})
	}
	return out
}

func releases(p place) []panel {
	if len(p.plan.Endpoints) == 0 {
		return nil
	}
	return []panel{{
		"Versions", "Pods that serve each version.", plain,
		[]query{{"count by (endpoint, model, version) (model_info" + p.live() + ")", ofVersion}},
	}, {
		"Traffic of versions", "Share of the traffic that is routed to a version.", percent,
		[]query{{"avg by (endpoint, model, version) (model_traffic_percent" + p.live() + ")", ofVersion}},
	}, {
		"Fallbacks", "Requests a second that the version under release could not answer.", perSecond,
		[]query{{"sum by (endpoint, model, version) (rate(model_release_fallbacks_total" + p.live() + rate + "))", ofVersion}},
	}}
}

func quality(p place) []panel {
	if len(p.plan.Endpoints) == 0 {
		return nil
	}
	return []panel{{
		"Evaluated", "Metrics of the version's evaluation, before it was released.", plain,
		[]query{{"max by (endpoint, model, version, metric) (model_metric" + p.live() + ")",
			"{{endpoint}} {{version}} {{metric}}"}},
	}}
}

func drift(p place) []panel {
	if !p.any(func(e plan.Endpoint) bool { return e.Drift != nil }) {
		return nil
	}
	return []panel{{
		"Drifted columns", "Share of the columns that drifted in the newest window, plain and by importance.", share,
		[]query{{"max by (endpoint, model, version) (model_drift_share" + p.live() + ")", ofVersion},
			{"max by (endpoint, model, version) (model_drift_weighted_share" + p.live() + ")", ofVersion + " by importance"}},
	}, {
		"Columns", "1 where a column drifted in the newest window.", yesNo,
		[]query{{"max by (endpoint, column) (model_drift_column" + p.live() + ")", "{{endpoint}} {{column}}"}},
	}, {
		"Predictions and verdict", "1 where the predictions drifted, and where the window counts towards the alert.", yesNo,
		[]query{{"max by (endpoint, model, version) (model_drift_predictions" + p.live() + ")", ofVersion + " predictions"},
			{"max by (endpoint, model, version) (model_drift_detected" + p.live() + ")", ofVersion + " counts"}},
	}}
}

// budgets read what the rules of the SLOs record.
func budgets(p place) []panel {
	if len(p.plan.SLOs) == 0 {
		return nil
	}
	return []panel{{
		"Budget left", "Share of the error budget that is left in the objective's window.", share,
		[]query{{"slo:period_error_budget_remaining:ratio" + p.recorded(), "{{endpoint}} {{slo}}"}},
	}, {
		"Burn rate", "How fast the budget is used now: at 1 it lasts the window.", plain,
		[]query{{"slo:current_burn_rate:ratio" + p.recorded(), "{{endpoint}} {{slo}}"}},
	}, {
		"Alerts", "Alerts that fire.", plain,
		[]query{{"count by (alertname, endpoint, slo, severity) (ALERTS" + p.recorded(`alertstate="firing"`) + ")",
			"{{alertname}} {{endpoint}} {{slo}} {{severity}}"}},
	}}
}

// pipelines show when the alert of each would fire, by its own expression.
func pipelines(p place) []panel {
	var out []panel
	for _, name := range slices.Sorted(maps.Keys(p.failed)) {
		out = append(out, panel{"Pipeline " + name, "1 while its latest run failed.", yesNo,
			[]query{{"count(" + p.failed[name] + ") or vector(0)", name}}})
	}
	return out
}

// any reports whether an endpoint is so.
func (p place) any(is func(plan.Endpoint) bool) bool {
	for _, e := range p.plan.Endpoints {
		if is(e) {
			return true
		}
	}
	return false
}
