package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// wandb tells Weights & Biases by the two calls that its own client makes: the
// GraphQL mutation upsertBucket makes the run or finds it, and the file stream
// takes its history and ends it.
type wandb struct {
	caller
	entity, project string
}

// newWandB signs as the client does: user "api" with the key as its password.
func newWandB(cfg Config, w plan.WandB) *wandb {
	out := &wandb{entity: w.Entity, project: w.Project,
		caller: caller{client: cfg.Client, base: strings.TrimSuffix(w.BaseURL, "/")}}
	if out.project == "" {
		out.project = cfg.Plan.Name
	}
	if key := cfg.Getenv("WANDB_API_KEY"); key != "" {
		out.sign = func(r *http.Request) { r.SetBasicAuth("api", key) }
	}
	return out
}

func (w *wandb) name() string { return "wandb" }

// upsert makes the run, or changes the one of its name.
const upsert = `mutation UpsertBucket($name: String, $project: String, $entity: String, $displayName: String, $config: JSONString, $commit: String, $summaryMetrics: JSONString, $tags: [String!]) {
  upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, displayName: $displayName, config: $config, commit: $commit, summaryMetrics: $summaryMetrics, tags: $tags}) { bucket { name } }
}`

// runName is the run's name there: the same run, the same name.
// 24 hexadecimal digits: names are bounded by the server.
func runName(r Record) string { return strings.ReplaceAll(uuid(r.key()), "-", "")[:24] }

// send makes the run and writes its history in one piece from offset 0, so that a
// second try overwrites what the first has left. "complete" ends the run.
func (w *wandb) send(ctx context.Context, r Record) error {
	if err := w.upsert(ctx, r); err != nil {
		return w.refused(err)
	}
	lines, err := history(r)
	if err != nil {
		return err
	}
	// The exit code of the run's program, as the service shows it.
	code := 0
	if r.Status != "succeeded" {
		code = 1
	}
	body := map[string]any{
		"files":    map[string]any{"wandb-history.jsonl": map[string]any{"offset": 0, "content": lines}},
		"complete": true, "exitcode": code,
	}
	path := fmt.Sprintf("/files/%s/%s/%s/file_stream", w.entity, w.project, runName(r))
	return w.refused(w.call(ctx, http.MethodPost, path, body, nil))
}

// upsert makes or changes the run with its configuration and summary. GraphQL
// answers 200 with a list of errors, which is looked at apart from the status.
func (w *wandb) upsert(ctx context.Context, r Record) error {
	config := configOf(r)
	summary, names := map[string]float64{}, forWandB().mapped(slices.Collect(maps.Keys(r.Metrics)))
	for name, v := range r.Metrics {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			summary[names[name]] = v
		}
	}
	configText, err1 := json.Marshal(config)
	summaryText, err2 := json.Marshal(summary)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Upsert struct {
				Bucket struct{ Name string }
			} `json:"upsertBucket"`
		}
		Errors []struct{ Message string }
	}
	err := w.call(ctx, http.MethodPost, "/graphql", map[string]any{"query": upsert, "variables": map[string]any{
		"name": runName(r), "project": w.project, "entity": w.entity, "displayName": r.Model + " " + r.ID,
		"config": string(configText), "summaryMetrics": string(summaryText), "commit": r.Tags["git_commit"],
		"tags": []string{"ashlar", r.Blueprint, r.Environment},
	}}, &answer)
	if err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return &refusedError{cut(answer.Errors[0].Message, 300)}
	}
	return nil
}

// configOf are the run's parameters and tags. A parameter of a tag's name, or one
// that had to be renamed to it, is beside the tag.
func configOf(r Record) map[string]any {
	out, all := map[string]any{}, map[string]string{}
	for name, value := range r.Tags {
		all[name] = value
	}
	for name, value := range r.Params {
		if _, taken := all[name]; taken {
			name = "param/" + name
		}
		all[name] = value
	}
	names := forWandB().mapped(slices.Collect(maps.Keys(all)))
	for name, value := range all {
		out[names[name]] = map[string]any{"value": value}
	}
	if !r.Training.Empty() {
		out["ashlar_training"] = map[string]any{"value": r.Training}
	}
	if changed := renamed(names); len(changed) > 0 {
		out["ashlar_renamed"] = map[string]any{"value": changed}
	}
	return out
}

// history are the metrics by step, a line of JSON a step.
// Trackers want ascending steps; NaN and infinities have no JSON.
func history(r Record) ([]string, error) {
	steps, all := map[int64]map[string]any{}, []string{}
	for _, p := range r.Points {
		all = append(all, p.Name)
	}
	names := forWandB().mapped(all)
	for _, p := range r.Points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			continue
		}
		if steps[p.Step] == nil {
			steps[p.Step] = map[string]any{"_step": p.Step, "_timestamp": float64(r.Finished.UnixMilli()) / 1000}
		}
		steps[p.Step][names[p.Name]] = p.Value
	}
	out := []string{}
	for _, step := range slices.Sorted(maps.Keys(steps)) {
		line, err := json.Marshal(steps[step])
		if err != nil {
			return nil, err
		}
		out = append(out, string(line))
	}
	return out, nil
}

// refused marks answers that trying again does not change.
func (w *wandb) refused(err error) error {
	var f *failure
	if errors.As(err, &f) && (f.status == 400 || f.status == 422) {
		return &refusedError{f.Error()}
	}
	return err
}
