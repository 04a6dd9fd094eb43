package foundation

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const copies = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"

// TestBackupsAreCopiedToAnotherRegion: under a key of that region, by its provider.
func TestBackupsAreCopiedToAnotherRegion(t *testing.T) {
	r := recordWhole(t, pooled("prod"))
	made, key := r.One(t, copies), r.Named(t, "aws:kms/key:Key", "backup-key")
	for _, one := range []pulumitest.Resource{made, key, r.Named(t, "aws:kms/alias:Alias", "backup-key")} {
		if !strings.Contains(one.Provider, "::backup::") {
			t.Errorf("%s %s is made by %q", one.Type, one.Name, one.Provider)
		}
	}
	if made.Text("kmsKeyId") != pulumitest.Arn(key.Type, key.Name) || made.At("retentionPeriod") != 30.0 ||
		made.Text("sourceDbInstanceArn") != pulumitest.Arn("aws:rds/instance:Instance", "database") {
		t.Errorf("copied: %v", made.Inputs)
	}
	if p := r.One(t, "pulumi:providers:aws"); p.Text("region") != "eu-central-1" {
		t.Errorf("to %v", p.Inputs)
	}
	if len(recordWhole(t, whole("prod")).All(copies)) != 0 {
		t.Error("nobody asked for copies")
	}
}
