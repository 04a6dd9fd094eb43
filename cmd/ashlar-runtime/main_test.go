package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

const stranger = `{"features": {"Seniority": 80, "Home": "rent", "Time": 6, "Age": 99, "Marital": "married", "Records": "yes",
	"Job": "others", "Expenses": 9000, "Income": 9000, "Assets": 9000000, "Debt": 900000, "Amount": 90000, "Price": 90000}}`

// TestAModelIsTrainedServedWatchedAndTrainedAnew goes through all duties with a
// folder for a store and a file for a database.
func TestAModelIsTrainedServedWatchedAndTrainedAnew(t *testing.T) {
	e := credit(t, nil)
	if got := duty(t, e, "migrate"); got.code != 0 || !strings.Contains(got.out, `"to":`) {
		t.Fatalf("%+v", got)
	}
	var outcome struct {
		Model   string
		Version struct {
			Version        int
			Status, Author string
		}
		Run struct {
			Trigger string
			Stages  []struct{ Reused bool }
		}
	}
	for again := range 2 {
		got := duty(t, e, "run", "--model", "default-risk")
		if err := json.Unmarshal([]byte(got.out), &outcome); got.code != 0 || err != nil {
			t.Fatalf("%+v: %v", got, err)
		}
		if v := outcome.Version; v.Version != 1 || v.Status != "approved" || v.Author != "pipeline/nightly" ||
			outcome.Run.Stages[3].Reused != (again == 1) {
			t.Errorf("%+v", outcome)
		}
	}
	serveStrangers(t, e, 60)
	heldServing(t, e)
	got := duty(t, e, "drift", "--endpoint", "scoring")
	var said struct {
		Verdicts []struct {
			Segments int
			Alert    bool
			Windows  []struct{ Rows int }
		}
	}
	if err := json.Unmarshal([]byte(got.out), &said); got.code != 0 || err != nil || len(said.Verdicts) != 1 {
		t.Fatalf("%+v: %v", got, err)
	}
	if v := said.Verdicts[0]; v.Segments != 1 || !v.Alert || len(v.Windows) != 1 || v.Windows[0].Rows != 60 {
		t.Errorf("%+v", v)
	}
	if !strings.Contains(got.log, "nothing new to learn") {
		t.Errorf("it did not retrain: %s", got.log)
	}
	if again := duty(t, e, "drift", "--endpoint", "scoring"); again.code != 0 ||
		strings.Contains(again.log, "nothing new") {
		t.Errorf("%+v", again)
	}
}

// serveStrangers serves until n people like nobody in the data were predicted.
func serveStrangers(t *testing.T, e env, n int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int, 1)
	var out strings.Builder
	go func() {
		done <- run(ctx, []string{"serve", "--endpoint", "scoring", "--listen", "127.0.0.1:0"}, e.get, &out, w)
		w.Close()
	}()
	line, err := awaited(t.Context(), r, "serving")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := awaited(t.Context(), r, "scoring now serves default-risk version 1"); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, r) //nolint:errcheck // until it ends
	url := fmt.Sprintf("http://%s", line["address"])
	for range n {
		resp, err := http.Post(url+"/predict", "application/json", strings.NewReader(stranger))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", resp, err)
		}
		resp.Body.Close()
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("serve ended with %d", code)
	}
}

func TestAGateThatDoesNotHoldIsAFinding(t *testing.T) {
	e := credit(t, func(p *plan.Plan) {
		m := p.Models["default-risk"]
		m.Require.Metrics = map[string]plan.Predicate{"roc_auc": {{Op: plan.GreaterEqual, Value: 0.99}}}
		p.Models["default-risk"] = m
	})
	if got := duty(t, e, "run", "--model", "default-risk"); got.code != 1 ||
		!strings.Contains(got.log, "roc_auc") || got.out != "" {
		t.Errorf("%+v", got)
	}
}

