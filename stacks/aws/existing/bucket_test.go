package existing

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
)

const dataKey = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"

// goodBucket has versions, which a rule deletes in time, and encrypts under our key.
func goodBucket() *bucketSettings {
	days := 30
	cleans := s3.BucketV2LifecycleRule{Enabled: true,
		NoncurrentVersionExpirations: []s3.BucketV2LifecycleRuleNoncurrentVersionExpiration{{Days: &days}}}
	return &bucketSettings{versioned: true, algorithm: "aws:kms", key: dataKey,
		rules: []s3.BucketV2LifecycleRule{cleans}}
}

func TestABucketIsWhereTheWorkloadsAre(t *testing.T) {
	found := &s3.LookupBucketResult{Bucket: "platform-ml", Region: "eu-central-1"}
	says(t, placeReport(found, "eu-central-1"))
	says(t, placeReport(found, "eu-west-1"), "it is in eu-central-1, and aws:region is eu-west-1")
}

func TestABucketEncryptsUnderTheKeyThatWorkloadsMayUse(t *testing.T) {
	says(t, encryptionReport("b", dataKey, goodBucket()))
	dsse := goodBucket()
	dsse.algorithm = "aws:kms:dsse"
	says(t, encryptionReport("b", dataKey, dsse))
	says(t, encryptionReport("b", "", goodBucket()), "set existing.key to it")
	says(t, encryptionReport("b", dataKey+"2", goodBucket()), "and existing.key is "+dataKey+"2")
	for _, managed := range []string{"", "alias/aws/s3"} {
		s := goodBucket()
		s.key = managed
		says(t, encryptionReport("b", dataKey, s), "a key that AWS manages")
		says(t, encryptionReport("b", "", s), "a key that AWS manages")
	}
	says(t, encryptionReport("b", "", &bucketSettings{algorithm: "AES256"}), "note: aws s3api put-bucket-encryption --bucket b")
}

func TestABucketIsClosedToThePublic(t *testing.T) {
	const all = `{"BucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}}`
	for properties, blocked := range map[string]bool{all: true, strings.Replace(all, "true", "false", 1): false,
		`{"BucketName":"b"}`: false} {
		r, err := publicReport("b", properties)
		switch {
		case err != nil:
			t.Error(err)
		case blocked:
			says(t, r)
		default:
			says(t, r, "put-public-access-block --bucket b")
		}
	}
	if _, err := publicReport("b", "no JSON"); err == nil {
		t.Error("what cannot be read is taken for closed or open")
	}
}

func TestWhatABucketDoesToWhatIsKeptInItIsSaid(t *testing.T) {
	const prefix = "shop/prod/"
	says(t, contentReport("b", prefix, goodBucket()))
	s := goodBucket()
	s.versioned = false
	says(t, contentReport("b", prefix, s), "put-bucket-versioning --bucket b")
	s = goodBucket()
	s.rules[0].Enabled = false
	says(t, contentReport("b", prefix, s), "note: no lifecycle rule deletes replaced versions below shop/prod/")

	days, id := 30, "old"
	old := s3.BucketV2LifecycleRule{Enabled: true, Id: &id,
		Expirations: []s3.BucketV2LifecycleRuleExpiration{{Days: &days}}}
	for reach, deletes := range map[string]bool{"": true, "shop/": true, "shop/prod/": true, "shop/prod/shop/x/data/": false,
		"logs/": false} {
		s, rule := goodBucket(), old
		rule.Prefix = &reach
		s.rules = append(s.rules, rule)
		if deletes {
			says(t, contentReport("b", prefix, s), `rule "old" deletes everything below shop/prod/`)
		} else {
			says(t, contentReport("b", prefix, s))
		}
		s.rules[1].Tags = map[string]string{"kind": "log"}
		says(t, contentReport("b", prefix, s))
	}
}
