package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/alerts"
)

// sample is a blueprint that has something for every section.
func sample() *plan.Plan {
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "credit-risk", Environment: "prod",
		Owner: plan.Owner{Team: "lending", Email: "lending@example.com"},
		Endpoints: map[string]plan.Endpoint{
			"scoring": {Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1}, Access: &plan.Access{Public: true},
				Drift: &plan.Drift{Window: "1h", Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}}},
			"plain": {Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1}},
		},
		Pipelines: map[string]plan.Pipeline{"nightly": {Model: "default-risk"}, "weekly": {Model: "default-risk"}},
		SLOs: map[string]plan.SLO{
			"availability": {Endpoint: "scoring", Objective: 99.9, Indicator: "availability", Window: "30d"}},
	}
}

// shown is what the tests read of the JSON.
type shown struct {
	UID, Title string
	Tags       []string
	Templating struct{ List []struct{ Name, Type string } }
	Panels     []struct {
		Type, Title string
		Datasource  struct{ UID string }
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ RefID, Expr, LegendFormat string }
	}
}

func made(t *testing.T, p *plan.Plan, opt alerts.Options) shown {
	t.Helper()
	text, err := JSON(p, opt)
	if err != nil {
		t.Fatal(err)
	}
	again, err := JSON(p, opt)
	if bytes.Contains(text, []byte("${")) {
		t.Error("a manifest with it would have a value that is left open")
	}
	if err != nil || !bytes.Equal(text, again) {
		t.Fatalf("a second time it is another: %v", err)
	}
	var out shown
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func inCluster() alerts.Options {
	return alerts.Options{Namespace: "credit-risk", Engine: alerts.Argo}
}

// rows are the titles of the sections.
func (s shown) rows() (out []string) {
	for _, p := range s.Panels {
		if p.Type == "row" {
			out = append(out, p.Title)
		}
	}
	return out
}

func TestADashboardHasARowForEachSectionOfThePlan(t *testing.T) {
	all := made(t, sample(), inCluster())
	var want []string
	for _, s := range sections {
		want = append(want, s.title)
	}
	if got := all.rows(); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if all.Title != "credit-risk (prod)" || len(all.UID) > 40 || !slices.Contains(all.Tags, "ashlar") {
		t.Errorf("%s %s %s", all.Title, all.UID, all.Tags)
	}
	bare := sample()
	bare.SLOs, bare.Pipelines = nil, nil
	delete(bare.Endpoints, "scoring")
	less := made(t, bare, alerts.Options{})
	for _, gone := range []string{"Drift", "Error budgets", "Pipelines"} {
		if slices.Contains(less.rows(), gone) {
			t.Errorf("a plan without it has a row %s", gone)
		}
	}
	for _, p := range less.Panels {
		if p.Title == "Callers" || p.Title == "Refused" {
			t.Errorf("a plan without access has a panel %s", p.Title)
		}
	}
	if _, err := JSON(&plan.Plan{Name: "empty"}, alerts.Options{}); err == nil {
		t.Error("a plan without anything to show has a dashboard")
	}
}

func TestPanelsDoNotOverlapAndAskWhatIsChosen(t *testing.T) {
	all := made(t, sample(), inCluster())
	var variables []string
	for _, v := range all.Templating.List {
		variables = append(variables, v.Name+" "+v.Type)
	}
	if want := []string{"datasource datasource", "endpoint custom"}; !slices.Equal(variables, want) {
		t.Errorf("variables %q, want %q", variables, want)
	}
	taken := map[string]string{}
	for _, p := range all.Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				at := fmt.Sprint(x, ",", y)
				if other, is := taken[at]; is || x >= 24 {
					t.Fatalf("%s is at %s, where %q is", p.Title, at, other)
				}
				taken[at] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Datasource.UID != "$datasource" || len(p.Targets) == 0 {
			t.Errorf("%s asks %q %d things", p.Title, p.Datasource.UID, len(p.Targets))
		}
		for _, q := range p.Targets {
			pipeline := strings.HasPrefix(p.Title, "Pipeline ")
			if q.LegendFormat == "" || !pipeline && (!strings.Contains(q.Expr, `endpoint=~"$endpoint"`) ||
				!strings.Contains(q.Expr, `namespace="credit-risk"`)) {
				t.Errorf("%s asks %s %q", p.Title, q.Expr, q.LegendFormat)
			}
		}
	}
}

// What a query reads is exported by an endpoint, or recorded by the rules of the plan.
func TestQueriesReadWhatIsThere(t *testing.T) {
	reference, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"ALERTS": true, "argo_workflows_ashlar_pipeline_failed": true, // of Argo's controller
		// of kube-state-metrics
		"kube_cronjob_status_active": true, "kube_cronjob_status_last_schedule_time": true,
		"kube_cronjob_status_last_successful_time": true}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)`").FindAllStringSubmatch(string(reference), -1) {
		known[m[1]] = true
	}
	groups, err := alerts.All(sample(), inCluster())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			known[r.Record] = true
		}
	}
	selected := regexp.MustCompile(`([A-Za-z_:]+)\{`)
	for _, engine := range []string{alerts.Argo, alerts.CronJob} {
		opt := inCluster()
		opt.Engine = engine
		for _, p := range made(t, sample(), opt).Panels {
			for _, q := range p.Targets {
				names := selected.FindAllStringSubmatch(q.Expr, -1)
				if len(names) == 0 {
					t.Errorf("%s reads nothing: %s", p.Title, q.Expr)
				}
				for _, n := range names {
					if name := strings.TrimSuffix(strings.TrimSuffix(n[1], "_bucket"), "_count"); !known[name] {
						t.Errorf("%s reads %s, which nothing exports or records", p.Title, n[1])
					}
				}
			}
		}
	}
}
