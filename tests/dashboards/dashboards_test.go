//go:build integration

// Package dashboards runs every query of the generated dashboard against a real
// Prometheus that scrapes an endpoint and evaluates the generated rules.
package dashboards

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// dashboard is what the test reads of the JSON.
type dashboard struct {
	Panels []struct {
		Type, Title string
		Panels      []any // of a row that is folded
		Targets     []struct{ Expr string }
	}
}

// TestEveryQueryOfTheDashboardReturnsSeries sends good requests and bad ones, and rows that
// have drifted, and waits until each query has an answer, the one for alerts included.
func TestEveryQueryOfTheDashboardReturnsSeries(t *testing.T) {
	prometheus, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("this test needs prometheus on PATH (Debian: apt-get install prometheus)")
	}
	binary := ashlar.Build(t)
	dir := example(t, binary)
	p, err := ashlar.Up(binary, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	key := newKey(t, binary, dir)
	generated := t.TempDir()
	rules, file := filepath.Join(generated, "rules.yaml"), filepath.Join(generated, "dashboard.json")
	run(t, binary, "generate", "alerts", dir, "--out", rules)
	run(t, binary, "generate", "dashboards", dir, "--pipelines", "cronjob", "--out", file)
	server := start(t, prometheus, rules, strings.TrimPrefix(p.URL, "http://"))
	queries := read(t, file)
	if len(queries) < 20 {
		t.Fatalf("the dashboard has %d queries only", len(queries))
	}
	left := queries
	for end := time.Now().Add(2 * time.Minute); len(left) > 0 && time.Now().Before(end); {
		traffic(t, p.URL, key)
		time.Sleep(time.Second)
		var empty []string
		for _, q := range left {
			if series(t, server, q) == 0 {
				empty = append(empty, q)
			}
		}
		left = empty
	}
	for _, q := range left {
		t.Errorf("no series: %s", q)
	}
}

// example is the credit example with windows of a hundred rows, of which the first that
// drifts raises the alert, and with callers that have keys.
func example(t *testing.T, binary string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	run(t, binary, "init", dir, "--example", "credit")
	file := filepath.Join(dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := string(text)
	for from, to := range map[string]string{
		`drift: {window: "1h", alert: {share: 0.5, windows: 2, of: 3}`:               `drift: {window: "1h", max_rows: 100, min_rows: 50, alert: {share: 0.5, windows: 1}`,
		`replicas: {min: 1, max: 1}, access: {keys: null, rate: null, public: true}`: "replicas: {min: 1, max: 1}",
	} {
		if !strings.Contains(edited, from) {
			t.Fatalf("the example has not %s", from)
		}
		edited = strings.Replace(edited, from, to, 1)
	}
	if err := os.WriteFile(file, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// newKey makes a key for a caller.
func newKey(t *testing.T, binary, dir string) string {
	t.Helper()
	var made struct{ Key string }
	said := run(t, binary, "access", "key", "create", "shop", "--endpoint", "scoring", "--dir", dir, "--expires", "1d", "--output", "json")
	if err := json.Unmarshal(said, &made); err != nil || made.Key == "" {
		t.Fatalf("no key: %v", err)
	}
	return made.Key
}

// run runs the CLI and returns what it says.
func run(t *testing.T, binary string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ashlar %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// start runs Prometheus with the rules, scraping the target every second.
func start(t *testing.T, program, rules, target string) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\n"+
		"scrape_configs:\n- job_name: ashlar\n  honor_labels: true\n  static_configs: [{targets: [%q]}]\n", rules, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("prometheus: %s", said)
		}
	})
	server := "http://" + address
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if answer, err := http.Get(server + "/-/ready"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return server
			}
		}
	}
	t.Fatal("Prometheus does not become ready")
	return ""
}

// read returns the queries of the dashboard, with its variables filled in as Grafana does.
func read(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$endpoint", "scoring", "$__rate_interval", "10s")
	var out []string
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 {
			t.Errorf("panel %s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			out = append(out, fill.Replace(target.Expr))
		}
	}
	return out
}

// traffic is what a second of it may look like: rows unlike those of the training data,
// one with a category that no one has, one without features, one with a wrong key.
func traffic(t *testing.T, url, key string) {
	t.Helper()
	send := func(body, key string) {
		r, err := http.NewRequest(http.MethodPost, url+"/predict", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	for i := range 40 {
		home := "rent"
		if i == 0 {
			home = "a boat"
		}
		send(fmt.Sprintf(`{"features": [1, %q, 60, %d, "single", "yes", "partime", 35, 10, 0, 0, 5000, 11000]}`, home, 18+i%5), key)
	}
	send(`{}`, key)
	send(`{}`, "wrong")
}

// series is how many series the query returns.
func series(t *testing.T, server, query string) int {
	t.Helper()
	answer, err := http.Get(server + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // it is read
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Status string
		Data   struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal(text, &said); err != nil || said.Status != "success" {
		t.Fatalf("%s\n%s: %v", query, text, err)
	}
	return len(said.Data.Result)
}
