package database

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func TestBackupsAreCopiedUnderTheOtherRegionsKey(t *testing.T) {
	args := &BackupsArgs{SourceArn: pulumi.String("arn:aws:rds:eu-west-1:1:db:a"),
		KMSKeyArn: pulumi.String("arn:aws:kms:eu-central-1:1:key/b"), Days: 7}
	r := pulumitest.Must(t, func(ctx *pulumi.Context) error { return CopyBackups(ctx, "database", args) }).One(t,
		"aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
	if r.Text("kmsKeyId") != "arn:aws:kms:eu-central-1:1:key/b" || r.At("retentionPeriod") != 7.0 ||
		r.Text("sourceDbInstanceArn") != "arn:aws:rds:eu-west-1:1:db:a" {
		t.Errorf("inputs %v", r.Inputs)
	}
	err := (&BackupsArgs{Days: 99}).Validate()
	for _, want := range []string{"no database or no key", "99 days"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
