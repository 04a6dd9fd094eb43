// Package endpoint is a model served over HTTP: pods, how a new version of them
// replaces the old, the Services in front, and what keeps enough of them alive.
package endpoint

import (
	"fmt"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// Endpoint is a model served over HTTP.
type Endpoint struct {
	pulumi.ResourceState

	// URL answers inside the cluster.
	URL string
}

// New registers the endpoint. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Endpoint, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Endpoint{}
	if err := ctx.RegisterComponentResource("ashlar:endpoint:Endpoint", name, c, opts...); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	account, err := corev1.NewServiceAccount(ctx, name, &corev1.ServiceAccountArgs{
		Metadata:                     object.Meta(args.Namespace, args.Pod.ServiceAccount, args.Labels, nil),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, pulumi.Parent(c), pulumi.DependsOn(args.After))
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: service account: %w", name, err)
	}
	r := registration{Args: args, ctx: ctx, name: name, parent: pulumi.Parent(c)}
	r.after = append(args.After[:len(args.After):len(args.After)], account)
	for _, part := range []func() error{r.services, r.judged, r.exposed, r.workload, r.scaling, r.disruption} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", name, err)
		}
	}
	c.URL = fmt.Sprintf("%s://%s.%s.svc.cluster.local", args.scheme(), args.Name, args.Namespace)
	if args.Min == 0 {
		c.URL = fmt.Sprintf("http://%s.%s.svc.cluster.local:%d", args.Name+proxy, args.Namespace, interceptorPort)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"url": pulumi.String(c.URL)})
}

// scheme is what callers speak to pods.
func (a *Args) scheme() string {
	if a.Pod.Certificate != nil {
		return "https"
	}
	return "http"
}

// registration is an endpoint being registered.
type registration struct {
	*Args
	ctx    *pulumi.Context
	name   string
	parent pulumi.ResourceOption
	after  []pulumi.Resource // what the workload waits for
}

// opts are the options of every object of the endpoint.
func (r *registration) opts() []pulumi.ResourceOption {
	return []pulumi.ResourceOption{r.parent, pulumi.DependsOn(r.after)}
}

// patient annotates an object that is not ready before a model is: Pulumi does
// not wait for it.
func (r *registration) patient() map[string]string {
	return map[string]string{object.SkipAwait: "true"}
}

// workload registers what runs the pods, as the delivery says.
func (r *registration) workload() error {
	if r.Delivery == Rollout {
		return r.rollout()
	}
	// No replicas: the autoscaler decides, and an update must not take back what
	// it decided.
	_, err := appsv1.NewDeployment(r.ctx, r.name, &appsv1.DeploymentArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, r.patient()),
		Spec: &appsv1.DeploymentSpecArgs{
			Selector:             pod.Selector(r.Selector),
			Template:             r.template(),
			RevisionHistoryLimit: pulumi.Int(revisions),
			Strategy: appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: appsv1.RollingUpdateDeploymentArgs{MaxUnavailable: pulumi.Int(0),
					MaxSurge: pulumi.String(surge)},
			},
		},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("deployment: %w", err)
	}
	return nil
}

// A new version comes up before an old pod goes, a quarter at a time.
const (
	surge     = "25%"
	revisions = 5
)

// DigestVariable is the digest of the version that a pod serves, from an annotation of
// its template that what releases versions sets; see package runtime/rollout.
const (
	DigestVariable = "ASHLAR_MODEL_DIGEST"
	digestNote     = "metadata.annotations['ashlar.dev/model-digest']"
	WithinVariable = "ASHLAR_MODELS_WITHIN" // those that it has beside it
	withinNote     = "metadata.annotations['ashlar.dev/models-within']"
)

// template is the pod: started, alive and ready are three questions, and only
// a ready one is sent requests.
func (r *registration) template() *corev1.PodTemplateSpecArgs {
	return r.Pod.Template(func(c *corev1.ContainerArgs, s *corev1.PodSpecArgs) {
		c.StartupProbe = r.probe("/health", 2, 30)
		c.LivenessProbe = r.probe("/health", 10, 3)
		c.ReadinessProbe = r.probe("/ready", 5, 2)
		env := append(c.Env.(corev1.EnvVarArray), fieldOf(DigestVariable, digestNote))
		switch {
		case r.Strategy.Within:
			env = append(env, fieldOf(WithinVariable, withinNote))
		case r.asked():
			env = append(env, fieldOf(HashVariable, hashLabel))
		}
		c.Env = env
		s.TopologySpreadConstraints = corev1.TopologySpreadConstraintArray{
			r.spread("topology.kubernetes.io/zone"), r.spread("kubernetes.io/hostname"),
		}
	})
}

// fieldOf is a variable with a field of the pod's own metadata.
func fieldOf(variable, field string) corev1.EnvVarArgs {
	return corev1.EnvVarArgs{Name: pulumi.String(variable), ValueFrom: corev1.EnvVarSourceArgs{
		FieldRef: corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String(field)}}}
}

// probe asks the path every period seconds, where callers ask, and gives up after that
// many failures in a row. Kubernetes verifies no certificate and shows none: these paths
// ask for none.
func (r *registration) probe(path string, period, failures int) corev1.ProbeArgs {
	get := corev1.HTTPGetActionArgs{Path: pulumi.String(path), Port: pulumi.String(pod.PortName)}
	if r.Pod.Certificate != nil {
		get.Scheme = pulumi.String("HTTPS")
	}
	return corev1.ProbeArgs{
		HttpGet:          get,
		PeriodSeconds:    pulumi.Int(period),
		TimeoutSeconds:   pulumi.Int(2),
		FailureThreshold: pulumi.Int(failures),
	}
}

// spread keeps the pods apart where that is possible, and runs them anyway
// where it is not: one zone and many pods is better than few.
func (r *registration) spread(key string) corev1.TopologySpreadConstraintArgs {
	return corev1.TopologySpreadConstraintArgs{
		MaxSkew: pulumi.Int(1), TopologyKey: pulumi.String(key), WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
		LabelSelector: pod.Selector(r.Selector),
	}
}
