package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// setting is one of the bucket's: what it is now, whether that is right, and how to
// set it right.
type setting struct {
	what, want string
	look       func(context.Context) (now string, right bool, err error)
	set        func(context.Context) error
}

// settings come in this order: a bucket is tagged first, so that a run which continues
// an interrupted one knows it.
func (a *Account) settings() []setting {
	return []setting{
		{"tags", "ashlar:installation=" + a.cfg.Name, a.lookTags, a.tag},
		{"public access", "blocked", a.lookPublic, a.blockPublic},
		{"encryption", "under " + a.Alias(), a.lookEncryption, a.encrypt},
		{"versions", "kept", a.lookVersions, a.keepVersions},
		{"lifecycle", fmt.Sprintf("replaced versions go after %d days", versionDays), a.lookLifecycle, a.expire},
		{"policy", "TLS 1.2 only", a.lookPolicy, a.confine},
	}
}

// versionDays is how long a replaced version of a state can be brought back.
const versionDays = 90

func (a *Account) lookTags(ctx context.Context) (string, bool, error) {
	tags, err := a.bucketTags(ctx)
	return "none", a.ours(tags), err
}

func (a *Account) lookPublic(ctx context.Context) (string, bool, error) {
	found, err := a.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner()})
	if absent(err, "NoSuchPublicAccessBlockConfiguration") {
		return "not blocked", false, nil
	}
	if err != nil {
		return "", false, err
	}
	c := found.PublicAccessBlockConfiguration
	right := c != nil && aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.BlockPublicPolicy) &&
		aws.ToBool(c.IgnorePublicAcls) && aws.ToBool(c.RestrictPublicBuckets)
	return "blocked in part", right, nil
}

func (a *Account) blockPublic(ctx context.Context) error {
	yes := aws.Bool(true)
	_, err := a.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner(), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}})
	return err
}

func (a *Account) lookEncryption(ctx context.Context) (string, bool, error) {
	found, err := a.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner()})
	if absent(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return "none", false, nil
	}
	if err != nil {
		return "", false, err
	}
	now := "none"
	if c := found.ServerSideEncryptionConfiguration; c != nil {
		for _, r := range c.Rules {
			if d := r.ApplyServerSideEncryptionByDefault; d != nil {
				now = string(d.SSEAlgorithm)
				if a.key != "" && d.SSEAlgorithm == types.ServerSideEncryptionAwsKms &&
					aws.ToString(d.KMSMasterKeyID) == a.key {
					return "", true, nil
				}
			}
		}
	}
	return now, false, nil
}

// encrypt has S3 use the key, with a bucket key: one request to KMS does for many
// objects.
func (a *Account) encrypt(ctx context.Context) error {
	_, err := a.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner(),
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{BucketKeyEnabled: aws.Bool(true),
				ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String(a.key)}}}}})
	return err
}

func (a *Account) lookVersions(ctx context.Context) (string, bool, error) {
	found, err := a.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner()})
	if err != nil {
		return "", false, err
	}
	return "not kept", found.Status == types.BucketVersioningStatusEnabled, nil
}

func (a *Account) keepVersions(ctx context.Context) error {
	_, err := a.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner(),
		VersioningConfiguration: &types.VersioningConfiguration{
			Status: types.BucketVersioningStatusEnabled}})
	return err
}

func (a *Account) lookLifecycle(ctx context.Context) (string, bool, error) {
	found, err := a.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
		Bucket: aws.String(a.Bucket()), ExpectedBucketOwner: a.owner()})
	if absent(err, "NoSuchLifecycleConfiguration") {
		return "every version is kept", false, nil
	}
	if err != nil {
		return "", false, err
	}
	for _, r := range found.Rules {
		if n := r.NoncurrentVersionExpiration; r.Status == types.ExpirationStatusEnabled && n != nil &&
			aws.ToInt32(n.NoncurrentDays) == versionDays {
			return "", true, nil
		}
	}
	return "other rules", false, nil
}

// expire adds our rules to those that somebody else may have set.
func (a *Account) expire(ctx context.Context) error {
	found, err := a.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
		Bucket: aws.String(a.Bucket()), ExpectedBucketOwner: a.owner()})
	if err != nil && !absent(err, "NoSuchLifecycleConfiguration") {
		return err
	}
	everything := &types.LifecycleRuleFilter{Prefix: aws.String("")}
	rules := []types.LifecycleRule{
		{ID: aws.String("replaced-versions"), Status: types.ExpirationStatusEnabled, Filter: everything,
			NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{
				NoncurrentDays: aws.Int32(versionDays)}},
		{ID: aws.String("unfinished-uploads"), Status: types.ExpirationStatusEnabled, Filter: everything,
			AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{
				DaysAfterInitiation: aws.Int32(7)}},
	}
	if err == nil {
		for _, r := range found.Rules {
			if id := aws.ToString(r.ID); id != "replaced-versions" && id != "unfinished-uploads" {
				rules = append(rules, r)
			}
		}
	}
	_, err = a.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(a.Bucket()), ExpectedBucketOwner: a.owner(),
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
	return err
}
