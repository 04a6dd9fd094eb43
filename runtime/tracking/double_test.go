package tracking

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// double is a tracking server of MLflow that keeps state, and refuses what
// MLflow refuses. fail makes the next requests whose path holds the text go
// wrong with the status, after carrying them out where done is set.
type double struct {
	*httptest.Server
	mu          sync.Mutex
	experiments map[string]string
	runs        map[string]map[string]any
	events      []map[string]any
	files       map[string]string
	fails       []trouble
	auth        string
	strict      bool   // it holds names to MLflow's rule
	taboo       string // a name that it does not take
}

type trouble struct {
	path   string
	status int
	done   bool
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{experiments: map[string]string{}, runs: map[string]map[string]any{}, files: map[string]string{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *double) fail(list ...trouble) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = append(d.fails, list...)
}

// ServeHTTP answers one request at a time.
func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.auth = r.Header.Get("Authorization")
	for i, f := range d.fails {
		if strings.Contains(r.URL.Path, f.path) {
			d.fails = append(d.fails[:i:i], d.fails[i+1:]...)
			if f.done {
				d.answer(httptest.NewRecorder(), r)
			}
			w.WriteHeader(f.status)
			return
		}
	}
	d.answer(w, r)
}

// found are the runs that the filter names.
func (d *double) found(filter string) []any {
	_, wanted, _ := strings.Cut(filter, "tags.`ashlar.run_id` = '")
	found := []any{}
	for id, run := range d.runs {
		if run["tag/ashlar.run_id"] == strings.TrimSuffix(wanted, "'") {
			found = append(found, map[string]any{"info": map[string]any{"run_id": id}})
		}
	}
	return found
}

func (d *double) answer(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&body) != nil {
		d.refuse(w, 400, "BAD_REQUEST", "no JSON")
		return
	}
	reply := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	switch strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/") {
	case "/lineage":
		d.events = append(d.events, body)
	case "experiments/get-by-name":
		id, ok := d.experiments[r.URL.Query().Get("experiment_name")]
		if !ok {
			d.refuse(w, 404, "RESOURCE_DOES_NOT_EXIST", "no such experiment")
			return
		}
		reply(map[string]any{"experiment": map[string]any{"experiment_id": id}})
	case "experiments/create":
		name := fmt.Sprint(body["name"])
		if _, ok := d.experiments[name]; ok {
			d.refuse(w, 400, "RESOURCE_ALREADY_EXISTS", "it exists")
			return
		}
		d.experiments[name] = fmt.Sprint(len(d.experiments) + 1)
		reply(map[string]any{"experiment_id": d.experiments[name]})
	case "runs/search":
		reply(map[string]any{"runs": d.found(fmt.Sprint(body["filter"]))})
	case "runs/create":
		id := fmt.Sprintf("run%d", len(d.runs)+1)
		d.runs[id] = map[string]any{"experiment": body["experiment_id"], "status": "RUNNING"}
		d.put(id, "tag/", body["tags"])
		reply(map[string]any{"run": map[string]any{"info": map[string]any{"run_id": id,
			"artifact_uri": "mlflow-artifacts:/1/" + id + "/artifacts"}}})
	case "runs/log-batch":
		id := fmt.Sprint(body["run_id"])
		if params, _ := body["params"].([]any); len(params) > 100 {
			d.refuse(w, 400, "INVALID_PARAMETER_VALUE", "too many parameters")
			return
		}
		if bad := d.badName(body); bad != "" {
			d.refuse(w, 400, "INVALID_PARAMETER_VALUE", "Invalid name: '"+bad+
				"'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), and slashes (/).")
			return
		}
		d.put(id, "param/", body["params"])
		d.put(id, "metric/", body["metrics"])
		d.put(id, "tag/", body["tags"])
		reply(map[string]any{})
	case "runs/update":
		d.runs[fmt.Sprint(body["run_id"])]["status"] = body["status"]
		reply(map[string]any{})
	default:
		d.others(w, r, body)
	}
}

// others answers what is not of MLflow's tracking: artifacts, and Weights &
// Biases.
func (d *double) others(w http.ResponseWriter, r *http.Request, body map[string]any) {
	reply := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	name, artifact := strings.CutPrefix(r.URL.Path, "/api/2.0/mlflow-artifacts/artifacts/")
	switch {
	case r.URL.Path == "/graphql":
		if _, key, _ := r.BasicAuth(); key != "hunter2" {
			d.refuse(w, 401, "", "who are you")
			return
		}
		v, _ := body["variables"].(map[string]any)
		d.runs["wandb/"+fmt.Sprint(v["name"])] = map[string]any{"config": v["config"],
			"summary": v["summaryMetrics"], "commit": v["commit"]}
		reply(map[string]any{"data": map[string]any{"upsertBucket": map[string]any{"bucket": map[string]any{"name": v["name"]}}}})
	case artifact && r.Method == http.MethodPut:
		b, _ := io.ReadAll(r.Body)
		d.files[name] = string(b)
		reply(map[string]any{})
	case strings.HasSuffix(r.URL.Path, "/file_stream"):
		d.files[r.URL.Path] = fmt.Sprint(body["files"], body["exitcode"])
		reply(map[string]any{})
	default:
		d.refuse(w, 404, "ENDPOINT_NOT_FOUND", r.URL.Path)
	}
}

// badName is a name of the batch that is not taken: MLflow refuses the batch for
// it.
func (d *double) badName(body map[string]any) string {
	for _, kind := range []string{"params", "metrics", "tags"} {
		list, _ := body[kind].([]any)
		for _, one := range list {
			e, _ := one.(map[string]any)
			key := fmt.Sprint(e["key"])
			if d.strict && refusedByMLflow(key) || d.taboo != "" && key == d.taboo {
				return key
			}
		}
	}
	return ""
}

func (d *double) put(id, prefix string, list any) {
	all, _ := list.([]any)
	for _, one := range all {
		e, _ := one.(map[string]any)
		d.runs[id][prefix+fmt.Sprint(e["key"])] = e["value"]
	}
}

func (d *double) refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error_code": code, "message": message})
}
