// Package bucket is an S3 bucket as every one of ours is: closed to the
// public, reached over TLS only, encrypted under our key, versioned, owned by
// the account whoever writes, and with a lifecycle that follows the retention
// of what it holds. It outlives the stack: a renamed dataset is a new bucket
// beside the old one.
package bucket

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Bucket is an S3 bucket and its settings.
type Bucket struct {
	pulumi.ResourceState

	Name pulumi.StringOutput
	Arn  pulumi.StringOutput
	// Ready is what services that write here depend on: the bucket as it is
	// meant to be, and not only its name.
	Ready []pulumi.Resource
}

// New registers the bucket. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Bucket, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Bucket{}
	if err := ctx.RegisterComponentResource("ashlar:bucket:Bucket", name, c, opts...); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	bucketOpts := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.Protect(args.Protect), pulumi.RetainOnDelete(true),
		// A name that moved would replace the bucket and leave the data behind. What
		// is taken over does not say whether it was to be emptied.
		pulumi.IgnoreChanges([]string{"bucket", "forceDestroy"})}
	if len(args.Owner) > 0 {
		bucketOpts = append(bucketOpts, pulumi.Import(args.adopted(ctx, c)))
	}
	b, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{
		Bucket:       args.BucketName.ToStringOutput(),
		ForceDestroy: pulumi.Bool(false),
		Tags:         pulumi.ToStringMap(args.Tags),
	}, bucketOpts...)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	if err := args.settings(ctx, name, c, b); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	c.Name, c.Arn = b.Bucket, b.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name, "arn": c.Arn})
}

// settings registers what S3 keeps beside the bucket. They are retained with
// it: a bucket left behind must not open because its stack went away.
func (a *Args) settings(ctx *pulumi.Context, name string, c *Bucket, b *s3.BucketV2) error {
	opts := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.RetainOnDelete(true)}
	block, err := s3.NewBucketPublicAccessBlock(ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                b.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, opts...)
	if err != nil {
		return err
	}
	if _, err := s3.NewBucketOwnershipControls(ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: b.ID(),
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, opts...); err != nil {
		return err
	}
	encryption, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name,
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: b.ID(),
			Rules:  s3.BucketServerSideEncryptionConfigurationV2RuleArray{a.encryption()},
		}, opts...)
	if err != nil {
		return err
	}
	versioning, err := s3.NewBucketVersioningV2(ctx, name, &s3.BucketVersioningV2Args{
		Bucket: b.ID(),
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{
			Status: pulumi.String("Enabled"),
		},
	}, opts...)
	if err != nil {
		return err
	}
	// S3 takes rules for noncurrent versions only once versions are kept.
	if _, err := s3.NewBucketLifecycleConfigurationV2(ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: b.ID(),
		Rules:  a.lifecycle(),
	}, append(opts, pulumi.DependsOn([]pulumi.Resource{versioning}))...); err != nil {
		return err
	}
	// S3 refuses two changes of a bucket's access at once.
	policy, err := s3.NewBucketPolicy(ctx, name, &s3.BucketPolicyArgs{
		Bucket: b.ID(),
		Policy: a.policy(b.Arn),
	}, append(opts, pulumi.DependsOn([]pulumi.Resource{block}))...)
	if err != nil {
		return err
	}
	c.Ready = []pulumi.Resource{block, encryption, policy, versioning}
	return a.logs(ctx, name, b, opts)
}

// logs has S3 write who reads and writes the bucket to another one.
func (a *Args) logs(ctx *pulumi.Context, name string, b *s3.BucketV2, opts []pulumi.ResourceOption) error {
	if a.AccessLogs == nil {
		return nil
	}
	_, err := s3.NewBucketLoggingV2(ctx, name, &s3.BucketLoggingV2Args{
		Bucket:       b.ID(),
		TargetBucket: a.AccessLogs.Bucket.ToStringOutput(),
		TargetPrefix: pulumi.String(a.AccessLogs.Prefix),
	}, opts...)
	return err
}

// encryption is SSE-KMS with a bucket key, which makes one KMS request do for
// many objects.
func (a *Args) encryption() s3.BucketServerSideEncryptionConfigurationV2RuleArgs {
	byDefault := s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
		SseAlgorithm: pulumi.String("AES256"),
	}
	if !a.AccessLogTarget {
		byDefault.SseAlgorithm = pulumi.String("aws:kms")
		byDefault.KmsMasterKeyId = a.KMSKeyArn.ToStringOutput()
	}
	return s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
		ApplyServerSideEncryptionByDefault: byDefault,
		BucketKeyEnabled:                   pulumi.Bool(!a.AccessLogTarget),
	}
}
