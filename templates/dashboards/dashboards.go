// Package dashboards turns a plan into a Grafana dashboard: what its endpoints answer and
// how fast, what fails, what drifts, how good the models are, how much of each error
// budget is left and how the pipelines ended.
//
// The panels are a list of data (see sections), and Grafana's own types write the JSON.
// They read what `/metrics` exports and
// what the rules of package alerts record, so that a dashboard and an alert never say
// different things of the same objective.
package dashboards

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/alerts"
)

// The variables of the dashboard.
const (
	sourceVariable   = "datasource"
	endpointVariable = "endpoint"
)

// Sizes of a panel in Grafana's grid of 24 columns.
const (
	width  = 8
	height = 8
)

// JSON returns the dashboard of the plan, indented and with a final newline. The same
// plan and options give the same bytes. A plan without endpoints and pipelines has
// nothing to show, which is an error.
func JSON(p *plan.Plan, opt alerts.Options) ([]byte, error) {
	b := dashboard.NewDashboardBuilder(title(p)).Uid(uid(p, opt)).
		Description("Written by ashlar generate dashboards; edits are lost when it is written again.").
		Tags([]string{"ashlar", p.Name, p.Environment}).Timezone(common.TimeZoneBrowser).
		Time("now-6h", "now").Refresh("1m").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder(sourceVariable).Label("Prometheus").Type("prometheus"))
	if names := slices.Sorted(maps.Keys(p.Endpoints)); len(names) > 0 {
		b.WithVariable(endpoints(names))
	}
	at, err := placeOf(p, opt)
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	shown := 0
	for _, s := range sections {
		panels := s.panels(at)
		if len(panels) == 0 {
			continue
		}
		b.WithRow(dashboard.NewRowBuilder(s.title))
		for _, one := range panels {
			b.WithPanel(one.build())
			shown++
		}
	}
	if shown == 0 {
		return nil, errors.New("dashboard: the blueprint declares neither an endpoint nor a pipeline to show")
	}
	built, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return append(text, '\n'), nil
}

func title(p *plan.Plan) string { return p.Name + " (" + p.Environment + ")" }

// uid names the dashboard for good, in the characters and the length that Grafana takes:
// writing it again replaces it.
func uid(p *plan.Plan, opt alerts.Options) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Name, p.Environment, opt.Namespace}, "\x00")))
	return "ashlar-" + hex.EncodeToString(sum[:8])
}

// endpoints lets people choose among the endpoints; all are shown at first.
func endpoints(names []string) cog.Builder[dashboard.VariableModel] {
	values := strings.Join(names, ",") // names have no commas
	return dashboard.NewCustomVariableBuilder(endpointVariable).Label("Endpoint").
		Values(dashboard.StringOrMap{String: &values}).Multi(true).IncludeAll(true).
		AllValue(strings.Join(names, "|")).
		Current(dashboard.VariableOption{Selected: new(true), Text: text("All"), Value: text("$__all")})
}

func text(s string) dashboard.StringOrArrayOfString {
	return dashboard.StringOrArrayOfString{String: &s}
}

// build is the panel in Grafana's types.
func (p panel) build() cog.Builder[dashboard.Panel] {
	// Without braces: in a manifest, ${name} is a value that is still open.
	source := common.DataSourceRef{Type: new("prometheus"), Uid: new("$" + sourceVariable)}
	b := timeseries.NewPanelBuilder().Title(p.title).Description(p.description).Unit(p.unit).
		Datasource(source).Span(width).Height(height).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti)).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).ShowLegend(true))
	if p.unit == share || p.unit == yesNo {
		b.Min(0).Max(1)
	}
	for i, q := range p.queries {
		b.WithTarget(prometheus.NewDataqueryBuilder().RefId(string(rune('A' + i))).Datasource(source).
			Expr(q.expr).LegendFormat(q.legend).Range())
	}
	return b
}
