package tracking

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The bounds of MLflow's REST API 2.0, in the older of its versions.
const (
	maxParams     = 100
	maxParamValue = 500
	maxTagValue   = 5000
)

// runTag is the tag by which a run is found again.
const runTag = "ashlar.run_id"

// mlflow tells a tracking server by MLflow's REST API 2.0.
type mlflow struct {
	caller
	experiment string
}

func newMLflow(cfg Config, m plan.MLflow) *mlflow {
	out := &mlflow{experiment: m.Experiment, caller: caller{client: cfg.Client, base: strings.TrimSuffix(m.URI, "/") + "/api/2.0/mlflow/"}}
	if out.experiment == "" {
		out.experiment = cfg.Plan.Name
	}
	token, user, password := cfg.Getenv("MLFLOW_TRACKING_TOKEN"), cfg.Getenv("MLFLOW_TRACKING_USERNAME"), cfg.Getenv("MLFLOW_TRACKING_PASSWORD")
	out.sign = func(r *http.Request) {
		switch {
		case token != "":
			r.Header.Set("Authorization", "Bearer "+token)
		case user != "":
			r.SetBasicAuth(user, password)
		}
	}
	return out
}

func (m *mlflow) name() string { return "mlflow" }

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// metric is one value of a metric.
type metric struct {
	Key       string  `json:"key"`
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"` // milliseconds
	Step      int64   `json:"step"`
}

func pairs(of map[string]string, most int) []pair {
	out := []pair{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, pair{name, cut(of[name], most)})
	}
	return out
}

// send makes the run, or finds the one that was begun before, puts everything in
// it and ends it. The order leaves a run that is cut short open, and it is
// completed by the next try.
func (m *mlflow) send(ctx context.Context, r Record) error {
	experiment, err := m.experimentID(ctx)
	if err != nil {
		return m.refused(err)
	}
	run, err := m.runID(ctx, experiment, r)
	if err != nil {
		return m.refused(err)
	}
	var metrics []metric
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		if v := r.Metrics[name]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			metrics = append(metrics, metric{name, v, r.Finished.UnixMilli(), 0})
		}
	}
	params := pairs(r.Params, maxParamValue)
	params = params[:min(len(params), maxParams)]
	batch := map[string]any{"run_id": run, "metrics": metrics, "params": params, "tags": pairs(r.Tags, maxTagValue)}
	if err := m.call(ctx, http.MethodPost, "runs/log-batch", batch, nil); err != nil {
		return m.refused(err)
	}
	status := map[string]string{"succeeded": "FINISHED", "interrupted": "KILLED"}[r.Status]
	if status == "" {
		status = "FAILED"
	}
	return m.refused(m.call(ctx, http.MethodPost, "runs/update", map[string]any{"run_id": run, "status": status, "end_time": r.Finished.UnixMilli()}, nil))
}

// experimentID finds the experiment, or makes it.
func (m *mlflow) experimentID(ctx context.Context) (string, error) {
	var found struct {
		Experiment struct {
			ID string `json:"experiment_id"`
		} `json:"experiment"`
	}
	get := "experiments/get-by-name?" + url.Values{"experiment_name": {m.experiment}}.Encode()
	err := m.call(ctx, http.MethodGet, get, nil, &found)
	if !is(err, "RESOURCE_DOES_NOT_EXIST") {
		return found.Experiment.ID, err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = m.call(ctx, http.MethodPost, "experiments/create", map[string]any{"name": m.experiment}, &made)
	if is(err, "RESOURCE_ALREADY_EXISTS") { // somebody was faster
		err = m.call(ctx, http.MethodGet, get, nil, &found)
		return found.Experiment.ID, err
	}
	return made.ID, err
}

// runID finds the run that was begun for the record, or begins it.
func (m *mlflow) runID(ctx context.Context, experiment string, r Record) (string, error) {
	type info struct {
		Info struct {
			ID string `json:"run_id"`
		} `json:"info"`
	}
	var found struct {
		Runs []info `json:"runs"`
	}
	filter := "tags.`" + runTag + "` = '" + strings.ReplaceAll(r.Model+"/"+r.ID, "'", "") + "'"
	if err := m.call(ctx, http.MethodPost, "runs/search", map[string]any{"experiment_ids": []string{experiment}, "filter": filter, "max_results": 1}, &found); err != nil {
		return "", err
	}
	if len(found.Runs) > 0 {
		return found.Runs[0].Info.ID, nil
	}
	var made struct {
		Run info `json:"run"`
	}
	err := m.call(ctx, http.MethodPost, "runs/create", map[string]any{
		"experiment_id": experiment, "start_time": r.Started.UnixMilli(), "run_name": r.Model + " " + r.ID,
		"tags": []pair{{runTag, r.Model + "/" + r.ID}, {"mlflow.user", r.Author}, {"mlflow.source.name", "ashlar " + r.Blueprint}},
	}, &made)
	return made.Run.Info.ID, err
}

// is reports whether the server answered with that code of MLflow.
func is(err error, code string) bool {
	var f *failure
	return errors.As(err, &f) && f.Code == code
}

// refused marks answers that trying again does not change. A server that does
// not know us may know us later, when somebody has put the token right.
func (m *mlflow) refused(err error) error {
	var f *failure
	if errors.As(err, &f) && f.status >= 400 && f.status < 500 && !slices.Contains([]int{401, 403, 404, 408, 429}, f.status) {
		return &refusedError{f.Error()}
	}
	return err
}
