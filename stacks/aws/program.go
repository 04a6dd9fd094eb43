package aws

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// Program returns the Pulumi program that stands the plans up where cfg says.
// The plans are of cfg's environment, with different names; the foundation
// needs none. What is wrong with them or with cfg the program returns as one
// error, before it registers anything.
func Program(plans []*plan.Plan, cfg config.Config) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cfg := cfg.Filled()
		if err := Validate(plans, cfg); err != nil {
			return err
		}
		if cfg.Layer == config.LayerFoundation {
			return foundation(ctx, plans, cfg)
		}
		for _, note := range Notes(plans, cfg) {
			if err := ctx.Log.Warn(note, nil); err != nil {
				return err
			}
		}
		b, err := newBase(ctx, cfg)
		if err != nil {
			return err
		}
		return workloads(ctx, plans, cfg, b)
	}
}