func TestEverythingThatIsWrongIsSaidAtOnceAndNothingIsTouched(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(broken, []byte(`{"apiVersion": "x", "surprise": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	good := credit(t, nil)
	for name, c := range map[string]struct {
		env  env
		args []string
		want []string
	}{
		"nothing is set": {env{}, []string{"run", "--model", "m"},
			[]string{"ASHLAR_PLAN is not set", "ASHLAR_STORE is not set", "ASHLAR_DATABASE is not set"}},
		"everything is wrong": {env{
			"ASHLAR_PLAN": broken, "ASHLAR_STORE": "http://ada:s3cr3t@x/y",
			"ASHLAR_DATABASE": "postgres://ada:s3cr3t@h/x", "ASHLAR_DATABASE_AUTH": "iam",
			"ASHLAR_AUTHOR": "policy:auto",
		}, []string{"serve", "--endpoint", "e"},
			[]string{`unknown field \"surprise\"`, "want s3://bucket/prefix", "take it out", "kept for Ashlar itself"}},
		"no such plan": {good.with("ASHLAR_PLAN", filepath.Join(dir, "none")),
			[]string{"run", "--model", "default-risk"}, []string{"no such file"}},
		"no such model": {good, []string{"run", "--model", "defualt-risk"},
			[]string{`no model \"defualt-risk\"; it has default-risk`}},
		"no such endpoint": {good, []string{"serve", "--endpoint", "scorign"},
			[]string{`no endpoint \"scorign\"; it has scoring`}},
		"nowhere to read from": {good.with("ASHLAR_DATA", ""), []string{"run", "--model", "default-risk"},
			[]string{"is relative: ASHLAR_DATA is not set"}},
		"nor for the retrain": {good.with("ASHLAR_DATA", ""), []string{"drift", "--endpoint", "scoring"},
			[]string{"is relative: ASHLAR_DATA is not set"}},
		"a relative store": {good.with("ASHLAR_STORE", "store"), []string{"run", "--model", "default-risk"},
			[]string{"absolute path"}},
		"no duty":             {good, nil, []string{"name a duty: serve, run"}},
		"a duty nobody knows": {good, []string{"train"}, []string{`\"train\" is not a duty`}},
		"a flag nobody knows": {good, []string{"run", "--modell", "m"}, []string{"unknown flag: --modell"}},
		"no endpoint":         {good, []string{"serve"}, []string{"name the endpoint"}},
		"no model":            {good, []string{"run"}, []string{"or the model with --model"}},
		"a word too many":     {good, []string{"migrate", "now"}, []string{"takes flags only"}},
		"a secret without name": {good.with("ASHLAR_DATABASE_AUTH", "secret"), []string{"migrate"},
			[]string{"needs the ARN", "is for a postgres:// URL"}},
	} {
		got := duty(t, c.env, c.args...)
		if got.code != 2 || got.out != "" || strings.Contains(got.log, "s3cr3t") {
			t.Errorf("%s: %+v", name, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got.log, want) {
				t.Errorf("%s: %s\nlacks %s", name, got.log, want)
			}
		}
		if lines := strings.Count(got.log, "\n"); lines != len(c.want) {
			t.Errorf("%s: %d lines for %d problems: %s", name, lines, len(c.want), got.log)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(good["ASHLAR_PLAN"])); err != nil || len(entries) != 1 {
		t.Errorf("%v was touched (%v)", entries, err)
	}
}

func TestDriftWithoutRetrainNeedsNoData(t *testing.T) {
	e := credit(t, func(p *plan.Plan) {
		s := p.Endpoints["scoring"]
		d := *s.Drift
		d.Retrain = false
		s.Drift = &d
		p.Endpoints["scoring"] = s
	}).with("ASHLAR_DATA", "")
	if got := duty(t, e, "drift", "--endpoint", "scoring"); got.code != 0 ||
		got.out != `{"endpoint":"scoring","verdicts":[]}`+"\n" {
		t.Errorf("%+v", got)
	}
}

func TestWhatItStandsOnIsNotItsInput(t *testing.T) {
	e := credit(t, nil)
	garbage := filepath.Join(t.TempDir(), "registry.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := duty(t, e.with("ASHLAR_DATABASE", garbage), "run", "--model", "default-risk"); got.code != 3 ||
		!strings.Contains(got.log, "not a database") {
		t.Errorf("%+v", got)
	}
	if got := duty(t, e.with("ASHLAR_DATA", t.TempDir()), "run", "--model", "default-risk"); got.code != 2 ||
		!strings.Contains(got.log, "credit_data.csv") {
		t.Errorf("data that is not there: %+v", got)
	}
	e = e.with("ASHLAR_DATABASE_MANAGER", "acme/dev")
	if got := duty(t, e.with("ASHLAR_DATABASE_SCHEMAS", "ada"), "migrate"); got.code != 3 ||
		!strings.Contains(got.log, "a file has no schemas") {
		t.Errorf("%+v", got)
	}
}

// TestAPlanOfANewerFormatIsReadAsFarAsItSays starts a duty, as a pod of an image that was
// rolled back to does, with the plan of the image after it.
func TestAPlanOfANewerFormatIsReadAsFarAsItSays(t *testing.T) {
	for format, want := range map[string]struct {
		code int
		log  string
	}{
		`{"version":NEXT,"reads":1,"ignore":["owner.pager"]}`: {0, `"fields":["owner.pager"]`},
		`{"version":NEXT,"reads":NEXT}`: {2,
			"this plan is of format NEXT; this program reads " + plan.Formats() + ": upgrade the image"},
		`{"version":NEXT,"reads":1}`: {2, "unknown field"},
	} {
		e := credit(t, func(p *plan.Plan) { // of format 1
			e := p.Endpoints["scoring"]
			e.Access, e.Strategy = nil, plan.Strategy{}
			p.Endpoints["scoring"] = e
		})
		text, err := os.ReadFile(e["ASHLAR_PLAN"])
		if err != nil {
			t.Fatal(err)
		}
		next := strings.NewReplacer("NEXT", strconv.Itoa(plan.Format+1))
		format, want.log = next.Replace(format), next.Replace(want.log)
		newer := strings.Replace(string(text), `"owner":{`, `"format":`+format+`,"owner":{"pager":"7",`, 1)
		file := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(file, []byte(newer), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := duty(t, e.with("ASHLAR_PLAN", file), "retain"); got.code != want.code ||
			!strings.Contains(got.log, want.log) {
			t.Errorf("%s: %+v; want %+v", format, got, want)
		}
	}
}

func TestTheVersionIsOneLineOfJSON(t *testing.T) {
	var v map[string]string
	schema, _ := registry.Schemas()
	if got := duty(t, env{}, "version"); got.code != 0 || json.Unmarshal([]byte(got.out), &v) != nil ||
		v["version"] == "" || !strings.HasPrefix(v["go"], "go1.") || v["plan_formats"] != plan.Formats() ||
		v["registry_schema"] != strconv.FormatInt(schema, 10) || v["registry_oldest_schema"] != "1" {
		t.Errorf("%+v", got)
	}
}

func TestSegmentsAreHandedOnAFewTimesAWindow(t *testing.T) {
	for window, want := range map[string]string{"1h": "5m0s", "24h": "5m0s", "10m": "1m0s", "30s": "10s", "": "5m0s"} {
		d := &plan.Drift{Window: window}
		if window == "" {
			d = nil
		}
		if got := saveEvery(d); got.String() != want {
			t.Errorf("a window of %q: every %s, want %s", window, got, want)
		}
	}
}
