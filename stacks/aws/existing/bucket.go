package existing

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudcontrol"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Bucket is an S3 bucket that exists.
type Bucket struct {
	Name, Arn string

	found *s3.LookupBucketResult
}

// Data is the bucket that all workloads share; nil where each has its own, and where
// nothing was looked up.
func (p *Parts) Data() *Bucket {
	if p == nil {
		return nil
	}
	return p.Bucket
}

// bucketSettings are what S3 keeps beside a bucket, as far as we look at it.
type bucketSettings struct {
	versioned bool
	algorithm string // "AES256" or of KMS
	key       string // of the default encryption: an ARN where it is a key that exists
	rules     []s3.BucketV2LifecycleRule
}

// bucket finds the bucket.
func (f *finder) bucket() {
	name := f.cfg.Existing.Bucket
	if name == "" {
		return
	}
	found, err := s3.LookupBucket(f.ctx, &s3.LookupBucketArgs{Bucket: name})
	if err != nil {
		f.failed("existing.bucket", name, err)
		return
	}
	f.at.Bucket = &Bucket{Name: name, Arn: found.Arn, found: found}
}

// checkBucket looks at the bucket's settings, which no data source tells: it is read as a
// resource.
func (f *finder) checkBucket() {
	if f.at.Bucket == nil {
		return
	}
	name := f.at.Bucket.Name
	f.take(placeReport(f.at.Bucket.found, f.cfg.Region))
	if f.at.Bucket.found.Region != f.cfg.Region {
		return // the provider's region has no settings of it
	}
	read, err := s3.GetBucketV2(f.ctx, "existing-bucket", pulumi.ID(name), nil)
	if err == nil {
		var settings *bucketSettings
		if settings, err = f.settings(read); err == nil {
			f.take(encryptionReport(name, f.cfg.Existing.Key, settings))
			f.take(contentReport(name, f.cfg.DataPrefix(), settings))
		}
	}
	if err != nil {
		f.failed("existing.bucket", name, err)
	}
	f.checkPublic(name)
}

// settings awaits what was read of the bucket.
func (f *finder) settings(read *s3.BucketV2) (*bucketSettings, error) {
	out := &bucketSettings{}
	versions, err := listed[s3.BucketV2Versioning](f.ctx, read.Versionings)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		out.versioned = out.versioned || v.Enabled != nil && *v.Enabled
	}
	encryptions, err := listed[s3.BucketV2ServerSideEncryptionConfiguration](f.ctx,
		read.ServerSideEncryptionConfigurations)
	if err != nil {
		return nil, err
	}
	for _, e := range encryptions {
		for _, rule := range e.Rules {
			for _, byDefault := range rule.ApplyServerSideEncryptionByDefaults {
				out.algorithm = byDefault.SseAlgorithm
				if byDefault.KmsMasterKeyId != nil {
					out.key = f.keyArn(*byDefault.KmsMasterKeyId)
				}
			}
		}
	}
	out.rules, err = listed[s3.BucketV2LifecycleRule](f.ctx, read.LifecycleRules)
	return out, err
}

// keyArn is the ARN of a key that S3 names by an ARN, an id or an alias; the text itself
// where there is no such key to be seen.
func (f *finder) keyArn(named string) string {
	if named == "" || strings.Contains(named, ":key/") {
		return named
	}
	found, err := kms.LookupKey(f.ctx, &kms.LookupKeyArgs{KeyId: named})
	if err != nil || found.KeyManager == "AWS" {
		return named
	}
	return found.Arn
}

// checkPublic looks whether the account, or else the bucket, blocks all public access. The
// bucket's block is asked for by Cloud Control: a resource that is not there, as the block
// need not be, cannot be read without ending the program before the rest is said.
func (f *finder) checkPublic(name string) {
	if all, err := s3.LookupAccountPublicAccessBlock(f.ctx, &s3.LookupAccountPublicAccessBlockArgs{}); err == nil &&
		all.BlockPublicAcls && all.BlockPublicPolicy && all.IgnorePublicAcls && all.RestrictPublicBuckets {
		return
	}
	found, err := cloudcontrol.LookupResource(f.ctx, &cloudcontrol.LookupResourceArgs{TypeName: "AWS::S3::Bucket",
		Identifier: name})
	if err == nil {
		var r *report
		if r, err = publicReport(name, found.Properties); err == nil {
			f.take(r)
		}
	}
	if err != nil {
		f.failed("existing.bucket", name+": public access block", err)
	}
}

