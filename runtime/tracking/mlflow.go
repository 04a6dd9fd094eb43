package tracking

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// The bounds of MLflow's REST API 2.0, in the older of its versions.
const (
	maxParams     = 100
	maxParamValue = 500
	maxTagValue   = 5000
	maxMetrics    = 1000
	maxTags       = 100
	maxKey        = 250       // bytes of a name
	maxUpload     = 256 << 20 // bytes of an artifact
)

// runTag is the tag by which a run is found again.
const runTag = "ashlar.run_id"

// mlflow tells a tracking server by MLflow's REST API 2.0.
type mlflow struct {
	caller
	server     string
	store      *store.Store
	experiment string
	notice     func(string)
}

// newMLflow takes the variables that MLflow's own client takes: a token comes
// before a user with a password.
func newMLflow(cfg Config, m plan.MLflow) *mlflow {
	out := &mlflow{experiment: m.Experiment, store: cfg.Store, notice: cfg.Notice,
		server: strings.TrimSuffix(m.URI, "/"),
		caller: caller{client: cfg.Client, base: strings.TrimSuffix(m.URI, "/") + "/api/2.0/mlflow/"}}
	if out.experiment == "" {
		out.experiment = cfg.Plan.Name
	}
	token, user, password := cfg.Getenv("MLFLOW_TRACKING_TOKEN"), cfg.Getenv("MLFLOW_TRACKING_USERNAME"),
		cfg.Getenv("MLFLOW_TRACKING_PASSWORD")
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

// upload brings the artifacts to a server that takes them itself. Any other keeps
// them where it says, which is not ours to write to; the tags have the digests.
//
// A server with "--serve-artifacts" proxies them, at mlflow-artifacts: addresses.
// Uploading the same name again replaces the file, so a try that was cut short is
// repeated as a whole.
func (m *mlflow) upload(ctx context.Context, run mlflowRun, r Record) error {
	to, ok := strings.CutPrefix(run.Info.ArtifactURI, "mlflow-artifacts:")
	if !ok {
		return nil
	}
	// The host in it is how the server calls itself; what is sent goes to the
	// configured one.
	if u, err := url.Parse("//" + strings.TrimLeft(to, "/")); err == nil && strings.HasPrefix(to, "//") {
		to = u.Path // mlflow-artifacts://host:port/path
	}
	for _, name := range slices.Sorted(maps.Keys(r.Artifacts)) {
		b, err := m.store.GetBytes(ctx, r.Artifacts[name], maxUpload)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
			continue // the run is told of all the same
		}
		if err != nil {
			return err
		}
		place := m.server + "/api/2.0/mlflow-artifacts/artifacts/" + strings.Trim(to, "/") + "/" + name
		if err := m.put(ctx, place, b); err != nil {
			return err
		}
	}
	return nil
}

// send makes the run, or finds the one that was begun before, puts everything in
// it and ends it. The order leaves a run that is cut short open, and it is
// completed by the next try.
// A run with its end time set and a status is what the next try would find and
// log into again, which changes nothing.
func (m *mlflow) send(ctx context.Context, r Record) error {
	experiment, err := m.experimentID(ctx)
	if err != nil {
		return m.refused(err)
	}
	run, err := m.run(ctx, experiment, r)
	if err != nil {
		return m.refused(err)
	}
	if err := m.log(ctx, run.Info.ID, r); err != nil {
		return m.refused(err)
	}
	if err := m.upload(ctx, run, r); err != nil {
		return m.refused(err)
	}
	status := map[string]string{"succeeded": "FINISHED", "interrupted": "KILLED"}[r.Status]
	// Of the statuses that are left, only failed occurs.
	if status == "" {
		status = "FAILED"
	}
	return m.refused(m.call(ctx, http.MethodPost, "runs/update",
		map[string]any{"run_id": run.Info.ID, "status": status, "end_time": r.Finished.UnixMilli()}, nil))
}

// experimentID finds the experiment, or makes it.
// Its own failures keep MLflow's codes, by which a missing experiment is told from
// a server that fails.
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

// mlflowRun is a run as the server has it.
type mlflowRun struct {
	Info struct {
		ID          string `json:"run_id"`
		ArtifactURI string `json:"artifact_uri"`
	} `json:"info"`
}

// run finds the run that was begun for the record, or begins it.
func (m *mlflow) run(ctx context.Context, experiment string, r Record) (mlflowRun, error) {
	var found struct {
		Runs []mlflowRun `json:"runs"`
	}
	// The search language has no escapes; a key has no quotes as it is made of names,
	// and this makes sure.
	filter := "tags.`" + runTag + "` = '" + strings.ReplaceAll(r.key(), "'", "") + "'"
	if err := m.call(ctx, http.MethodPost, "runs/search",
		map[string]any{"experiment_ids": []string{experiment}, "filter": filter,
			"max_results": 1}, &found); err != nil {
		return mlflowRun{}, err
	}
	if len(found.Runs) > 0 {
		return found.Runs[0], nil
	}
	var made struct {
		Run mlflowRun `json:"run"`
	}
	tags := []pair{{runTag, r.key()}, {"mlflow.user", r.Author}, {"mlflow.source.name", "ashlar " + r.Blueprint}}
	if commit := r.Tags["git_commit"]; commit != "" {
		tags = append(tags, pair{"mlflow.source.git.commit", commit})
	}
	err := m.call(ctx, http.MethodPost, "runs/create", map[string]any{
		"experiment_id": experiment, "start_time": r.Started.UnixMilli(),
		"run_name": r.Model + " " + r.ID, "tags": tags,
	}, &made)
	return made.Run, err
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
	if errors.As(err, &f) && f.status >= 400 && f.status < 500 &&
		!slices.Contains([]int{401, 403, 404, 408, 429}, f.status) {
		return &refusedError{f.Error()}
	}
	return err
}
