// Package privacy looks for values that were anonymised or dropped in everything
// that the CLI writes, prints, sends and answers.
package privacy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// canaries are how the values of each protected column look, and nothing else
// does.
var canaries = map[string]*regexp.Regexp{
	"hashed text":         regexp.MustCompile(`Qname`),
	"sensitive text":      regexp.MustCompile(`Qnote`),
	"hashed category":     regexp.MustCompile(`Qcity`),
	"masked category":     regexp.MustCompile(`Qplate`),
	"masked number":       number(`73519?[0-9]?\.9[0-9]|735[0-9]\.9|7\.35[0-9]+e`),
	"dropped integer":     number(`98765[0-9]{4}\b|9\.8765[0-9]*e`),
	"masked timestamp":    regexp.MustCompile(`1961-04`),
	"dropped category":    regexp.MustCompile(`Qward`),
	"a broken row's text": regexp.MustCompile(`Qbroken`),
}

// number is the form of a number that begins there: its digits may be among those
// of any other by chance.
func number(form string) *regexp.Regexp { return regexp.MustCompile(`(?:^|[^0-9.])(?:` + form + `)`) }

const blueprint = `package people

import "ashlar.dev/blueprint"

blueprint.#Blueprint & {
	name:        "people"
	description: "Whether somebody will come back, by what little is known"
	owner: {team: "t", email: "t@example.com"}
	tracking: {mlflow: uri: "TRACKER", openlineage: url: "TRACKER/lineage"}
	datasets: people: {
		source: "people.csv"
		columns: {
			name: {type: "text", sensitive: true, anonymise: "hash"}
			note: {type: "text", sensitive: true}
			city: {type: "category", sensitive: true, anonymise: "hash"}
			plate: {type: "category", anonymise: "mask"}
			ward: {type: "category", anonymise: "drop"}
			income: {type: "number", sensitive: true, anonymise: "mask"}
			ssn: {type: "integer", anonymise: "drop"}
			born: {type: "timestamp", anonymise: "mask"}
			x: {type: "number"}
			t: {type: "category", values: ["yes", "no"]}
		}
		expect: [
			{expectation: "table_row_count_to_be_between", min_value: 10},
			{expectation: "column_max_to_be_between", column: "ssn", min_value: 10},
			{expectation: "column_mean_to_be_between", column: "income", min_value: 10, max_value: 20, severity: "warning"},
			{expectation: "column_values_to_be_between", column: "income", min_value: 10, max_value: 20, severity: "warning"},
			{expectation: "column_quantile_values_to_be_between", column: "income", quantile_ranges: {quantiles: [0.5], value_ranges: [[0, 1]]}, severity: "warning"},
			{expectation: "column_values_to_match_regex", column: "city", regex: "^nowhere$", severity: "warning"},
			{expectation: "column_values_to_be_in_set", column: "ward", value_set: ["a"], severity: "warning"},
			{expectation: "column_distinct_values_to_be_in_set", column: "plate", value_set: ["a"], severity: "warning"},
			{expectation: "column_values_to_be_unique", column: "city", severity: "warning"},
			{expectation: "column_values_to_match_regex", column: "note", regex: "^nothing$", severity: "warning"},
		]
		retention: "365d"
	}
	models: back: {dataset: "people", target: "t", positive: "yes", algorithm: "logistic_regression", require: {metrics: accuracy: >=0.01, fairness: city: {min_group: 1, demographic_parity_ratio: >=0}}, approval: "auto"}
	pipelines: p: {
		model: "back"
		stages: look: {
			cmd: "cat ingest/data.csv prepare/*.csv validate/report.json evaluate/report.json | tee all.txt"
			deps: ["ingest:data.csv", "prepare:train.csv", "prepare:test.csv", "prepare:train_features.csv", "validate:report.json", "evaluate:report.json"]
			outs: ["all.txt"]
		}
	}
	endpoints: e: {model: "back", drift: {window: "1s", min_rows: 20}}
	environments: dev: {}
}
`

func row(i int) []string {
	return []string{
		fmt.Sprintf("Qname%d", i), fmt.Sprintf("Qnote%d", i), fmt.Sprintf("Qcity%d", i%4),
		fmt.Sprintf("Qplate%d%s", i%10, strings.Repeat("b", i%2)), fmt.Sprintf("Qward%d", i%3),
		fmt.Sprintf("%.2f", 7351.9+float64(i%9)/100), fmt.Sprint(987650000 + i), fmt.Sprintf("1961-04-%02d", i%28+1),
		fmt.Sprintf("%.3f", float64(i*37%200)/200), []string{"yes", "no"}[i*i%7%2],
	}
}

var names = strings.Split("name,note,city,plate,ward,income,ssn,born,x,t", ",")