// publicReport says whether the bucket, as Cloud Control describes it, blocks all public
// access.
func publicReport(name, properties string) (*report, error) {
	var bucket struct {
		PublicAccessBlockConfiguration struct {
			BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool
		}
	}
	if err := json.Unmarshal([]byte(properties), &bucket); err != nil {
		return nil, err
	}
	r := &report{key: "existing.bucket", id: name}
	if b := bucket.PublicAccessBlockConfiguration; !b.BlockPublicAcls || !b.BlockPublicPolicy || !b.IgnorePublicAcls ||
		!b.RestrictPublicBuckets {
		r.say("neither it nor the account blocks all public access: run `aws s3api put-public-access-block --bucket %s --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`", name)
	}
	return r, nil
}

// placeReport says whether the bucket is where the workloads are: their endpoint of S3 is
// of their region.
func placeReport(found *s3.LookupBucketResult, region string) *report {
	r := &report{key: "existing.bucket", id: found.Bucket}
	if found.Region != region {
		r.say("it is in %s, and aws:region is %s: name a bucket of that region", found.Region, region)
	}
	return r
}

// encryptionReport says whether the workloads may use the key that the bucket encrypts
// under: theirs is existing.key.
func encryptionReport(name, key string, s *bucketSettings) *report {
	r := &report{key: "existing.bucket", id: name}
	const fix = "run `aws s3api put-bucket-encryption --bucket %s --server-side-encryption-configuration '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"aws:kms\",\"KMSMasterKeyID\":\"KEY\"},\"BucketKeyEnabled\":true}]}'` with a key of the account's own, and name that in existing.key"
	switch {
	case !strings.HasPrefix(s.algorithm, "aws:kms"):
		r.note("objects are encrypted under keys of S3's own, so that whoever may read the bucket can read them; to use a key, "+fix, name)
	case strings.Contains(s.key, ":key/") && s.key != key && key == "":
		r.say("it encrypts under %s, which the workloads have no permission for: set existing.key to it", s.key)
	case strings.Contains(s.key, ":key/") && s.key != key:
		r.say("it encrypts under %s, and existing.key is %s, the one that workloads may use: name one of the two in both places", s.key, key)
	case s.key == "" || s.key != key:
		r.say("it encrypts under a key that AWS manages, so that nobody can be let use it: "+fix, name)
	}
	return r
}

// contentReport says what the bucket's settings would do to what the workloads keep there,
// below the prefix. Rules with tags concern none of it.
func contentReport(name, prefix string, s *bucketSettings) *report {
	r := &report{key: "existing.bucket", id: name}
	if !s.versioned {
		r.say("it keeps no versions, so that nothing overwritten or deleted can be brought back: run `aws s3api put-bucket-versioning --bucket %s --versioning-configuration Status=Enabled`", name)
	}
	cleans := false
	for _, rule := range s.rules {
		if !rule.Enabled || len(rule.Tags) > 0 || !strings.HasPrefix(prefix, text(rule.Prefix)) {
			continue
		}
		cleans = cleans || len(rule.NoncurrentVersionExpirations) > 0
		for _, e := range rule.Expirations {
			if e.Days != nil && *e.Days > 0 || text(e.Date) != "" {
				r.say("its lifecycle rule %q deletes everything below %s by age, models in use as well: limit the rule to other prefixes", text(rule.Id), prefix)
			}
		}
	}
	if s.versioned && !cleans {
		r.note("no lifecycle rule deletes replaced versions below %s, so that what is deleted, by retention too, is kept as an old version: add a rule with NoncurrentVersionExpiration for that prefix; Ashlar does not change the rules of a bucket that is not its own", prefix)
	}
	return r
}

// text is the text that p points to, "" where it is nil.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
