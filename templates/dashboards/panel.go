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

// place is what panels are made of: the plan, and what its metrics carry in the cluster.
type place struct {
	plan *plan.Plan
	opt  alerts.Options
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