func csv(rows int, more ...string) string {
	out := strings.Join(names, ",") + "\n"
	for i := range rows {
		out += strings.Join(row(i), ",") + "\n"
	}
	return out + strings.Join(more, "")
}

// heard gathers all that leaves the program.
type heard struct {
	mu  sync.Mutex
	all map[string]*bytes.Buffer
}

func (h *heard) note(where string, b []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[where] == nil {
		h.all[where] = &bytes.Buffer{}
	}
	h.all[where].Write(b)
}

type sink struct {
	h     *heard
	where string
}

func (s sink) Write(b []byte) (int, error) { s.h.note(s.where, b); return len(b), nil }

// tracker answers as MLflow does, as far as it is asked, and keeps what it hears.
func tracker(t *testing.T, h *heard) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.note("trackers", append([]byte(r.URL.String()+"\n"), b...))
		_, _ = io.WriteString(w, `{"experiment": {"experiment_id": "1"}, "experiment_id": "1", "run": {"info": {"run_id": "r1", "artifact_uri": "x"}}, "runs": []}`)
	}))
	t.Cleanup(s.Close)
	return s
}

type system struct {
	*heard
	t           *testing.T
	binary, dir string
}

func (h *system) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// run runs the CLI and returns its exit code.
func (h *system) run(args ...string) int {
	h.t.Helper()
	cmd := exec.Command(h.binary, args...)
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), "ASHLAR_USER=ada", "HOME="+h.dir)
	where := "ashlar " + strings.Join(args, " ")
	cmd.Stdout, cmd.Stderr = sink{h.heard, where}, sink{h.heard, where}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		h.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// up starts the stack and returns its URL and what stops it.
func (h *system) up() (url string, stop func()) {
	h.t.Helper()
	cmd := exec.Command(h.binary, "up", ".", "--listen", "127.0.0.1:0")
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), "ASHLAR_USER=ada")
	cmd.Stdout, cmd.Stderr = sink{h.heard, "ashlar up"}, sink{h.heard, "ashlar up"}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	address := regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)
	for range 600 {
		time.Sleep(100 * time.Millisecond)
		h.mu.Lock()
		var told string
		if b := h.all["ashlar up"]; b != nil {
			told = b.String()
		}
		h.mu.Unlock()
		for _, at := range address.FindAllString(told, -1) {
			if r, err := http.Get(at + "/ready"); err == nil { //nolint:noctx // a test's
				_ = r.Body.Close()
				if r.StatusCode == http.StatusOK && r.Header.Get("Content-Type") == "application/json" {
					return at, func() {
						_ = cmd.Process.Signal(syscall.SIGTERM)
						_ = cmd.Wait()
					}
				}
			}
		}
	}
	_ = cmd.Process.Kill()
	h.t.Fatalf("ashlar up does not run:\n%s", h.all["ashlar up"])
	return "", nil
}

func (h *system) ask(method, url, body string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body)) //nolint:noctx // a test's
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	h.note(method+" "+r.Request.URL.Path, b)
	return r.StatusCode, string(b)
}

