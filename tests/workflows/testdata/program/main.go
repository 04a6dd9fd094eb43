// Command program is a Pulumi program without resources, whose outputs say which
// image its stack was deployed with.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		ctx.Export("image", pulumi.String(config.Get(ctx, "image")))
		return nil
	})
}
