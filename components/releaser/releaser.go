// Package releaser is the pod that brings new versions of models into the traffic of a
// blueprint's endpoints, and the rights that it takes: to read and patch these
// workloads, and nothing else of the cluster.
package releaser

import (
	"errors"
	"fmt"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// Args says which endpoints are moved, and by which pod.
type Args struct {
	Namespace string
	Pod       pod.Args
	Selector  map[string]string // labels of the pod that never change; part of Pod.Labels
	Labels    map[string]string // of the objects

	Delivery  string   // of the endpoints: endpoint.Rollout or endpoint.Deployment
	Endpoints []string // names of their workloads

	After []pulumi.Resource // what must be there first
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("releaser: no arguments")
	}
	found := []error{object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels),
		a.Pod.Validate()}
	if a.Delivery != endpoint.Rollout && a.Delivery != endpoint.Deployment {
		found = append(found, fmt.Errorf("releaser: delivery %q: want %s or %s", a.Delivery, endpoint.Rollout,
			endpoint.Deployment))
	}
	if len(a.Endpoints) == 0 {
		found = append(found, errors.New("releaser: no endpoint to move"))
	}
	if !a.Pod.Token {
		found = append(found, errors.New("releaser: its pod has no token of the API server"))
	}
	for key, value := range a.Selector {
		if a.Pod.Labels[key] != value {
			found = append(found, fmt.Errorf("releaser: selector %s=%s: its own pod does not carry it", key, value))
		}
	}
	return errors.Join(found...)
}

// Releaser is the pod and its rights.
type Releaser struct{ pulumi.ResourceState }

const revisions = 3

// New registers the releaser. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Releaser, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Releaser{}
	if err := ctx.RegisterComponentResource("ashlar:releaser:Releaser", name, c, opts...); err != nil {
		return nil, fmt.Errorf("releaser %s: %w", name, err)
	}
	inside := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DependsOn(args.After)}
	allowed, err := args.rights(ctx, name, inside)
	if err != nil {
		return nil, fmt.Errorf("releaser %s: %w", name, err)
	}
	_, err = appsv1.NewDeployment(ctx, name, &appsv1.DeploymentArgs{
		Metadata: object.Meta(args.Namespace, args.Pod.ServiceAccount, args.Labels, nil),
		Spec: &appsv1.DeploymentSpecArgs{
			Replicas: pulumi.Int(1), RevisionHistoryLimit: pulumi.Int(revisions),
			Selector: pod.Selector(args.Selector), Template: args.Pod.Template(healthy),
			// Two at once would do no harm, and say everything twice.
			Strategy: appsv1.DeploymentStrategyArgs{Type: pulumi.String("Recreate")},
		},
	}, pulumi.Parent(c), pulumi.DependsOn(allowed))
	if err != nil {
		return nil, fmt.Errorf("releaser %s: deployment: %w", name, err)
	}
	// Nodes may take the pod at any time: meanwhile versions wait. Policies ask for a
	// budget that says so.
	_, err = policyv1.NewPodDisruptionBudget(ctx, name, &policyv1.PodDisruptionBudgetArgs{
		Metadata: object.Meta(args.Namespace, args.Pod.ServiceAccount, args.Labels, nil),
		Spec: policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1), Selector: pod.Selector(args.Selector),
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, inside...)
	if err != nil {
		return nil, fmt.Errorf("releaser %s: disruption budget: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// healthy asks whether it goes on, and whether what it does works.
func healthy(c *corev1.ContainerArgs, _ *corev1.PodSpecArgs) {
	probe := func(path string, period, failures int) corev1.ProbeArgs {
		return corev1.ProbeArgs{HttpGet: corev1.HTTPGetActionArgs{Path: pulumi.String(path),
			Port: pulumi.String(pod.PortName)}, PeriodSeconds: pulumi.Int(period),
			FailureThreshold: pulumi.Int(failures)}
	}
	c.LivenessProbe, c.ReadinessProbe = probe("/health", 20, 6), probe("/ready", 10, 3)
}

// rights registers the account, and what it may do. The names of the workloads keep it
// from every other.
func (a *Args) rights(ctx *pulumi.Context, name string, opts []pulumi.ResourceOption) ([]pulumi.Resource, error) {
	const api = "rbac.authorization.k8s.io"
	meta := func() pulumi.StringInput { return pulumi.String(a.Pod.ServiceAccount) }
	account, err := corev1.NewServiceAccount(ctx, name, &corev1.ServiceAccountArgs{
		Metadata:                     object.Meta(a.Namespace, a.Pod.ServiceAccount, a.Labels, nil),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("service account: %w", err)
	}
	role, err := rbacv1.NewRole(ctx, name, &rbacv1.RoleArgs{
		Metadata: object.Meta(a.Namespace, a.Pod.ServiceAccount, a.Labels, nil), Rules: a.rules(),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	bound, err := rbacv1.NewRoleBinding(ctx, name, &rbacv1.RoleBindingArgs{
		Metadata: object.Meta(a.Namespace, a.Pod.ServiceAccount, a.Labels, nil),
		RoleRef:  rbacv1.RoleRefArgs{ApiGroup: pulumi.String(api), Kind: pulumi.String("Role"), Name: meta()},
		Subjects: rbacv1.SubjectArray{rbacv1.SubjectArgs{Kind: pulumi.String("ServiceAccount"), Name: meta(),
			Namespace: pulumi.String(a.Namespace)}},
	}, append(opts[:len(opts):len(opts)], pulumi.DependsOn([]pulumi.Resource{role}))...)
	if err != nil {
		return nil, fmt.Errorf("role binding: %w", err)
	}
	return []pulumi.Resource{account, bound}, nil
}

// rules let the pod read and patch the workloads, and of Rollouts the status, by which a
// person promotes or aborts.
func (a *Args) rules() rbacv1.PolicyRuleArray {
	rule := func(group, resource string, verbs ...string) rbacv1.PolicyRuleArgs {
		return rbacv1.PolicyRuleArgs{ApiGroups: pulumi.ToStringArray([]string{group}),
			Resources: pulumi.ToStringArray([]string{resource}), ResourceNames: pulumi.ToStringArray(a.Endpoints),
			Verbs: pulumi.ToStringArray(verbs)}
	}
	if a.Delivery == endpoint.Deployment {
		return rbacv1.PolicyRuleArray{rule("apps", "deployments", "get", "patch")}
	}
	return rbacv1.PolicyRuleArray{rule("argoproj.io", "rollouts", "get", "patch"),
		rule("argoproj.io", "rollouts/status", "patch")}
}
