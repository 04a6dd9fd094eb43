package aws

import (
	"errors"
	"maps"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/dashboard"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/monitor"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/slo"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
	"github.com/ashlar-dev/ashlar/templates/alerts"
	"github.com/ashlar-dev/ashlar/templates/dashboards"
)

// alerting says what the rules of this site may ask for.
func (s *site) alerting() alerts.Options {
	return alerts.Options{Namespace: s.namespace, Engine: s.cfg.Pipelines}
}

// monitors watches each endpoint, as far as the blueprint and the cluster let it.
func (s *site) monitors() error {
	for _, name := range sorted(s.plan.Endpoints) {
		args, err := s.monitor(name)
		if err != nil {
			return err
		}
		if args.Drift == nil && args.Scrape == nil {
			continue
		}
		m, err := monitor.New(s.ctx, s.name("monitor", name), args, s.options()...)
		if err != nil {
			return err
		}
		if m.Drift != nil {
			s.outputs.command(s.plan.Name, "judge drift of "+name, m.Drift.Run)
		}
	}
	return nil
}

// monitor is what watches the endpoint: the job that judges drift, and where the
// cluster has Prometheus, what is scraped and the rules about it. Both may be nil.
func (s *site) monitor(name string) (*monitor.Args, error) {
	args := &monitor.Args{Namespace: s.namespace, Name: name, Labels: s.selected(s.labels("monitor", name)),
		After: s.ready}
	if d := s.plan.Endpoints[name].Drift; d != nil {
		args.Drift = s.drift(name, *d)
	}
	if !s.cfg.Monitoring {
		return args, nil
	}
	args.Scrape = &monitor.Scrape{
		Service: object.With(s.selector(lineage.KindEndpoint, name), endpoint.Traffic, endpoint.Live),
		Port:    pod.OperatorsName, Path: "/metrics", Interval: "30s",
	}
	groups, err := alerts.Endpoint(s.plan, name, s.alerting())
	args.Alerts = rules(groups)
	return args, err
}

// selected are an object's labels with those by which the cluster's own Prometheus finds
// it.
func (s *site) selected(labels map[string]string) map[string]string {
	out := maps.Clone(labels)
	maps.Copy(out, s.cfg.Existing.Prometheus)
	return out
}

// drift is the job that judges an endpoint's windows. One that retrains does so
// itself, so it has a pipeline's size and time.
func (s *site) drift(name string, d plan.Drift) *job.Args {
	w := s.of(lineage.KindDrift, name)
	size, most := sizeWatching, time.Hour
	if d.Retrain {
		size, most = training(s.plan.Retraining(s.plan.Endpoints[name].Model)), plan.DefaultTimeout
	}
	p := s.pod(w, size, "drift", "--endpoint", name)
	p.DoNotDisrupt = true
	if d.Retrain {
		p.Pool, p.Settings = &foundation.TrainingPool, config.SettingsSecret // it tells of its runs as a pipeline does
		s.withKeys(s.plan.Endpoints[name].Model, &p)
	}
	return &job.Args{
		Namespace: s.namespace, Name: w.ID(), Engine: job.CronJob, Pod: p, Labels: s.labels(w.Kind, name),
		Schedule: hourly(s.plan.Name + "/" + name), Retries: 1, RetryDelay: time.Minute, Deadline: most, After: s.ready,
	}
}

// slos registers the objectives, and who hears of a pipeline that failed.
func (s *site) slos() error {
	all, err := s.objectives()
	if err != nil {
		return err
	}
	for _, args := range all {
		if _, err := slo.New(s.ctx, s.name(args.Name), args, s.options()...); err != nil {
			return err
		}
	}
	return nil
}

// dashboard registers what Grafana shows of the blueprint, where the cluster has
// Prometheus. Grafana's sidecar finds it by its label.
func (s *site) dashboard() error {
	if !s.cfg.Monitoring || len(s.plan.Endpoints) == 0 {
		return nil
	}
	text, err := dashboards.JSON(s.plan, s.alerting())
	if err != nil {
		return err
	}
	_, err = dashboard.New(s.ctx, s.name("dashboard"), &dashboard.Args{
		Namespace: s.namespace, Name: "dashboard", Labels: s.labels("dashboard", s.plan.Name), JSON: text, After: s.ready,
	}, s.options()...)
	return err
}

// objectives are the rules of each SLO and of each pipeline; none where nothing
// would read them.
func (s *site) objectives() ([]*slo.Args, error) {
	if !s.cfg.Monitoring {
		return nil, nil
	}
	var out []*slo.Args
	var problems []error
	add := func(noun, name string, groups []alerts.Group, err error) {
		if err != nil {
			problems = append(problems, err)
			return
		}
		out = append(out, &slo.Args{
			Namespace: s.namespace, Name: noun + "-" + name, Labels: s.selected(s.labels(noun, name)),
			Groups: rules(groups), After: s.ready,
		})
	}
	for _, name := range sorted(s.plan.SLOs) {
		groups, err := alerts.SLO(s.plan, name, s.alerting())
		add("slo", name, groups, err)
	}
	for _, name := range sorted(s.plan.Pipelines) {
		groups, err := alerts.Pipeline(s.plan, name, s.alerting())
		add(lineage.KindPipeline, name, groups, err)
	}
	if b := s.cfg.Backup; b.URL != "" {
		job := s.of(lineage.KindBackup, lineage.BackupName).ID()
		groups, err := alerts.Backup(s.plan, job, b.Schedule, s.alerting())
		add(lineage.KindBackup, lineage.BackupName, groups, err)
	}
	return out, errors.Join(problems...)
}

// rules are groups of rules in the component's words.
func rules(groups []alerts.Group) []slo.Group {
	var out []slo.Group
	for _, g := range groups {
		one := slo.Group{Name: g.Name}
		for _, r := range g.Rules {
			one.Rules = append(one.Rules, slo.Rule{
				Record: given(r.Record), Alert: given(r.Alert), Expr: r.Expr, For: given(r.For), Labels: r.Labels,
				Annotations: r.Annotations,
			})
		}
		out = append(out, one)
	}
	return out
}

// given is a text that is left out where it is empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
