package aws

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/identity"
	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// identities gives each workload a role that may do what its grants say. On any
// other cluster there is nothing to give.
func (s *site) identities() error {
	if !s.onAWS() {
		return nil
	}
	g := lineage.Ground{
		Partition: lineage.PartitionOf(s.cfg.Region), Region: s.cfg.Region, Account: s.base.AccountID,
		Store: s.buckets.store, Data: s.buckets.data, Key: s.base.DataKeyArn, DatabaseID: s.base.DatabaseResourceID,
		Schema: s.cfg.DatabaseSchema,
	}
	for _, w := range s.workloads {
		statements := g.Statements(s.plan, w)
		if len(statements) == 0 {
			continue
		}
		id, err := identity.New(s.ctx, s.name(w.Kind, w.Name), &identity.Args{
			RoleName:    s.cfg.RoleName(s.plan.Name, w.ID()),
			ClusterName: s.base.ClusterName, Namespace: s.namespace, ServiceAccount: w.ID(),
			Statements: statements, Boundary: s.base.BoundaryArn, Tags: s.tags(),
		})
		if err != nil {
			return err
		}
		// A pod that starts before the association has no credentials for good.
		s.ready = append(s.ready, id.Association)
	}
	return nil
}

// of returns the workload of the kind and name.
func (s *site) of(kind, name string) lineage.Workload {
	i := slices.IndexFunc(s.workloads, func(w lineage.Workload) bool { return w.Kind == kind && w.Name == name })
	if i < 0 {
		return lineage.Workload{Kind: kind, Name: name}
	}
	return s.workloads[i]
}

// pipelines registers a job for each pipeline, and describes it where somebody asked.
func (s *site) pipelines() error {
	for _, name := range sorted(s.plan.Pipelines) {
		args, err := s.pipeline(name)
		if err != nil {
			return err
		}
		j, err := job.New(s.ctx, s.name(lineage.KindPipeline, name), args, s.options()...)
		if err != nil {
			return err
		}
		s.outputs.command(s.plan.Name, "run pipeline "+name, j.Run)
		if s.cfg.Describe && len(args.Stages) > 0 {
			if err := job.Describe(s.ctx, s.name(lineage.KindPipeline, name), args); err != nil {
				return err
			}
		}
	}
	return nil
}

// Described is the type of the components that Config.Describe asks for, one for
// each pipeline that is run as stages. Package components/job says what they
// are given.
const Described = job.DescribedType

// pipeline is the job that runs the pipeline: a pod a stage where the engine has
// graphs, else one pod that does all.
func (s *site) pipeline(name string) (*job.Args, error) {
	line, w := s.plan.Pipelines[name], s.of(lineage.KindPipeline, name)
	_, delay, err := line.Attempts(nil)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	deadline, err := line.Deadline()
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	schedule, err := scheduleOf(line)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	p := s.pod(w, training(line.Largest()), append([]string{"run"}, s.subject(name)...)...)
	p.DoNotDisrupt, p.Pool, p.Settings = true, &foundation.TrainingPool, config.SettingsSecret
	if p.PriorityClass, err = s.class(line.Priority); err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	args := &job.Args{
		Namespace: s.namespace, Name: name, Engine: s.cfg.Pipelines, Pod: p, Labels: s.labels(w.Kind, name),
		Schedule: schedule, Timezone: line.Timezone, Catchup: line.Catchup, Concurrency: string(line.Concurrency),
		Retries: line.Retries, RetryDelay: wholeSeconds(delay), Deadline: deadline,
		Metric: map[string]string{"blueprint": s.plan.Name, "environment": s.plan.Environment, "pipeline": name},
		Queue:  s.queue(),
		After:  s.ready,
	}
	if s.cfg.Pipelines != config.PipelinesArgo {
		if len(line.Stages) > 0 {
			return nil, fmt.Errorf("pipeline %s: custom stages run a pod each, which pipelines %q cannot do; set it to %q", name, s.cfg.Pipelines, config.PipelinesArgo)
		}
		s.withKeys(line.Model, &args.Pod)
		args.Pod.Interruptible = line.Retries > 0
		selector, tolerations, err := together(line)
		if err != nil {
			return nil, fmt.Errorf("pipeline %s: %w", name, err)
		}
		place(&args.Pod, selector, tolerations)
		return args, nil
	}
	if args.Stages, err = s.stages(name, &p); err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	// The pod that ends a run is told who to tell of a failure.
	end := withoutDatabase(s.pod(w, sizeFinish))
	end.Pool, end.Settings, end.Labels = &foundation.TrainingPool, config.SettingsSecret,
		object.With(end.Labels, labelDuty, finishes)
	args.Pod, args.Parallelism = end, line.Parallelism
	args.Finish = s.command(name, pod.Binary, "finish", job.Word{Before: "--run"}, job.Word{Value: job.Run},
		job.Word{Before: "--status=", Value: job.Status})
	return args, nil
}

