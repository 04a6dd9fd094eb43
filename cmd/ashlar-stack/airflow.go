package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
	"github.com/ashlar-dev/ashlar/stacks/render"
	"github.com/ashlar-dev/ashlar/templates/airflow"
)

// dags makes a DAG file of every pipeline that the recorded program described. A
// blueprint's pipelines are those in its namespace, which no two blueprints share.
func dags(plans []*plan.Plan, cfg config.Config, rec *record.Recording, o render.Options,
	a airflow.Options) (render.Files, error) {
	described, err := render.Inputs(rec, aws.Described, o)
	if err != nil {
		return nil, err
	}
	out := render.Files{}
	for _, values := range described {
		run, err := airflow.Read(values)
		if err != nil {
			return nil, err
		}
		for _, p := range plans {
			if cfg.NamespaceOf(p) != run.Namespace {
				continue
			}
			dag, err := airflow.Render(p, run, a)
			if err != nil {
				return nil, err
			}
			out[airflow.FileName(p, run.Name)] = dag
		}
	}
	if len(out) == 0 {
		return nil, inputError{fmt.Errorf("no pipeline of %d blueprints runs a pod a stage, as a DAG does: set pipelines to argo, "+
			"so that the cluster's policies are for such pods", len(plans))}
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
