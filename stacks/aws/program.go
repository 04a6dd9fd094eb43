// Package aws deploys plans on AWS and Kubernetes, as a Pulumi program in
// two layers. The foundation (network, cluster, database, registry, keys) is
// made once an environment; the workloads (namespaces, identities, pipelines,
// endpoints, alerts) are what the blueprints say. They are separate stacks of
// one project, so that an edit to a blueprint can never touch the cluster.
//
// Workloads also run on any Kubernetes cluster with an S3 URL and a
// PostgreSQL URL, with no AWS resource at all: ProviderKubernetes.
//
// A plan says what; config.Config says where. Both are checked, with every problem
// reported at once, before the first resource is registered.
//
// Its parts import each other one way: config knows no Pulumi, lineage no config,
// foundation reads both, and this package has the workloads and joins them all.
package aws

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// Program returns the Pulumi program that deploys the plans where cfg says.
// The plans are of cfg's environment, with different names; the foundation
// needs none. What is wrong with them or with cfg the program returns as one
// error, before it registers anything.
//
// The cluster that workloads are deployed to is opened and verified first. With a nil
// Open it is not: the program is being rendered, and there may be none.
func Program(plans []*plan.Plan, cfg config.Config, open Open) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cfg := cfg.Filled()
		if err := Validate(plans, cfg); err != nil {
			return err
		}
		for _, note := range Notes(plans, cfg) {
			if err := ctx.Log.Warn(note, nil); err != nil {
				return err
			}
		}
		if cfg.Layer == config.LayerFoundation {
			return foundation.Register(ctx, cfg, open.foundation())
		}
		b, err := newBase(ctx, plans, cfg, open)
		if err != nil {
			return err
		}
		return workloads(ctx, plans, cfg, b)
	}
}
