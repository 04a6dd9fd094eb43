// Package queue is the way of a namespace's jobs to a quota that several teams share:
// a LocalQueue of Kueue (https://kueue.sigs.k8s.io). Jobs with its name in a label wait
// until the ClusterQueue behind it has room. The ClusterQueue, its quota and which
// namespaces it admits belong to the platform.
package queue

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// The API of Kueue, which serves this version from 0.15 on.
const (
	Group   = "kueue.x-k8s.io"
	Version = Group + "/v1beta2"
	Kind    = "LocalQueue"
)

// Label says on a Job or a pod which LocalQueue of its namespace it waits in.
const Label = Group + "/queue-name"

// Args says which quota the namespace's jobs share.
type Args struct {
	Namespace    string
	Name         string // of the LocalQueue
	ClusterQueue string
	Labels       map[string]string
	After        []pulumi.Resource // what must be there first
}

// clusterQueueForm is the form of a ClusterQueue's name, a DNS subdomain.
var clusterQueueForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("queue: no arguments")
	}
	found := []error{object.CheckName("queue", a.Name, object.MaxLabel),
		object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels)}
	if len(a.ClusterQueue) > 253 || !clusterQueueForm.MatchString(a.ClusterQueue) {
		found = append(found, fmt.Errorf("queue %s: %q is not the name of a ClusterQueue", a.Name, a.ClusterQueue))
	}
	return errors.Join(found...)
}

// New registers the LocalQueue. A ClusterQueue that is changed replaces it, since Kueue
// does not let it change: jobs that wait in it meanwhile wait on.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	q, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(Version), Kind: pulumi.String(Kind),
		Metadata: object.Meta(args.Namespace, args.Name, args.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": map[string]any{
			"clusterQueue": args.ClusterQueue,
		}},
	}, append(opts[:len(opts):len(opts)], pulumi.DependsOn(args.After), pulumi.DeleteBeforeReplace(true),
		pulumi.ReplaceOnChanges([]string{"spec.clusterQueue"}))...)
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", args.Name, err)
	}
	return q, nil
}
