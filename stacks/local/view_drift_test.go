package local

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// watched is an endpoint with a window a test fills, and the model it serves.
func watched(t *testing.T) (plan.Endpoint, *drift.Monitor, *model.Model) {
	t.Helper()
	day := 86400.0
	ref, err := drift.NewReference(&dataset.Frame{Rows: 4, Columns: []dataset.Column{
		{Name: "income", Type: plan.Number, Floats: []float64{10000, 20000, 30000, 40000}},
		{Name: "home", Type: plan.Category, Codes: []int32{0, 0, 1, 1}, Dict: []string{"owner", "<rent>"}},
		{Name: "since", Type: plan.Timestamp, Floats: []float64{0, day, 2 * day, 3 * day}},
	}}, &model.Predictions{Classes: 2, Proba: []float64{0, 0.4, 0.6, 1}, Label: []int32{0, 0, 1, 1}},
		drift.ReferenceOptions{Labels: []string{"bad", "good"}})
	if err != nil {
		t.Fatal(err)
	}
	e := plan.Endpoint{Drift: &plan.Drift{
		Window: "1h", MinRows: 1, MaxRows: 300, Tests: "auto",
		Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}, Retrain: true,
	}}
	m, err := drift.NewMonitor(drift.MonitorConfig{Reference: ref, Drift: *e.Drift, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return e, m, &model.Model{Encoder: model.Encoder{Fields: []model.FieldEncoder{
		{Name: "income", Type: plan.Number},
		{Name: "home", Type: plan.Category, Categories: []string{"<rent>", "owner"}},
		{Name: "since", Type: plan.Timestamp},
	}}}
}

func TestThePageSaysHowAWindowDrifted(t *testing.T) {
	e, monitor, m := watched(t)
	if v := viewDrift("scoring", e, nil); v.Drifted || v.Status != "no window yet" ||
		!strings.Contains(v.Summary, "closes after 1h with at least 1 row,") {
		t.Errorf("before the first window: %+v", v)
	}
	o := monitor.Observer(m)
	for i := range 300 {
		if i == 200 {
			open := viewDrift("scoring", e, []*drift.Report{monitor.Open()})
			if !open.Drifted || open.Status != "drifting, window open" || len(open.History) != 1 || !open.History[0].Open ||
				!strings.HasSuffix(open.History[0].Share.Text, "would count by share, predictions") ||
				!strings.HasPrefix(open.Summary, "This window is still open, and counts when it closes: after 1h with") ||
				!strings.Contains(open.Summary, "It would count towards the alert by share, predictions") {
				t.Errorf("the open window: %+v", open)
			}
		}
		o.Observe([]float64{90000 + float64(i), 2, 1e9}, []string{"", "boat", ""},
			model.Score{Label: 1, Class: "good", Probability: 0.9})
	}
	v := viewDrift("scoring", e, monitor.Reports())
	for _, want := range []string{"Window of 300 rows", "4 rows of training data", "3 of 3 columns drifted",
		"from 50 %", "an alert takes 1 of 1 and asks for a retrain",
		"The window counts towards the alert by share, predictions", "in at most 1 % of the windows", "Predictions ",
		"against 4 on rows that the model was not trained on", "mean 0.9, was 0.5"} {
		if !strings.Contains(v.Summary, want) {
			t.Errorf("the summary lacks %q: %s", want, v.Summary)
		}
	}
	if !v.Drifted || v.Status != "alert" || len(v.Columns) != 3 || len(v.History) != 1 ||
		v.History[0].Share.Percent != 100 || v.Predictions == nil {
		t.Fatalf("%+v", v)
	}
	home := v.Columns[1]
	if home.Name != "home" || !home.Drifted || home.Test != "jensenshannon" || !strings.Contains(home.Score, ", p ") ||
		!strings.Contains(home.Note, "such as boat") {
		t.Errorf("%+v", home)
	}
	if p := v.Columns[2].Plot; p.Low != "1970-01-01" || p.High != "2001-09-09" {
		t.Errorf("the axis of a timestamp goes from %s to %s", p.Low, p.High)
	}
	var out bytes.Buffer
	if err := page.Render(&out, page.View{Drift: []page.Drift{v}}); err != nil ||
		strings.Contains(out.String(), "<rent>") {
		t.Errorf("the page holds a category unescaped, or %v", err)
	}
}

func TestNumbersOnThePageKeepTheDigitsThatCount(t *testing.T) {
	for _, c := range []struct {
		v, step float64
		want    string
	}{
		{0.9, 0.05, "0.9"}, {5.0123e-5, 1e-6, "5.012e-05"}, {1013.25, 0.01, "1013.25"}, {1013.75, 0.01, "1013.75"},
		{100000.5, 0.1, "100000.5"}, {20000, 150, "20000"}, {123456, 20000, "123456"}, {1e12, 1e9, "1e+12"},
		{0, 1, "0"}, {-4.5e-300, 1e-301, "-4.5e-300"}, {7, 0, "7"},
	} {
		if got := near(c.v, c.step); got != c.want {
			t.Errorf("%g with steps of %g is written %s, want %s", c.v, c.step, got, c.want)
		}
	}
}
