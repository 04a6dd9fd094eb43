// Package monitor is how an endpoint is watched: Prometheus scrapes it, a job
// judges whether what it is asked has drifted from what it was taught, and
// alerts say so.
package monitor

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/slo"
)

// Monitor is how an endpoint is watched.
type Monitor struct {
	pulumi.ResourceState

	// Drift is the job that judges drift; nil where none does.
	Drift *job.Job
}

// The parts of a ServiceMonitor that we write, under the operator's names.

type serviceMonitorSpec struct {
	Selector     any            `pulumi:"selector"`
	TargetLabels []string       `pulumi:"targetLabels"`
	Endpoints    []scrapeTarget `pulumi:"endpoints"`
}

type scrapeTarget struct {
	Port     string `pulumi:"port"`
	Path     string `pulumi:"path"`
	Interval string `pulumi:"interval"`
	// HonorLabels keeps the metrics' own label "endpoint", which says which
	// endpoint a model serves. Without it Prometheus would put the name of the
	// scraped port there.
	HonorLabels bool `pulumi:"honorLabels"`
}

// New registers the monitor. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Monitor, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Monitor{}
	if err := ctx.RegisterComponentResource("ashlar:monitor:Monitor", name, c, opts...); err != nil {
		return nil, fmt.Errorf("monitor %s: %w", name, err)
	}
	if args.Scrape != nil {
		if err := args.scrape(ctx, name, c); err != nil {
			return nil, fmt.Errorf("monitor %s: service monitor: %w", name, err)
		}
	}
	if args.Drift != nil {
		var err error
		if c.Drift, err = job.New(ctx, name+"-drift", args.Drift, pulumi.Parent(c)); err != nil {
			return nil, fmt.Errorf("monitor %s: drift: %w", name, err)
		}
	}
	if len(args.Alerts) > 0 {
		if _, err := slo.New(ctx, name+"-alerts", &slo.Args{
			Namespace: args.Namespace, Name: args.Name, Labels: args.Labels, Groups: args.Alerts, After: args.After,
		}, pulumi.Parent(c)); err != nil {
			return nil, fmt.Errorf("monitor %s: alerts: %w", name, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// scrape registers a ServiceMonitor. It keeps the labels that the runtime exports
// where Prometheus would put its own of the same names.
func (a *Args) scrape(ctx *pulumi.Context, name string, c *Monitor) error {
	_, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("monitoring.coreos.com/v1"), Kind: pulumi.String("ServiceMonitor"),
		Metadata: object.Meta(a.Namespace, a.Name, a.Labels, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": serviceMonitorSpec{
			Selector:     pod.Selector(a.Scrape.Service),
			TargetLabels: []string{object.LabelInstance},
			Endpoints: []scrapeTarget{{Port: a.Scrape.Port, Path: a.Scrape.Path,
				Interval: a.Scrape.Interval, HonorLabels: true}},
		}},
	}, pulumi.Parent(c), pulumi.DependsOn(a.After))
	return err
}
