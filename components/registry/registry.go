// Package registry is the ECR repository of the runtime's images. A tag names
// one image for ever, so that what a plan pinned is what runs; images are
// scanned when pushed, and what no tag names any more goes away.
package registry

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Registry is an ECR repository.
type Registry struct {
	pulumi.ResourceState

	URL  pulumi.StringOutput // account.dkr.ecr.region.amazonaws.com/name, without a tag
	Name pulumi.StringOutput
	Arn  pulumi.StringOutput
}

// New registers the repository. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Registry, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Registry{}
	if err := ctx.RegisterComponentResource("ashlar:registry:Registry", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registry %s: %w", name, err)
	}
	repo, err := ecr.NewRepository(ctx, name, &ecr.RepositoryArgs{
		Name:               pulumi.String(args.RepositoryName),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ForceDelete:        pulumi.Bool(false),
		ImageScanningConfiguration: ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"),
			KmsKey:         args.KMSKeyArn.ToStringOutput(),
		}},
		Tags: pulumi.ToStringMap(args.Tags),
	}, pulumi.Parent(c), pulumi.Protect(args.Protect), pulumi.RetainOnDelete(true),
		// The first two would replace the repository and lose the images; one that is
		// taken over does not tell the third.
		pulumi.IgnoreChanges([]string{"name", "encryptionConfigurations", "forceDelete"}))
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", name, err)
	}
	// Images with a tag stay: nothing here knows which of them runs.
	if _, err := ecr.NewLifecyclePolicy(ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repo.Name,
		Policy: pulumi.JSONMarshal(map[string]any{"rules": []any{map[string]any{
			"rulePriority": 1,
			"description":  "images that no tag names",
			"selection": map[string]any{
				"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days",
				"countNumber": args.untaggedDays(),
			},
			"action": map[string]any{"type": "expire"},
		}}}),
	}, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("registry %s: lifecycle: %w", name, err)
	}
	c.URL, c.Name, c.Arn = repo.RepositoryUrl, repo.Name, repo.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"url": c.URL, "name": c.Name, "arn": c.Arn})
}