// request is a batch of rows as a client sends them: with the values themselves.
func request(from, to int) string {
	var rows []map[string]any
	for i := from; i < to; i++ {
		r := row(i)
		one := map[string]any{"city": r[2], "plate": r[3], "income": json.Number(r[5]), "x": json.Number(r[8]),
			"ssn": json.Number(r[6]), "ward": r[4], "note": r[1]}
		rows = append(rows, one)
	}
	b, err := json.Marshal(map[string]any{"features": rows})
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func running(t *testing.T) *system {
	t.Helper()
	h := &system{heard: &heard{all: map[string]*bytes.Buffer{}}, t: t, binary: ashlar.Build(t), dir: t.TempDir()}
	h.write("people.cue", strings.ReplaceAll(blueprint, "TRACKER", tracker(t, h.heard).URL))
	h.write("people.csv", csv(300))
	h.write(".gitignore", ".ashlar\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Begin"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = h.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return h
}

// serve asks the endpoint everything that it answers, for more than a window.
func (h *system) serve() {
	url, stop := h.up()
	defer stop()
	status, answer := h.ask("POST", url+"/predict", request(0, 60))
	if status != http.StatusOK || strings.Count(answer, `"prediction":`) != 60 {
		h.t.Fatalf("%d %s", status, answer)
	}
	time.Sleep(1200 * time.Millisecond)
	for _, wrong := range []string{
		`{"features": {"city": ["Qcity1"], "plate": "Qplate1", "income": "7351.93", "x": 1, "ssn": 987650001, "zip": "Qcity2"}}`,
		`{"features": {"city": 987650001, "income": "Qnote", "note": {"a": ["Qnote"]}}}`,
		`{"features": {"city": "Qcity1`,
	} {
		if status, _ := h.ask("POST", url+"/predict", wrong); status < 400 {
			h.t.Errorf("%s is answered %d", wrong, status)
		}
	}
	h.ask("POST", url+"/predict", request(60, 90))
	for _, path := range []string{"/schema", "/openapi.json", "/metrics", "/drift", "/ready",
		"/health", "/ui", "/state", "/"} {
		h.ask("GET", url+path, "")
	}
	_, schema := h.ask("GET", url+"/schema", "")
	for _, word := range []string{`"ssn"`, `"ward"`, "Taken and ignored", "a pseudonym takes its place"} {
		if !strings.Contains(schema, word) {
			h.t.Errorf("/schema does not say %q", word)
		}
	}
	if strings.Contains(schema, "v1:") {
		h.t.Error("/schema lists pseudonyms as what a request may hold")
	}
	// What was learnt of a city is known of it when it is asked about.
	_, metrics := h.ask("GET", url+"/metrics", "")
	for _, line := range strings.Split(metrics, "\n") {
		if strings.HasPrefix(line, "model_unknown_categories_total{") && !strings.HasSuffix(line, " 0") {
			h.t.Errorf("a value that training saw was not known: %s", line)
		}
	}
	_, drift := h.ask("GET", url+"/drift", "")
	if !strings.Contains(drift, `"column":"city"`) {
		h.t.Errorf("no window was judged: %s", drift)
	}
}

func TestNothingThatIsAnonymisedIsFoundAnywhere(t *testing.T) {
	h := running(t)
	h.run("check", ".")
	if code := h.run("pipeline", "run", "p"); code != 0 {
		t.Fatalf("exit %d:\n%s", code, h.all["ashlar pipeline run p"])
	}
	h.serve()
	for _, args := range [][]string{
		{"pipeline", "logs", "p", "look"}, {"runs", "list"}, {"model", "show", "back"}, {"model", "audit"},
		{"model", "list"}, {"generate", "--help"},
		{"store", "gc", "--dry-run"}, {"runs", "show", "p"}, {"model", "show", "back", "--output", "json"},
	} {
		h.run(args...)
	}
	// The same expectations, and data that fail in every way.
	h.write("people.cue", strings.ReplaceAll(strings.ReplaceAll(blueprint, "TRACKER", "http://127.0.0.1:9"),
		`, severity: "warning"`, ""))
	h.run("plan", ".", "--base", "HEAD", "--output", "markdown")
	h.write("people.csv", csv(60,
		"Qname,Qnote,Qcity,Qplate,Qward,Qbroken,Qbroken,Qbroken,1,yes\n", "Qname,Qnote,Qbroken\n",
		",,,,,,,,,\n", "\"Qbroken,1,2\n"))
	h.run("plan", ".", "--base", "HEAD")
	for _, args := range [][]string{{"pipeline", "run", "p"}, {"up", ".", "--build"},
		{"up", ".", "--build", "--output", "json"}} {
		if code := h.run(args...); code != 1 {
			t.Errorf("%v of data that do not meet what is expected: exit %d\n%s", args, code,
				h.all["ashlar "+strings.Join(args, " ")])
		}
	}
	h.search()
}

// ofProcess are metrics of Go's runtime and of the process, whose sizes may look like any
// number and come from no row.
var ofProcess = regexp.MustCompile(`(?m)^(go|process)_.*$`)

// search looks for every canary in all that was heard and kept.
func (h *system) search() {
	look := func(where string, b []byte) {
		for what, form := range canaries {
			if at := form.FindIndex(b); at != nil {
				h.t.Errorf("%s holds a %s: ...%q...", where, what, b[max(0, at[0]-60):min(len(b), at[1]+40)])
			}
		}
	}
	for where, b := range h.all {
		look(where, ofProcess.ReplaceAll(b.Bytes(), nil))
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(h.dir, ".ashlar"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		look(path, append([]byte(path+"\n"), b...))
		return err
	})
	if err != nil || files < 30 {
		h.t.Errorf("looked at %d files: %v", files, err)
	}
	if h.all["trackers"] == nil {
		h.t.Error("no tracker heard anything")
	}
	for _, lock := range []string{"ashlar.lock", "dvc.lock"} {
		if b, err := os.ReadFile(filepath.Join(h.dir, lock)); err == nil {
			look(lock, b)
		}
	}
}

// What the test looks for it would find: the values are in the source.
func TestTheSearchFindsWhatItLooksFor(t *testing.T) {
	text := []byte(csv(300) + "Qbroken")
	for what, form := range canaries {
		if !form.Match(text) {
			t.Errorf("no %s is in the data", what)
		}
	}
}
