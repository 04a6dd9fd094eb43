package trail

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestATrailIsEncryptedAndProvesItself(t *testing.T) {
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "trail", &Args{TrailName: "acme-prod", Bucket: pulumi.String("trail-acme"),
			KMSKeyArn: pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/1"), Tags: map[string]string{"a": "b"}})
		return err
	}).One(t, "aws:cloudtrail/trail:Trail")
	for path, want := range map[string]any{
		"name": "acme-prod", "s3BucketName": "trail-acme", "enableLogFileValidation": true, "isMultiRegionTrail": true,
		"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1", "tags.a": "b",
	} {
		if got := r.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestEveryProblemOfATrailIsReported(t *testing.T) {
	err := (&Args{TrailName: "a..b"}).Validate()
	for _, want := range []string{`name "a..b"`, "no bucket", "no key"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}