// scheduleOf is the schedule as Kubernetes and Argo take it, which do not know
// days in @every.
func scheduleOf(line plan.Pipeline) (string, error) {
	if line.Schedule == "" {
		return "", nil
	}
	s, err := plan.ParseSchedule(line.Schedule)
	if err != nil {
		return "", fmt.Errorf("schedule %q: %w", line.Schedule, err)
	}
	if s.Every > 0 {
		return s.String(), nil
	}
	return line.Schedule, nil
}

// wholeSeconds rounds, for Argo and Kubernetes count in seconds, to one or more.
func wholeSeconds(d time.Duration) time.Duration {
	return max(d.Round(time.Second), time.Second)
}

// endpoints registers what serves each endpoint, and says how to reach it from a desk,
// where nothing leads to it.
func (s *site) endpoints() error {
	for _, name := range sorted(s.plan.Endpoints) {
		args, err := s.endpoint(name)
		if err != nil {
			return err
		}
		served, err := endpoint.New(s.ctx, s.name(lineage.KindEndpoint, name), args, s.options()...)
		if err != nil {
			return err
		}
		s.outputs.url(s.plan.Name, name, s.urlOf(name, served))
		s.outputs.command(s.plan.Name, "reach endpoint "+name,
			fmt.Sprintf("kubectl -n %s port-forward service/%s %s %d", s.namespace, name, callersPort(args), lineage.OperatorsPort))
	}
	return nil
}

// callersPort is where callers are answered on a desk, and on the endpoint's Service.
func callersPort(args *endpoint.Args) string {
	if args.Pod.Certificate != nil {
		return "8443:443"
	}
	return "8080:80"
}

// endpoint is what serves the endpoint's model.
func (s *site) endpoint(name string) (*endpoint.Args, error) {
	e, w := s.plan.Endpoints[name], s.of(lineage.KindEndpoint, name)
	strategy, err := strategyOf(e.Strategy, s.cfg.Delivery)
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	if e.Replicas.Min == 0 && s.cfg.KedaNamespace == "" {
		return nil, fmt.Errorf("endpoint %s: replicas: min: 0 takes KEDA, and nothing says that it runs here: `pulumi config set kedaNamespace keda` where KEDA and its HTTP add-on are installed, or set min to 1", name)
	}
	// Where there may be no pods KEDA counts the requests.
	if e.Replicas.RequestsInFlight > 0 && e.Replicas.Min > 0 && !s.cfg.Monitoring {
		return nil, fmt.Errorf("endpoint %s: replicas.requests_in_flight needs Prometheus: set monitoring to true, or remove it", name)
	}
	p := s.pod(w, serving(e.Given()), "serve", "--assigned", "--endpoint", name,
		"--listen-operators", fmt.Sprintf(":%d", lineage.OperatorsPort))
	place(&p, e.NodeSelector, e.Tolerations)
	if p.PriorityClass, err = s.class(e.Priority); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	if p.GPU > 0 {
		p.Pool = &foundation.TrainingPool // whose nodes have the GPUs of clusters of ours
	}
	p.Port, p.Operators, p.Grace = lineage.ServingPort, lineage.OperatorsPort, 60
	if p.Notes, err = accessNotes(e.Access); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	certify(e.Access, &p)
	if a := s.plan.Models[e.Model].Artifact; a != nil && a.Flavor == plan.PyFunc && a.Image == "" {
		return nil, fmt.Errorf("endpoint %s: model %s is a pyfunc without an image to run its server in on a cluster: add image: \"registry/name@sha256:...\" to its artifact", name, e.Model)
	}
	expose, err := s.exposeOf(name)
	if err := errors.Join(err, s.letIn(name)); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	s.scoring(e.Model, &p)
	s.withKeys(e.Model, &p)
	s.counted(name, e.Strategy, &p)
	return &endpoint.Args{
		Namespace: s.namespace, Name: name, Pod: p, Selector: s.selector(w.Kind, name), Labels: s.labels(w.Kind, name),
		Min: e.Replicas.Min, Max: e.Replicas.Max, InFlight: e.Replicas.RequestsInFlight,
		Keda: s.cfg.KedaNamespace, Delivery: s.cfg.Delivery, Strategy: strategy, Expose: expose, After: s.ready,
	}, nil
}

// hourly is a schedule every hour, at a minute of the name's own: were it the
// same for all, every cluster's jobs would start at once.
func hourly(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes every byte
	return fmt.Sprintf("%d * * * *", h.Sum32()%60)
}
