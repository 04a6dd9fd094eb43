package foundation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
)

// Cluster is what the foundation asks a cluster that exists before it installs
// anything there.
type Cluster interface {
	// Namespace reads a namespace's labels and annotations, and whether it is there.
	Namespace(ctx context.Context, name string) (labels, annotations map[string]string, found bool, err error)
	// Kinds are those of a group and version; none where the cluster does not know it.
	Kinds(ctx context.Context, groupVersion string) ([]string, error)
}

// Open finds the cluster of a kubeconfig. It sends nothing.
type Open func(kubeconfig string) (Cluster, error)

// metrics is what replicas are scaled by. Clusters of ours have it as a managed add-on.
var metrics = addons.Provided{GroupVersion: "metrics.k8s.io/v1beta1", Kind: "PodMetrics"}

// checkCluster asks a cluster that exists which add-ons it has: one that is to be
// installed must not be there already, and one that is left out must.
func (u *builder) checkCluster(ctx *pulumi.Context) error {
	if u.open == nil || u.found.Cluster == nil {
		return nil
	}
	c, err := u.open(u.found.Cluster.Kubeconfig)
	if err != nil {
		return fmt.Errorf("config existing.cluster: %w", err)
	}
	found := []error{u.missing(ctx.Context(), c)}
	for _, s := range u.addons().States() {
		problem, err := clash(ctx.Context(), c, s)
		if err != nil {
			return fmt.Errorf("config existing.cluster: %w", err)
		}
		found = append(found, problem)
	}
	return errors.Join(found...)
}

// missing reports that nothing measures pods.
func (u *builder) missing(ctx context.Context, c Cluster) error {
	kinds, err := c.Kinds(ctx, metrics.GroupVersion)
	if err != nil {
		return fmt.Errorf("config existing.cluster: %w", err)
	}
	if name := u.found.Cluster.Name; !slices.Contains(kinds, metrics.Kind) {
		return fmt.Errorf("config existing.cluster: %s: it has no metrics server, by which replicas are scaled: run `aws eks create-addon --cluster-name %s --addon-name metrics-server`", name, name)
	}
	return nil
}

// partOf is the label of the namespaces of add-ons that a foundation has installed.
const partOf = "app.kubernetes.io/part-of"

// clash reports an add-on that would be installed beside the cluster's own, or that the
// config says to be there and is not. One in a namespace of ours is this stack's.
func clash(ctx context.Context, c Cluster, s addons.State) (problem, err error) {
	kinds, err := c.Kinds(ctx, s.Provided.GroupVersion)
	if err != nil {
		return nil, err
	}
	there := slices.Contains(kinds, s.Provided.Kind)
	switch {
	case there == !s.Installed:
		return nil, nil
	case !there:
		return fmt.Errorf("config existing.addons: the cluster has no %s of %s, which %s brings: install it, or take it out of the list to have it installed",
			s.Provided.Kind, s.Provided.GroupVersion, s.Chart), nil
	}
	labels, _, _, err := c.Namespace(ctx, s.Namespace)
	if err != nil || labels[partOf] == "ashlar" {
		return nil, err
	}
	return fmt.Errorf("config existing.addons: the cluster has %s already (%s of %s), and two would act on the same objects: run `pulumi config set --path 'existing.addons[0]' %s`, with a free number; where only its definitions are left of an earlier one, delete them",
		s.Chart, s.Provided.Kind, s.Provided.GroupVersion, s.Chart), nil
}
