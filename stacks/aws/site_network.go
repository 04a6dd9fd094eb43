package aws

import (
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/object"
)

// Where a pipeline's stages are pods of their own, two kinds of them have a label
// of their own as well, for what they alone reach: the one that registers the
// model, the database, and the one that ends the run, whoever is told of a
// failure. A stage that a blueprint brings along reaches neither.
const (
	labelDuty = "ashlar.dev/duty"
	registers = "register"
	finishes  = "finish"
)

// flows are the workload's ways through the network.
func (s *site) flows(w workload) []namespace.Flow {
	pods, alarms := s.selector(w.Kind, w.Name), s.alarms(w)
	graph := w.Kind == kindPipeline && s.cfg.Pipelines == PipelinesArgo
	all := w
	if graph {
		all.Grants = slices.DeleteFunc(slices.Clone(w.Grants), func(g grant) bool { return g.Access == useDatabase })
	}
	f := s.reach.flow(all, pods, graph)
	if w.Kind == kindPipeline || s.retrains(w) {
		f.To = once(append(f.To, trackers(s.plan)...))
	}
	if !graph {
		f.To = once(append(f.To, alarms...)) // one pod does all
		return []namespace.Flow{f}
	}
	out := []namespace.Flow{f}
	if w.may(useDatabase) {
		out = append(out, namespace.Flow{Name: "register-" + w.Name,
			Pods: object.With(pods, labelDuty, registers), To: s.reach.database})
	}
	if len(alarms) > 0 {
		out = append(out, namespace.Flow{Name: "alarms-" + w.Name,
			Pods: object.With(pods, labelDuty, finishes), To: alarms})
	}
	return out
}

// retrains reports whether the workload is a drift monitor that trains again.
func (s *site) retrains(w workload) bool {
	d := s.plan.Endpoints[w.Name].Drift
	return w.Kind == kindDrift && d != nil && d.Retrain
}

// alarms are who hears when a run of the workload fails.
func (s *site) alarms(w workload) []namespace.Peer {
	var out []namespace.Peer
	for _, name := range sorted(s.plan.Pipelines) {
		line := s.plan.Pipelines[name]
		if w.Kind == kindPipeline && w.Name == name || s.retrains(w) &&
			retrainedAs(line, s.plan.Endpoints[w.Name].Model) {
			out = append(out, alarms(line, s.cfg.MailServer)...)
		}
	}
	return out
}

// retrainedAs reports whether a run of the model that drift starts counts as one
// of the pipeline's. Drift does not run custom stages.
func retrainedAs(line plan.Pipeline, model string) bool {
	return line.Model == model && len(line.Stages) == 0
}
