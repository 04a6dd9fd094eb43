package alerts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// promtool is Prometheus' own judge of rules.
func promtool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("skipped: promtool is not on PATH (Debian package prometheus), so nothing has run the rules")
	}
	return path
}

// rulesFile writes the sample's rules, for a compliance window, where promtool
// finds them.
func rulesFile(t *testing.T, window string) string {
	t.Helper()
	p := sample()
	for name, s := range p.SLOs {
		s.Window = window
		p.SLOs[name] = s
	}
	groups, err := All(p, inCluster())
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := Pipeline(p, "nightly", Options{Namespace: "credit-risk", Engine: CronJob})
	if err != nil {
		t.Fatal(err)
	}
	jobs[0].Name += "-cronjob" // beside the same pipeline on Argo
	groups = append(groups, jobs...)
	backups, err := Backup(p, "backup-records", "17 * * * *", Options{Namespace: "credit-risk"})
	if err != nil {
		t.Fatal(err)
	}
	groups = append(groups, backups...)
	b, err := Encode(groups)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPrometheusAcceptsTheRules(t *testing.T) {
	tool := promtool(t)
	if out, err := exec.Command(tool, "check", "rules", "--lint=all",
		rulesFile(t, "30d")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// traffic are the series of one story, a sample a minute.
type traffic struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

func TestPrometheusAcceptsTheRulesOfEveryExample(t *testing.T) {
	tool := promtool(t)
	files, err := filepath.Glob("../../blueprints/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no example plans (%v)", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Decode(f)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		groups, err := All(p, Options{Namespace: p.Name, Engine: CronJob})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		b, err := Encode(groups)
		if err != nil {
			t.Fatal(err)
		}
		rules := filepath.Join(t.TempDir(), "rules.yaml")
		if err := os.WriteFile(rules, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(tool, "check", "rules", "--lint=all", rules).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

// story says what happens and which alerts fire at the end of it.
type story struct {
	input  []traffic
	lasts  time.Duration
	firing map[string]int // alert/severity/slo -> 0 or 1
	window string         // of compliance; empty: 30d
}

const pod = `endpoint="scoring",model="default-risk",version="1",namespace="credit-risk",pod="a"`

// after is the pod when it serves the next version.
var after = strings.Replace(pod, `version="1"`, `version="2"`, 1)

// served are answered requests a minute, of which slow took longer than 50 ms,
// and errors with the HTTP status.
func served(answered, slow int, minutes int, errors map[string]float64) []traffic {
	rate := func(n float64) string { return fmt.Sprintf("0+%gx%d", n, minutes) }
	out := []traffic{
		{fmt.Sprintf(`model_prediction_duration_seconds_count{%s}`, pod), rate(float64(answered))},
		{fmt.Sprintf(`model_prediction_duration_seconds_bucket{%s,le="0.05"}`, pod), rate(float64(answered - slow))},
		{fmt.Sprintf(`model_prediction_duration_seconds_bucket{%s,le="+Inf"}`, pod), rate(float64(answered))},
		{fmt.Sprintf(`model_info{%s,digest="x"}`, pod), fmt.Sprintf("1x%d", minutes)},
		{fmt.Sprintf(`model_metric{%s,metric="roc_auc"}`, pod), fmt.Sprintf("0.84x%d", minutes)},
	}
	for _, code := range []string{"422", "500", "503"} {
		out = append(out, traffic{fmt.Sprintf(`model_errors_total{%s,code=%q}`, pod, code), rate(errors[code])})
	}
	return out
}

// cronJob is what kube-state-metrics says of one; an empty success is none yet.
func cronJob(scheduled, succeeded, active string) []traffic {
	const of = `{namespace="credit-risk",cronjob="nightly"}`
	out := []traffic{{"kube_cronjob_status_last_schedule_time" + of, scheduled},
		{"kube_cronjob_status_active" + of, active}}
	if succeeded != "" {
		out = append(out, traffic{"kube_cronjob_status_last_successful_time" + of, succeeded})
	}
	return out
}

// backups are what kube-state-metrics says of the job that makes them, once an hour.
func backups(created, succeeded string) []traffic {
	const of = `{namespace="credit-risk",cronjob="backup-records"}`
	out := []traffic{{"kube_cronjob_created" + of, created}}
	if succeeded != "" {
		out = append(out, traffic{"kube_cronjob_status_last_successful_time" + of, succeeded})
	}
	return out
}

var stories = map[string]story{
	"a backup that succeeded one and a half periods ago is not overdue": {
		input: backups("0x200", "0x200"), lasts: 90 * time.Minute, firing: map[string]int{"BackupOverdue/ticket/": 0},
	},
	"a backup that succeeded more than two periods ago is": {
		input: backups("0x200", "0x200"), lasts: 125 * time.Minute, firing: map[string]int{"BackupOverdue/ticket/": 1},
	},
	"a backup that has never succeeded in two periods is": {
		input: backups("0x200", ""), lasts: 125 * time.Minute, firing: map[string]int{"BackupOverdue/ticket/": 1},
	},
	"a backup that succeeded since is not": {
		input: backups("0x200", "0x100 6000x100"), lasts: 125 * time.Minute,
		firing: map[string]int{"BackupOverdue/ticket/": 0},
	},
	"two in a hundred requests fail for an hour and a half: somebody is paged": {
		input: served(980, 0, 90, map[string]float64{"500": 20}), lasts: 90 * time.Minute,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 1, "ErrorBudgetBurn/page/latency": 0,
			"IndicatorMissing/ticket/availability": 0, "EndpointNotServing/page/": 0},
	},
	"a burst that is over leaves no page behind": {
		input: append(served(980, 0, 120, nil),
			traffic{fmt.Sprintf(`model_errors_total{%s,code="502"}`, pod), "0+100x20 2000x100"}), lasts: 2 * time.Hour,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 0},
	},
	"clients' own mistakes cost no budget": {
		input: served(500, 0, 90, map[string]float64{"422": 500}), lasts: 90 * time.Minute,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 0, "ErrorBudgetBurn/ticket/availability": 0},
	},
	"within the objective nothing fires": {
		window: "3d", input: served(10000, 90, 600, map[string]float64{"500": 5}), lasts: 10 * time.Hour,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 0, "ErrorBudgetBurn/ticket/availability": 0,
			"ErrorBudgetBurn/ticket/latency": 0, "ErrorBudgetBurn/ticket/quality": 0},
	},
	"a slow burn over a tenth of the window is a ticket and no page": {
		window: "3d", input: served(9980, 0, 600, map[string]float64{"503": 20}), lasts: 10 * time.Hour,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 0, "ErrorBudgetBurn/ticket/availability": 1},
	},
	"one request in five is slow: latency pages, availability does not": {
		input: served(1000, 200, 90, nil), lasts: 90 * time.Minute,
		firing: map[string]int{"ErrorBudgetBurn/page/latency": 1, "ErrorBudgetBurn/page/availability": 0},
	},
	"a version below its metric's threshold pages": {
		input: append(served(100, 0, 90, nil),
			traffic{`model_metric{endpoint="scoring",namespace="credit-risk",version="2",metric="roc_auc"}`,
				"0.7x90"}), lasts: 90 * time.Minute,
		firing: map[string]int{"ErrorBudgetBurn/page/quality": 1},
	},
	"nobody asks, so nothing is wrong": {
		input: served(0, 0, 120, nil), lasts: 2 * time.Hour,
		firing: map[string]int{"ErrorBudgetBurn/page/availability": 0, "ErrorBudgetBurn/page/latency": 0,
			"EndpointNotServing/page/": 0, "IndicatorMissing/ticket/latency": 0},
	},
	"a histogram without the threshold's bucket is noticed": {
		input: slices.Delete(served(100, 0, 90, nil), 1, 2), lasts: 90 * time.Minute,
		firing: map[string]int{"IndicatorMissing/ticket/latency": 1, "IndicatorMissing/ticket/availability": 0},
	},
	"another blueprint's endpoint of the same name is none of ours": {
		input: []traffic{{`model_info{endpoint="scoring",namespace="other"}`, "1x30"}}, lasts: 30 * time.Minute,
		firing: map[string]int{"EndpointNotServing/page/": 1},
	},
	"a workflow that failed for good is told of": {
		input: []traffic{{argoFailed + `{blueprint="credit-risk",environment="prod",pipeline="nightly"}`,
			"0x10 1x20"}}, lasts: 15 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 1},
	},
	"a workflow that has succeeded since is not": {
		input: []traffic{{argoFailed + `{blueprint="credit-risk",environment="prod",pipeline="nightly"}`,
			"1x10 0x20"}}, lasts: 15 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 0},
	},
	"a job that ended without success is told of, also the first": {
		input: cronJob("600x60", "", "1x5 0x55"), lasts: 30 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 1},
	},
	"a job that succeeded before and not now is told of": {
		input: cronJob("60x5 600x55", "120x60", "0x60"), lasts: 30 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 1},
	},
	"a job that is still at it has not failed": {
		input: cronJob("600x60", "120x60", "1x60"), lasts: 30 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 0},
	},
	"a job that succeeded is well": {
		input: cronJob("600x60", "700x60", "0x60"), lasts: 30 * time.Minute,
		firing: map[string]int{"PipelineFailed/ticket/": 0},
	},
	"drift in two of three windows": {
		input: append(served(1, 0, 300, nil),
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, pod), "0x60 1x240"}), lasts: 200 * time.Minute,
		firing: map[string]int{"DatasetDrift/ticket/": 1},
	},
	"drift of a version that is not served any more": {
		input: append(served(1, 0, 300, nil),
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, pod), "0x60 1x130 stale"},
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, after), "_x192 0x100"}),
		lasts:  200 * time.Minute,
		firing: map[string]int{"DatasetDrift/ticket/": 0},
	},
	"drift of the version that came after": {
		input: append(served(1, 0, 300, nil),
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, pod), "0x60 stale"},
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, after), "_x60 1x240"}),
		lasts:  200 * time.Minute,
		firing: map[string]int{"DatasetDrift/ticket/": 1},
	},
	"drift in one of three windows": {
		input: append(served(1, 0, 300, nil),
			traffic{fmt.Sprintf(`model_drift_detected{%s}`, pod), "0x120 1x59 0x120"}), lasts: 200 * time.Minute,
		firing: map[string]int{"DatasetDrift/ticket/": 0},
	},
}

func TestAlertsFireWhenTheyShouldAndOnlyThen(t *testing.T) {
	tool := promtool(t)
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runStory(t, tool, rulesFile(t, cmp.Or(s.window, "30d")), s)
		})
	}
}

func runStory(t *testing.T, tool, rules string, s story) {
	type sample struct {
		Labels string  `json:"labels"`
		Value  float64 `json:"value"`
	}
	type expression struct {
		Expr string   `json:"expr"`
		Time string   `json:"eval_time"`
		Want []sample `json:"exp_samples"`
	}
	var wants []expression
	for key, n := range s.firing {
		parts := strings.Split(key, "/")
		wants = append(wants, expression{
			Expr: fmt.Sprintf(`count(ALERTS{alertstate="firing",alertname=%q,severity=%q,slo=%q,endpoint=~"scoring|",team="lending"}) or vector(0)`, parts[0], parts[1], parts[2]),
			Time: text(s.lasts), Want: []sample{{"{}", float64(n)}},
		})
	}
	b, err := json.Marshal(map[string]any{
		"rule_files": []string{rules}, "evaluation_interval": "1m",
		"tests": []any{map[string]any{"interval": "1m", "input_series": s.input, "promql_expr_test": wants}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "test.yaml")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "test", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
