package dashboards

import (
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/alerts"
)

// Units by Grafana's names.
const (
	perSecond = "reqps"
	seconds   = "s"
	share     = "percentunit"
	percent   = "percent"
	plain     = "none"
	yesNo     = "bool"
)

// panel is a graph of one or more queries over time, 26 at most.
type panel struct {
	title, description, unit string
	queries                  []query
}

// query is an expression of PromQL and how its series are named.
type query struct{ expr, legend string }

// section is a row of panels; none where the plan has nothing for it.
type section struct {
	title  string
	panels func(place) []panel
}

// place is what panels are made of: the plan, what its metrics carry in the cluster, and
// the expression that has a value while the latest run of a pipeline failed, by pipeline.
type place struct {
	plan   *plan.Plan
	opt    alerts.Options
	failed map[string]string
}

// placeOf takes the expressions of pipelines from their alerts.
func placeOf(p *plan.Plan, opt alerts.Options) (place, error) {
	out := place{plan: p, opt: opt, failed: map[string]string{}}
	if opt.Engine == "" {
		return out, nil // nothing exports how they ended
	}
	for name := range p.Pipelines {
		groups, err := alerts.Pipeline(p, name, opt)
		if err != nil {
			return out, err
		}
		for _, g := range groups {
			for _, r := range g.Rules {
				out.failed[name] = r.Expr
			}
		}
	}
	return out, nil
}

// rate is the span that Grafana fits to the scrape interval and the width of the panel.
const rate = "[$__rate_interval]"

// live selects the series that pods export of the endpoints that are chosen. More are
// further matchers.
func (p place) live(more ...string) string {
	matchers := []string{endpointVariable + `=~"$` + endpointVariable + `"`}
	if p.opt.Namespace != "" {
		matchers = append(matchers, "namespace="+strconv.Quote(p.opt.Namespace))
	}
	return "{" + strings.Join(append(matchers, more...), ",") + "}"
}

// recorded selects what rules record of the plan, of the endpoints that are chosen. More
// are further matchers.
func (p place) recorded(more ...string) string {
	return p.live(append(more, "blueprint="+strconv.Quote(p.plan.Name), "environment="+strconv.Quote(p.plan.Environment))...)
}
