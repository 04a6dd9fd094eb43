package aws

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// Validate returns everything that keeps the plans from being deployed where cfg
// says, joined, each naming the config key or the plan's concept and what to
// do. A nil error means that Program registers resources.
func Validate(plans []*plan.Plan, cfg config.Config) error {
	return errors.Join(config.Validate(plans, cfg), sites(plans, cfg.Filled()))
}

// sites reports what keeps the plans' objects from being made, by making the
// arguments of every component on paper: the same functions that deploy a
// blueprint up say what would be wrong with it.
func sites(plans []*plan.Plan, cfg config.Config) error {
	if cfg.Layer != config.LayerWorkloads {
		return nil
	}
	var found []error
	states := map[string]string{} // name in Pulumi's state -> blueprint
	for _, one := range plans {
		say := func(err error) { found = append(found, each(one.Name, err)...) }
		s, err := onPaper(cfg, one)
		if err != nil {
			say(err)
			continue
		}
		if s.namespace == cfg.SystemNamespace() {
			say(fmt.Errorf("namespace %s is the installation's own; choose another", s.namespace))
		}
		s.sources(say)
		s.objects(say)
		for _, name := range s.states() {
			if other, taken := states[name]; taken && other != one.Name {
				say(fmt.Errorf("%s would name two things, here and in blueprint %s; rename one", name, other))
			}
			states[name] = one.Name
		}
	}
	return errors.Join(found...)
}

// each returns the joined problems of a blueprint one by one, with its name.
func each(blueprint string, err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the parts of this very error
		var out []error
		for _, one := range joined.Unwrap() {
			out = append(out, each(blueprint, one)...)
		}
		return out
	}
	if err == nil {
		return nil
	}
	return []error{fmt.Errorf("blueprint %s: %w", blueprint, err)}
}

// onPaper is a site whose outputs are placeholders, and so are the settings that
// have been checked by themselves: what is wrong with them is not said again for
// every pod.
func onPaper(cfg config.Config, p *plan.Plan) (*site, error) {
	cfg.Image = "paper"
	if cfg.Delivery != config.DeliveryRollout {
		cfg.Delivery = config.DeliveryDeployment
	}
	if cfg.Pipelines != config.PipelinesArgo {
		cfg.Pipelines = config.PipelinesCronJob
	}
	paper := pulumi.String("paper").ToStringOutput()
	var b base
	for _, field := range b.outputs() {
		*field = paper
	}
	b.StoreURL, b.DatabaseURL, b.DutyURLs = paper, paper, map[plan.Duty]pulumi.StringOutput{}
	for _, d := range plan.Duties() {
		b.DutyURLs[d] = paper
	}
	s, err := newSite(nil, cfg, b, p, newOutputs())
	if err != nil {
		return nil, err
	}
	s.storeURL = paper
	for name := range p.Datasets {
		s.dataURLs[name] = paper
	}
	return s, nil
}

// sources reports datasets that no pod could reach, or that would never expire
// as the blueprint says.
func (s *site) sources(say func(error)) {
	for _, name := range sorted(s.plan.Datasets) {
		d := s.plan.Datasets[name]
		src, ok := lineage.SourceOf(d)
		switch {
		case !ok:
			say(fmt.Errorf("dataset %s: source %s is nowhere that a pod reaches; use s3://bucket/key, or a path relative to the blueprint", name, d.Source))
		case src.Bucket == "" && !inside(d.Source):
			say(fmt.Errorf("dataset %s: source %s leads out of the blueprint's folder; name a file inside, or a URL",
				name, d.Source))
		}
		if d.Retention != "" {
			if _, err := plan.ParseDuration(d.Retention); err != nil {
				say(fmt.Errorf("dataset %s: retention: %w", name, err))
			}
		}
	}
}

// inside reports whether a relative source stays in the blueprint's folder by its
// name. Links in the folder are looked at when files are.
func inside(source string) bool { return filepath.IsLocal(filepath.FromSlash(source)) }

// objects reports everything that is wrong with the cluster's objects.
func (s *site) objects(say func(error)) {
	say(s.space().Validate())
	say(s.config().Validate())
	n := names{say: say, seen: map[string]string{}}
	for _, name := range sorted(s.plan.Pipelines) {
		args, err := s.pipeline(name)
		if err != nil {
			say(err)
			continue
		}
		say(args.Validate())
		n.job(args, "pipeline "+name)
	}
	for _, name := range sorted(s.plan.Endpoints) {
		s.endpointObjects(name, &n)
	}
	if args := s.releaser(); args != nil {
		say(args.Validate())
	}
	if args := s.retentionJob(); args != nil {
		say(args.Validate())
		n.job(args, "the retention of datasets")
	}
	all, err := s.objectives()
	say(err)
	for _, args := range all {
		say(args.Validate())
		n.take("PrometheusRule", args.Name, strings.Replace(args.Name, "-", " ", 1))
	}
}

// endpointObjects reports what is wrong with the objects of one endpoint and of what
// watches it, and takes their names.
func (s *site) endpointObjects(name string, n *names) {
	if args, err := s.endpoint(name); err != nil {
		n.say(err)
	} else {
		n.say(args.Validate())
		for _, service := range args.ServiceNames() {
			n.take("Service", service, "endpoint "+name)
		}
	}
	args, err := s.monitor(name)
	n.say(err)
	n.say(args.Validate())
	if args.Drift != nil {
		n.job(args.Drift, "the drift job of endpoint "+name)
	}
	if len(args.Alerts) > 0 {
		n.take("PrometheusRule", name, "endpoint "+name)
	}
}

// names are the objects of a namespace by kind and name, with what they are for.
type names struct {
	say  func(error)
	seen map[string]string
}

// take notes a name, and reports one that something else has: in the cluster one of
// the two would overwrite the other, or fail.
func (n *names) take(kind, name, what string) {
	key := kind + " " + name
	if other, taken := n.seen[key]; taken && other != what {
		n.say(fmt.Errorf("%s and %s would both have the %s %s; rename one", other, what, kind, name))
	}
	n.seen[key] = what
}

// job takes the name of a job that is a CronJob. Argo's objects and CronJobs are of
// different kinds and cannot meet.
func (n *names) job(args *job.Args, what string) {
	if args.Engine == job.CronJob {
		n.take("CronJob", args.Name, what)
	}
}

// states are the names of the site's components in Pulumi's state.
func (s *site) states() []string {
	out := []string{s.name()}
	for _, w := range s.workloads {
		out = append(out, s.name(w.Kind, w.Name))
	}
	for _, dataset := range sorted(s.plan.Datasets) {
		out = append(out, s.name("data", dataset))
	}
	for _, name := range sorted(s.plan.SLOs) {
		out = append(out, s.name("slo", name))
	}
	return append(out, s.name("store"))
}
