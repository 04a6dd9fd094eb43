package aws

import (
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
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
func (s *site) flows(w lineage.Workload) []namespace.Flow {
	pods, alarms := s.selector(w.Kind, w.Name), s.alarms(w)
	graph := w.Kind == lineage.KindPipeline && s.cfg.Pipelines == config.PipelinesArgo
	all := w
	if graph {
		all.Grants = slices.DeleteFunc(slices.Clone(w.Grants),
			func(g lineage.Grant) bool { return g.Access == lineage.UseDatabase })
	}
	f := s.reach.Flow(all, pods, graph)
	if w.Kind == lineage.KindEndpoint && s.asksPeers(w.Name) {
		f.To = append(f.To, namespace.Peer{Namespace: s.namespace, Pods: pods, Ports: []int{lineage.OperatorsPort}})
	}
	if w.Kind == lineage.KindRelease {
		f = s.reach.Flow(w, pods, true)
		_, asked := s.podsAt()
		for _, name := range asked {
			f.To = append(f.To, namespace.Peer{Namespace: s.namespace, Pods: s.selector(lineage.KindEndpoint, name),
				Ports: []int{lineage.OperatorsPort}})
		}
	}
	if from := s.admitting(w); from != nil {
		f.From = from
	}
	f.From = append(f.From, s.operating(w)...)
	f.To = lineage.Once(append(f.To, lineage.Collector(s.cfg.Tracing.Endpoint)...))
	if w.Kind == lineage.KindPipeline || s.retrains(w) {
		f.To = lineage.Once(append(f.To, lineage.Trackers(s.plan)...))
	}
	if w.Kind == lineage.KindEndpoint {
		f.To = lineage.Once(append(f.To, lineage.Issuer(s.plan.Endpoints[w.Name].Access)...))
	}
	if !graph {
		f.To = lineage.Once(append(f.To, alarms...)) // one pod does all
		return []namespace.Flow{f}
	}
	out := []namespace.Flow{f}
	if w.May(lineage.UseDatabase) {
		out = append(out, namespace.Flow{Name: "register-" + w.Name,
			Pods: object.With(pods, labelDuty, registers), To: s.reach.Database})
	}
	if len(alarms) > 0 {
		out = append(out, namespace.Flow{Name: "alarms-" + w.Name,
			Pods: object.With(pods, labelDuty, finishes), To: alarms})
	}
	return out
}

// retrains reports whether the workload is a drift monitor that trains again.
func (s *site) retrains(w lineage.Workload) bool {
	d := s.plan.Endpoints[w.Name].Drift
	return w.Kind == lineage.KindDrift && d != nil && d.Retrain
}

// alarms are who hears when a run of the workload fails.
func (s *site) alarms(w lineage.Workload) []namespace.Peer {
	var out []namespace.Peer
	for _, name := range sorted(s.plan.Pipelines) {
		line := s.plan.Pipelines[name]
		if w.Kind == lineage.KindPipeline && w.Name == name || s.retrains(w) &&
			retrainedAs(line, s.plan.Endpoints[w.Name].Model) {
			out = append(out, lineage.Alarms(line, s.cfg.MailServer)...)
		}
	}
	return out
}

// retrainedAs reports whether a run of the model that drift starts counts as one
// of the pipeline's. Drift does not run custom stages.
func retrainedAs(line plan.Pipeline, model string) bool {
	return line.Model == model && len(line.Stages) == 0
}
