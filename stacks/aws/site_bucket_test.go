package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// inOne is the config of workloads in a bucket that exists, and the prefix of the credit
// example in it.
func inOne() (cfg config.Config, own string) {
	cfg = cloud()
	cfg.Existing.Bucket = "platform-ml"
	return cfg, "ashlar/prod/ashlar/credit-risk/"
}

// TestABucketThatExistsIsUsedAndNotChanged: no bucket is made, nothing of it is set, and
// files and pods know the prefix.
func TestABucketThatExistsIsUsedAndNotChanged(t *testing.T) {
	cfg, own := inOne()
	cfg.Folders = map[string]string{"credit-risk": folder(t, "data/credit_data.csv")}
	told, r := toldOf(t, cfg, credit())
	for _, one := range r.Resources {
		if strings.HasPrefix(one.Type, "aws:s3/") && one.Type != fileType || one.Type == "ashlar:bucket:Bucket" {
			t.Errorf("%s %s is made", one.Type, one.Name)
		}
	}
	file := r.One(t, fileType)
	if file.Text("bucket") != "platform-ml" || file.Text("key") != own+"data/applications/data/credit_data.csv" ||
		!file.RetainOnDelete {
		t.Errorf("the file is at %v", file.Inputs)
	}
	for _, want := range []string{"s3://platform-ml/" + own + "store?region=eu-central-1",
		"s3://platform-ml/" + own + "data/applications?region=eu-central-1"} {
		if !slices.ContainsFunc(objects(r), func(o pulumitest.Resource) bool {
			return strings.Contains(text(o), want)
		}) {
			t.Errorf("no pod is told of %s", want)
		}
	}
	if at := fmt.Sprint(told.uploads["unused"]); at == "" || len(told.uploads) != 1 {
		t.Errorf("uploads %v", told.uploads)
	}
}

// TestWorkloadsReachTheirOwnPrefixOfASharedBucketOnly asks each role, as IAM does, for
// everything that it may do in a bucket of its own, of objects of others too.
func TestWorkloadsReachTheirOwnPrefixOfASharedBucketOnly(t *testing.T) {
	cfg, own := inOne()
	p := credit()
	d := p.Datasets["applications"]
	d.Source = "data/2024-*.csv"
	p.Datasets["applications"] = d
	r := registered(t, cfg, p)
	const bucket = "arn:aws:s3:::platform-ml"
	may := func(w lineage.Workload, action, resource string, context map[string]string) bool {
		return may(t, policyOf(t, r, "credit-risk-"+w.ID()),
			pulumitest.Request{Action: action, Resource: resource, Context: context})
	}
	for _, w := range lineage.Of(p) {
		writes := w.May(lineage.WriteStore)
		objects := slices.Contains(append(w.Targets(lineage.ReadStore), w.Targets(lineage.WriteStore)...), "objects/")
		if may(w, "s3:GetObject", bucket+"/"+own+"store/objects/sha256/ab/cd", nil) != objects ||
			objects != (w.Kind != lineage.KindRelease) ||
			!may(w, "s3:ListBucket", bucket, map[string]string{"s3:prefix": own + "store/refs/drift/scoring/"}) {
			t.Errorf("%s reads objects of its store: %t", w.ID(), !objects)
		}
		if reads := may(w, "s3:GetObject", bucket+"/"+own+"data/applications/data/2024-1.csv", nil); reads !=
			w.May(lineage.ReadData) {
			t.Errorf("%s reads data: %t", w.ID(), reads)
		}
		for _, at := range []string{bucket, bucket + "/" + own + "store"} { // with and without a bucket key
			asked := map[string]string{"kms:ViaService": "s3.eu-central-1.amazonaws.com",
				"kms:EncryptionContext:aws:s3:arn": at}
			if at != bucket {
				asked["kms:EncryptionContext:aws:s3:arn"] += "/objects/x"
			}
			const key = "arn:aws:kms:eu-central-1:123456789012:key/data"
			if !may(w, "kms:Decrypt", key, asked) || writes != may(w, "kms:GenerateDataKey", key, asked) {
				t.Errorf("%s has no use of the key for %s", w.ID(), at)
			}
			asked["kms:EncryptionContext:aws:s3:arn"] = bucket + "/ashlar/prod/other/x"
			if may(w, "kms:Decrypt", key, asked) {
				t.Errorf("%s decrypts what is not its own", w.ID())
			}
		}
		for _, foreign := range []string{"", "ashlar/prod/ashlar/", "ashlar/prod/ashlar/credit-risk-2/", "ashlar/prod/other/credit-risk/",
			"ashlar/dev/ashlar/credit-risk/", "payroll/"} {
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
				for _, rest := range []string{"store/objects/sha256/ab/cd", "data/applications/data/2024-1.csv", "x"} {
					if may(w, action, bucket+"/"+foreign+rest, nil) {
						t.Errorf("%s may %s %s", w.ID(), action, foreign+rest)
					}
				}
			}
			for _, prefix := range []string{foreign, foreign + "store/"} {
				if may(w, "s3:ListBucket", bucket, map[string]string{"s3:prefix": prefix}) {
					t.Errorf("%s may list %q", w.ID(), prefix)
				}
			}
		}
		if may(w, "s3:ListBucket", bucket, nil) {
			t.Errorf("%s may list the whole bucket", w.ID())
		}
	}
}

func TestWhatNobodyDeletesFromABucketThatExistsIsSaid(t *testing.T) {
	cfg, own := inOne()
	plans := []*plan.Plan{credit()}
	said := strings.Join(Notes(plans, cfg), "\n")
	if !strings.Contains(said, "dataset applications: retention 730d") || !strings.Contains(said,
		"the prefix "+own+"data/applications/") || strings.Contains(said, "unused") {
		t.Errorf("it says %s", said)
	}
	if said := strings.Join(Notes(plans, cloud()), "\n"); strings.Contains(said, "lifecycle") {
		t.Errorf("of buckets of our own it says %s", said)
	}
	if !slices.ContainsFunc(registered(t, cfg, credit()).Resources, func(one pulumitest.Resource) bool {
		return strings.Contains(text(one), "retain") && strings.HasSuffix(one.Type, ":CronJob")
	}) {
		t.Error("what is derived from the files is not deleted either")
	}
}

func TestWorkloadsAndFoundationNameOneBucket(t *testing.T) {
	for _, c := range []struct{ own, shared, want string }{
		{"", "platform-ml", "pulumi config set --path existing.bucket platform-ml"},
		{"platform-ml", "", "set existing.bucket there first"},
		{"platform-ml", "other", "in other; name that"},
	} {
		if err := otherBucket("acme/foundation", c.own, c.shared); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q and %q: %v", c.own, c.shared, err)
		}
	}
}
