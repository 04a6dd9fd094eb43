package bucket

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// lifecycle returns the rules: what is old goes, what was replaced goes after
// a grace, and what was never finished goes in a week.
func (a *Args) lifecycle() s3.BucketLifecycleConfigurationV2RuleArray {
	everything := s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")}
	enabled := pulumi.String("Enabled")
	rules := s3.BucketLifecycleConfigurationV2RuleArray{
		s3.BucketLifecycleConfigurationV2RuleArgs{
			Id: pulumi.String("replaced-versions"), Status: enabled, Filter: everything,
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(a.noncurrentDays()),
			},
			// A delete marker that hides nothing any more.
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{
				ExpiredObjectDeleteMarker: pulumi.Bool(true),
			},
		},
		s3.BucketLifecycleConfigurationV2RuleArgs{
			Id: pulumi.String("unfinished-uploads"), Status: enabled, Filter: everything,
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		},
	}
	if a.RetentionDays == 0 {
		return rules
	}
	return append(rules, s3.BucketLifecycleConfigurationV2RuleArgs{
		Id: pulumi.String("retention"), Status: enabled, Filter: everything,
		Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(a.RetentionDays)},
	})
}
