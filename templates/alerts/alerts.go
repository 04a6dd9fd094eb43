// Package alerts turns a plan's objectives into Prometheus rules: the recorded
// indicators of each SLO, the alerts on how fast its error budget burns, and
// those on drift.
//
// The rules are data here, so that one text serves a rules file
// (`ashlar generate alerts`), a PrometheusRule object and the tests that run
// them. The recorded names are Sloth's (slo:sli_error:ratio_rate5m and so on),
// for which dashboards exist. A burn rate is used rather than a fixed error
// rate because it says how soon somebody must act, whatever the objective: the
// method and its numbers are those of Google's SRE workbook, chapter 5.
package alerts

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Group is a rule group as Prometheus and the PrometheusRule object write it.
type Group struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// Rule records a series or raises an alert; one of Record and Alert is set.
type Rule struct {
	Record      string            `json:"record,omitempty"`
	Alert       string            `json:"alert,omitempty"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// The severities: a page wakes somebody, a ticket waits for office hours.
const (
	Page   = "page"
	Ticket = "ticket"
)

// Options say what the metrics carry besides their own labels.
type Options struct {
	// Namespace is the endpoint's in the cluster, where Prometheus adds it to
	// what it scrapes. Empty: the rules ask for no namespace.
	Namespace string
	// Engine is what runs pipelines, Argo or CronJob. Empty: All leaves
	// pipelines out, since nothing exports how they ended.
	Engine string
}

// All returns every group of the plan, sorted by name.
// The order does not depend on the plan's, so that a generated file only changes
// where rules do.
func All(p *plan.Plan, opt Options) ([]Group, error) {
	var out []Group
	for _, name := range slices.Sorted(maps.Keys(p.SLOs)) {
		groups, err := SLO(p, name, opt)
		if err != nil {
			return nil, err
		}
		out = append(out, groups...)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		groups, err := Endpoint(p, name, opt)
		if err != nil {
			return nil, err
		}
		out = append(out, groups...)
	}
	if opt.Engine != "" {
		for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
			groups, err := Pipeline(p, name, opt)
			if err != nil {
				return nil, err
			}
			out = append(out, groups...)
		}
	}
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// identity are the labels that every rule of an endpoint carries, and by which
// recorded series are found again.
func identity(p *plan.Plan, endpoint string, opt Options) map[string]string {
	out := map[string]string{"blueprint": p.Name, "environment": p.Environment, "endpoint": endpoint}
	if opt.Namespace != "" {
		out["namespace"] = opt.Namespace
	}
	return out
}

// scraped selects the series that the endpoint's pods export.
// more are matchers of further labels. Blueprint and environment are not among the
// labels that pods export, so the namespace is what tells two installations apart.
func scraped(endpoint string, opt Options, more ...string) string {
	labels := map[string]string{"endpoint": endpoint}
	if opt.Namespace != "" {
		labels["namespace"] = opt.Namespace
	}
	return selector(labels, more...)
}

// selector writes labels as matchers in the order of their names, then more.
// strconv.Quote's escapes are those of PromQL's double-quoted strings.
func selector(labels map[string]string, more ...string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, name+"="+strconv.Quote(labels[name]))
	}
	return "{" + strings.Join(append(out, more...), ",") + "}"
}

// with returns a copy of labels with the pairs added.
func with(labels map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(labels)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// printable refuses texts that could break out of a rule's text. Names that a
// blueprint was checked for always pass; a plan decoded from elsewhere may not.
func printable(noun string, texts map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, r := range texts[name] {
			if !strconv.IsPrint(r) {
				return fmt.Errorf("%s: %s %q contains a character that cannot be printed", noun, name, texts[name])
			}
		}
	}
	return nil
}

// number writes v as Prometheus reads it, without the noise of binary fractions.
// Twelve digits: (100 - 99.9) / 100 is 0.001 then, and not 0.0009999999999999432.
func number(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		rounded = v
	}
	return strconv.FormatFloat(rounded, 'g', -1, 64)
}
