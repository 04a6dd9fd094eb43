package registry

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestATagNamesOneImageForEver(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:1:key/data"
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "runtime", &Args{RepositoryName: "ashlar-prod/runtime",
			KMSKeyArn: pulumi.String(key), Protect: true})
		return err
	})
	repo := r.One(t, "aws:ecr/repository:Repository")
	if repo.Text("imageTagMutability") != "IMMUTABLE" || repo.At("imageScanningConfiguration.scanOnPush") != true ||
		repo.At("forceDelete") != false {
		t.Errorf("repository %v", repo.Inputs)
	}
	if repo.Text("encryptionConfigurations.0.encryptionType") != "KMS" ||
		repo.Text("encryptionConfigurations.0.kmsKey") != key {
		t.Errorf("encryption %v", repo.At("encryptionConfigurations"))
	}
	if !repo.Protect || !repo.RetainOnDelete || !slices.Contains(repo.IgnoreChanges, "name") {
		t.Errorf("protect %v, retain %v, ignores %v", repo.Protect, repo.RetainOnDelete, repo.IgnoreChanges)
	}
	var lifecycle struct {
		Rules []struct {
			Selection struct {
				TagStatus   string
				CountNumber int
			}
		}
	}
	if err := json.Unmarshal([]byte(r.One(t,
		"aws:ecr/lifecyclePolicy:LifecyclePolicy").Text("policy")), &lifecycle); err != nil {
		t.Fatal(err)
	}
	if len(lifecycle.Rules) != 1 || lifecycle.Rules[0].Selection.TagStatus != "untagged" ||
		lifecycle.Rules[0].Selection.CountNumber != 14 {
		t.Errorf("lifecycle %+v: an image with a tag may be running", lifecycle)
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	err := (&Args{RepositoryName: "Runtime", UntaggedDays: -1}).Validate()
	for _, want := range []string{`repository name "Runtime"`, "no key", "kept -1 days"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
