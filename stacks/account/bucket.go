package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucketSteps are about the bucket of Pulumi's states.
func (a *Account) bucketSteps(ctx context.Context) ([]*Step, error) {
	there, err := a.hasBucket(ctx)
	if err != nil {
		return nil, err
	}
	var steps []*Step
	if !there {
		steps = append(steps, &Step{What: "bucket", Now: "none", Want: a.Bucket(), do: a.createBucket})
	} else if err := a.notForeign(ctx); err != nil {
		return nil, err
	}
	for _, s := range a.settings() {
		now := "not set"
		if there {
			was, right, err := s.look(ctx)
			if err != nil {
				return nil, fmt.Errorf("bucket %s: %s: %w", a.Bucket(), s.what, err)
			}
			if right {
				continue
			}
			now = was
		}
		steps = append(steps, &Step{What: s.what + " of the bucket", Now: now, Want: s.want, do: s.set})
	}
	return steps, nil
}

// owner is sent with every request about the bucket: S3 refuses where the bucket is
// another account's.
func (a *Account) owner() *string { return aws.String(a.ID) }

func (a *Account) hasBucket(ctx context.Context) (bool, error) {
	_, err := a.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(a.Bucket()), ExpectedBucketOwner: a.owner()})
	switch {
	case err == nil:
		return true, nil
	case absent(err, "NotFound", "NoSuchBucket"):
		return false, nil
	case absent(err, "Forbidden", "AccessDenied"):
		return false, fmt.Errorf("bucket %s: it belongs to another account, or you may not see it: %w", a.Bucket(), err)
	}
	return false, fmt.Errorf("bucket %s: %w", a.Bucket(), err)
}

// notForeign refuses a bucket that holds something and that no earlier run made.
func (a *Account) notForeign(ctx context.Context) error {
	tags, err := a.bucketTags(ctx)
	if err != nil || a.ours(tags) {
		return err
	}
	if len(tags) > 0 {
		return fmt.Errorf("bucket %s was not made by this command for the installation %s: choose another --name",
			a.Bucket(), a.cfg.Name)
	}
	listed, err := a.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(a.Bucket()),
		MaxKeys: aws.Int32(1), ExpectedBucketOwner: a.owner()})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", a.Bucket(), err)
	}
	if len(listed.Contents) > 0 {
		return fmt.Errorf("bucket %s has no tags and holds objects: nobody knows whose it is; tag it ashlar:installation=%s and ashlar:layer=bootstrap if it is yours, or choose another --name",
			a.Bucket(), a.cfg.Name)
	}
	return nil // an earlier run was interrupted before it tagged it
}

func (a *Account) bucketTags(ctx context.Context) (map[string]string, error) {
	found, err := a.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner()})
	if absent(err, "NoSuchTagSet", "NoSuchTagSetError", "BucketTaggingNotFound") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: tags: %w", a.Bucket(), err)
	}
	out := map[string]string{}
	for _, t := range found.TagSet {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out, nil
}

func (a *Account) createBucket(ctx context.Context) error {
	in := &s3.CreateBucketInput{Bucket: aws.String(a.Bucket())}
	if a.Region != "us-east-1" { // which S3 takes no other way
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(a.Region)}
	}
	_, err := a.s3.CreateBucket(ctx, in)
	if absent(err, "BucketAlreadyOwnedByYou") {
		return nil
	}
	return err
}

// tag marks the bucket as made here.
func (a *Account) tag(ctx context.Context) error {
	var tags []types.Tag
	for key, value := range a.tags() {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	slices.SortFunc(tags, func(x, y types.Tag) int { return cmpText(x.Key, y.Key) })
	_, err := a.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: aws.String(a.Bucket()),
		ExpectedBucketOwner: a.owner(), Tagging: &types.Tagging{TagSet: tags}})
	return err
}
