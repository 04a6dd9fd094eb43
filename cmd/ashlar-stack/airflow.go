package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/render"
	"github.com/ashlar-dev/ashlar/templates/airflow"
)

// dags makes a DAG file of every pipeline's workflow among the manifests.
func dags(plans []*plan.Plan, manifests render.Files, start time.Time) (render.Files, error) {
	out := render.Files{}
	for file, text := range manifests {
		if !strings.HasPrefix(file, "manifests/") {
			continue
		}
		var w airflow.Workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		meta, _ := w["metadata"].(map[string]any)
		labels, _ := meta["labels"].(map[string]any)
		if w["kind"] != "WorkflowTemplate" {
			continue
		}
		for _, p := range plans {
			name, _ := meta["name"].(string)
			if labels["app.kubernetes.io/instance"] != p.Name {
				continue
			}
			dag, err := airflow.Render(p, name, w, airflow.Options{StartDate: start})
			if err != nil {
				return nil, err
			}
			out[airflow.FileName(p, name)] = dag
		}
	}
	if len(out) == 0 {
		return nil, inputError{fmt.Errorf("no pipeline of %d blueprints is a workflow: DAGs are made of those that ashlar:pipelines argo gives", len(plans))}
	}
	return out, nil
}

// airflowNotes are what Airflow does otherwise, a line each.
func airflowNotes(plans []*plan.Plan) []string {
	var out []string
	for _, p := range plans {
		for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
			for _, note := range airflow.Notes(p.Pipelines[name]) {
				out = append(out, fmt.Sprintf("blueprint %s: pipeline %s: %s", p.Name, name, note))
			}
		}
	}
	return out
}
