// Package job is work that ends: a pipeline on a schedule or on demand, or
// something that must be done once. The engine is one that exists: Argo
// Workflows, or Kubernetes' own CronJob and Job.
package job

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Job is work that ends.
type Job struct {
	pulumi.ResourceState

	// Run is the command that starts it now.
	Run string
	// Objects are what was registered, for what must come after it.
	Objects []pulumi.Resource
}

// Keep is how long a finished run stays to be looked at, in seconds: a week.
const keep = 7 * 24 * 3600

// history is how many finished runs of a schedule stay to be looked at.
const history = 3

// New registers the job. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Job, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Job{}
	if err := ctx.RegisterComponentResource("ashlar:job:Job", name, c, opts...); err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	account, err := corev1.NewServiceAccount(ctx, name, &corev1.ServiceAccountArgs{
		Metadata:                     object.Meta(args.Namespace, args.Pod.ServiceAccount, args.Labels, nil),
		AutomountServiceAccountToken: pulumi.Bool(false), // the pods that need a token ask for it
	}, pulumi.Parent(c), pulumi.DependsOn(args.After))
	if err != nil {
		return nil, fmt.Errorf("job %s: service account: %w", name, err)
	}
	r := registration{Args: args, ctx: ctx, name: name, opts: []pulumi.ResourceOption{
		pulumi.Parent(c), pulumi.DependsOn(append(args.After[:len(args.After):len(args.After)], account)),
	}}
	switch args.Engine {
	case Argo:
		err = r.argo(c)
	case CronJob:
		err = r.cronJob(c)
	default:
		err = r.once(c)
	}
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"run": pulumi.String(c.Run)})
}

// registration is a job being registered.
type registration struct {
	*Args
	ctx  *pulumi.Context
	name string
	opts []pulumi.ResourceOption
}
