package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

// BenchmarkWorkloads builds the resource graph of so many blueprints: checked,
// lowered and registered with a recorder, which is everything of a preview but
// the engine.
func BenchmarkWorkloads(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var plans []*plan.Plan
			for i := range n {
				p := credit()
				p.Name = fmt.Sprintf("credit-%03d", i)
				plans = append(plans, p)
			}
			resources := 0
			for b.Loop() {
				if err := Validate(plans, cloud()); err != nil {
					b.Fatal(err)
				}
				r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
					return workloads(ctx, plans,
						cloud(), foundationOf(cloud()))
				})
				if err != nil {
					b.Fatal(err)
				}
				resources = len(r.Resources)
			}
			b.ReportMetric(float64(resources), "resources")
		})
	}
}
