package bucket

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// adopted is the bucket's name where it exists, is ours by its tags, and is to be taken
// over: an earlier stack left it, with its data. It is empty where there is nothing to
// take over. One of somebody else's is an error.
//
// The engine does not import what a stack has already. What it imports must be as it is
// described, so a bucket whose other tags differ is left to the engine: either the
// stack has it, and its tags are changed, or AWS refuses to make it again.
func (a *Args) adopted(ctx *pulumi.Context, c *Bucket) pulumi.IDOutput {
	return a.BucketName.ToStringOutput().ApplyT(func(name string) (pulumi.ID, error) {
		partition := a.Partition
		if partition == "" {
			partition = "aws"
		}
		arn := fmt.Sprintf("arn:%s:s3:::%s", partition, name)
		found, err := resourcegroupstaggingapi.GetResources(ctx, &resourcegroupstaggingapi.GetResourcesArgs{
			ResourceArnLists: []string{arn}}, pulumi.Parent(c))
		if err != nil { // nobody may look, or there is no account: AWS itself refuses a second one
			return "", ctx.Log.Debug(fmt.Sprintf("bucket %s: whether it exists: %v", name, err), nil)
		}
		for _, one := range found.ResourceTagMappingLists {
			if one.ResourceArn == arn {
				return a.verdict(ctx, name, one.Tags)
			}
		}
		return "", nil
	}).(pulumi.IDOutput)
}

// verdict decides about a bucket that exists.
func (a *Args) verdict(ctx *pulumi.Context, name string, tags map[string]string) (pulumi.ID, error) {
	for _, key := range a.Owner {
		if tags[key] != a.Tags[key] {
			return "", fmt.Errorf("bucket %s exists, and its tag %s is %q where this stack's is %q: it belongs to another stack; give this one another name, or delete the bucket with what is in it",
				name, key, tags[key], a.Tags[key])
		}
	}
	var other []string
	for key, value := range a.Tags {
		if tags[key] != value {
			other = append(other, key)
		}
	}
	if len(other) == 0 {
		return pulumi.ID(name), nil
	}
	return "", ctx.Log.Info(fmt.Sprintf("bucket %s exists with another %s; should AWS refuse to create it, give it the tags of this stack first",
		name, strings.Join(other, ", ")), nil)
}
