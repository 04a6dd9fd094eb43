package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/queue"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// Cluster is what a program asks of the cluster before it registers anything there.
type Cluster interface {
	// Context and Server name it: the kubeconfig's context and the API server's URL.
	Context() string
	Server() string
	// Namespace reads a namespace's labels and annotations, and whether it is there.
	Namespace(ctx context.Context, name string) (labels, annotations map[string]string, found bool, err error)
	// Kinds are those of a group and version; none where the cluster does not know it.
	Kinds(ctx context.Context, groupVersion string) ([]string, error)
}

// Open finds a cluster: that of the kubeconfig where one is given, else the user's of
// the context, or with the API server's URL. It sends nothing.
type Open func(kubeconfig, context, server string) (Cluster, error)

// foundation opens the cluster that a foundation is to use, by its kubeconfig.
func (o Open) foundation() foundation.Open {
	if o == nil {
		return nil
	}
	return func(kubeconfig string) (foundation.Cluster, error) { return o(kubeconfig, "", "") }
}

// verify reports everything that keeps the plans from being deployed to the cluster, all
// together: that it does not answer, that somebody else has a namespace, and kinds that
// it lacks. Pulumi would find out one object at a time, when others are there already.
func verify(ctx context.Context, plans []*plan.Plan, cfg config.Config, c Cluster) error {
	var found []error
	names := []string{}
	for _, p := range plans {
		names = append(names, cfg.NamespaceOf(p))
	}
	if cfg.Provider == config.ProviderKubernetes {
		names = append(names, cfg.SystemNamespace())
	}
	slices.Sort(names)
	for _, name := range names {
		labels, annotations, there, err := c.Namespace(ctx, name)
		if err != nil {
			return err // the others have the same answer
		}
		if there {
			found = append(found, foreign(cfg, name, labels, annotations))
		}
	}
	for _, need := range append(needs(cfg), needsExposed(plans, cfg)...) {
		kinds, err := c.Kinds(ctx, need.group)
		if err != nil {
			return err
		}
		for _, kind := range need.kinds {
			if !slices.Contains(kinds, kind) {
				found = append(found, fmt.Errorf("cluster %s has no %s of %s: %s", c.Context(),
					kind, need.group, need.remedy))
			}
		}
	}
	return errors.Join(found...)
}

// foreign refuses a namespace that this stack does not manage. One that a foundation has
// made for the stack says so by its label and is taken over.
func foreign(cfg config.Config, name string, labels, annotations map[string]string) error {
	manager := annotations[object.AnnotationManager]
	switch {
	case manager == cfg.Manager():
		return nil
	case manager == "" && labels[object.LabelTenant] == cfg.Name:
		return nil
	case manager == "":
		return fmt.Errorf("namespace %s is there already, and no stack of Ashlar's manages it: choose another name by `pulumi config set name NAME`, or give it to this stack by `kubectl annotate namespace %s %s=%s`", name, name, object.AnnotationManager, cfg.Manager())
	}
	return fmt.Errorf("namespace %s is managed by stack %s (owner %s), and this is %s: choose another name by `pulumi config set name NAME`", name, manager, cmp.Or(labels[object.LabelOwner], "unknown"), cfg.Manager())
}

// need is a group of kinds that the workloads are made of, and what to do without.
type need struct {
	group, remedy string
	kinds         []string
}

// needs are the kinds beyond Kubernetes' own that the config asks for.
func needs(cfg config.Config) []need {
	var out []need
	if cfg.Delivery == config.DeliveryRollout {
		out = append(out, need{"argoproj.io/v1alpha1",
			"install Argo Rollouts, or `pulumi config set delivery deployment`",
			[]string{"Rollout"}})
	}
	if cfg.Pipelines == config.PipelinesArgo {
		out = append(out, need{"argoproj.io/v1alpha1",
			"install Argo Workflows, or `pulumi config set pipelines cronjob`",
			[]string{"WorkflowTemplate", "CronWorkflow"}})
	}
	if cfg.ClusterQueue != "" {
		out = append(out, need{queue.Version,
			"install Kueue 0.15 or newer, or `pulumi config rm clusterQueue`", []string{queue.Kind}})
	}
	if cfg.KedaNamespace != "" {
		const remedy = "install KEDA, and 0.14 or newer of its HTTP add-on, or `pulumi config rm kedaNamespace`"
		out = append(out, need{endpoint.ScalerVersion, remedy, []string{endpoint.ScalerKind}},
			need{endpoint.RouteVersion, remedy, []string{endpoint.RouteKind}})
	}
	if cfg.Monitoring {
		out = append(out, need{"monitoring.coreos.com/v1",
			"install the Prometheus Operator, or `pulumi config set monitoring false`",
			[]string{"PrometheusRule", "ServiceMonitor"}})
	}
	if len(cfg.Admission) > 0 {
		out = append(out, need{"admissionregistration.k8s.io/v1", "it takes Kubernetes 1.30 or newer",
			[]string{"ValidatingAdmissionPolicy"}})
	}
	return out
}

// target opens the cluster that the workloads are deployed to and verifies it; nil where
// nobody runs the program for real.
func target(ctx *pulumi.Context, plans []*plan.Plan, cfg config.Config, kubeconfig string, open Open) (Cluster, error) {
	if open == nil {
		return nil, nil
	}
	c, err := open(kubeconfig, cfg.Context, cfg.Server)
	if err != nil {
		return nil, err
	}
	if err := verify(ctx.Context(), plans, cfg, c); err != nil {
		return nil, err
	}
	if cfg.Adopt {
		return c, adopt(ctx, c)
	}
	return c, nil
}
