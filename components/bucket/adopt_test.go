package bucket

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestABucketThatExistsIsTakenOverByItsOwnerAlone(t *testing.T) {
	own := map[string]string{"ashlar:tenant": "acme", "ashlar:owner": "lending"}
	for name, c := range map[string]struct {
		there        any // the tags of the bucket; nil: there is none
		adopted, err string
	}{
		"none": {},
		"its own, with a tag of the account's": {there: map[string]any{"ashlar:tenant": "acme",
			"ashlar:owner": "lending", "billing": "1"},
			adopted: "ashlar-prod-data"},
		"its own, about to have another team": {there: map[string]any{"ashlar:tenant": "acme", "ashlar:owner": "risk"}},
		"another tenant's": {there: map[string]any{"ashlar:tenant": "beta", "ashlar:owner": "lending"},
			err: `its tag ashlar:tenant is "beta" where this stack's is "acme"`},
		"nobody's": {there: map[string]any{"owner": "someone"}, err: `its tag ashlar:tenant is ""`},
	} {
		t.Run(name, func(t *testing.T) {
			a := args()
			a.Tags, a.Owner = own, []string{"ashlar:tenant"}
			found := []any{}
			if c.there != nil {
				found = append(found, map[string]any{"resourceArn": "arn:aws:s3:::ashlar-prod-data", "tags": c.there})
			}
			r, err := pulumitest.Answered(func(ctx *pulumi.Context) error {
				_, err := New(ctx, "data", a)
				return err
			}, map[string]map[string]any{"aws:resourcegroupstaggingapi/getResources:getResources": {
				"id": "1", "resourceTagMappingLists": found}})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := r.One(t, "aws:s3/bucketV2:BucketV2").ImportID; got != c.adopted {
				t.Errorf("takes over %q, want %q", got, c.adopted)
			}
		})
	}
	a := args()
	a.Owner = []string{"ashlar:tenant"}
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "not among the tags") {
		t.Errorf("an owner that nothing says: %v", err)
	}
	a.Tags = own
	if got := record(t, a).One(t, "aws:s3/bucketV2:BucketV2").ImportID; got != "" {
		t.Errorf("nobody may look, and %q is taken over", got)
	}
}
