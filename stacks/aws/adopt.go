package aws

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// Standing is a cluster that can be asked for single objects, which adoption needs.
type Standing interface {
	// Has reports whether there is an object of the kind; namespace is empty for one
	// of the whole cluster. No content is read.
	Has(ctx context.Context, groupVersion, kind, namespace, name string) (found bool, err error)
}

// adopt has the engine import every object of the workloads that the cluster has, by
// manifests that somebody applied or by a stack whose state is lost. What the state has
// already is not imported again. What is not as the program describes it the engine imports
// and then updates, and a preview shows both.
//
// That nobody else's namespace is meant, verify has made sure of.
func adopt(ctx *pulumi.Context, c Cluster) error {
	cluster, is := c.(Standing)
	if !is {
		return errors.New("config adopt: this cluster cannot be asked for objects; take the key out")
	}
	type result = pulumi.ResourceTransformationResult
	return ctx.RegisterStackTransformation(func(args *pulumi.ResourceTransformationArgs) *result {
		groupVersion, kind, metadata := described(args.Type, args.Props)
		if metadata == nil || !Imported(kind) {
			return nil
		}
		id := metadata.ToObjectMetaPtrOutput().ApplyT(func(m *metav1.ObjectMeta) (pulumi.ID, error) {
			if m == nil || m.Name == nil {
				return "", nil
			}
			namespace, place := "", *m.Name
			if m.Namespace != nil {
				namespace, place = *m.Namespace, *m.Namespace+"/"+*m.Name
			}
			found, err := cluster.Has(ctx.Context(), groupVersion, kind, namespace, *m.Name)
			if err != nil || !found {
				return "", err
			}
			return pulumi.ID(place), nil
		}).(pulumi.IDOutput)
		return &result{Props: args.Props,
			Opts: append(slices.Clone(args.Opts), pulumi.Import(id))}
	})
}

// completed are kinds to whose spec the cluster adds what cannot be changed afterwards: the
// address of a Service, the selector of a Job. Imported, it would be missing in the program,
// and the engine breaks at the replacement that follows from that. They are created in the
// preview; the server applies them to what stands, which changes nothing.
var completed = []string{"Service", "Job"}

// Imported reports whether a stack with config adopt imports objects of the kind; others
// that stand are applied again.
func Imported(kind string) bool { return !slices.Contains(completed, kind) }

// Verify reports everything that keeps the plans from being deployed to the cluster, as a
// preview does.
func Verify(ctx context.Context, plans []*plan.Plan, cfg config.Config, c Cluster) error {
	return verify(ctx, plans, cfg.Filled(), c)
}

// described takes a type such as kubernetes:apps/v1:Deployment apart, and returns the
// metadata that the object is given; nil where it is no object of Kubernetes.
func described(typ string, props pulumi.Input) (groupVersion, kind string, metadata metav1.ObjectMetaPtrInput) {
	parts := strings.Split(typ, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" || strings.HasPrefix(parts[1], "helm.sh/") || props == nil {
		return "", "", nil
	}
	switch v := reflect.Indirect(reflect.ValueOf(props)); v.Kind() {
	case reflect.Struct:
		if field := v.FieldByName("Metadata"); field.IsValid() {
			metadata, _ = field.Interface().(metav1.ObjectMetaPtrInput)
		}
	case reflect.Map: // custom resources
		if value := v.MapIndex(reflect.ValueOf("metadata")); value.IsValid() {
			metadata, _ = value.Interface().(metav1.ObjectMetaPtrInput)
		}
	}
	return strings.TrimPrefix(parts[1], "core/"), parts[2], metadata
}
