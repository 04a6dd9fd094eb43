package foundation

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

const trailType = "aws:cloudtrail/trail:Trail"

func TestProductionHasATrailUnlessTheAccountHasOne(t *testing.T) {
	no, yes := false, true
	for name, one := range map[string]struct {
		environment string
		trail       *bool
		want        int
	}{"production": {"prod", nil, 1}, "an organisation's trail": {"prod", &no, 0},
		"development": {"dev", nil, 0}, "asked for": {"dev", &yes, 1}} {
		c := whole(one.environment)
		c.Trail = one.trail
		r := recordWhole(t, c)
		if got := len(r.All(trailType)); got != one.want {
			t.Errorf("%s: %d trails, want %d", name, got, one.want)
		}
		key := r.Named(t, "aws:kms/key:Key", "logs-key").Text("policy")
		if has := strings.Contains(key, trailService); has != (one.want == 1) {
			t.Errorf("%s: CloudTrail may use the key: %t", name, has)
		}
	}
}

// TestTheTrailOfThisAccountAloneIsWritten: CloudTrail says which trail it writes for.
func TestTheTrailOfThisAccountAloneIsWritten(t *testing.T) {
	r := recordWhole(t, whole("prod"))
	statements := pulumitest.Statements(t, r.Named(t, "aws:s3/bucketPolicy:BucketPolicy", "trail").Text("policy"))
	// What is refused is old TLS.
	statements = slices.DeleteFunc(statements, func(s pulumitest.Statement) bool { return s.Effect == "Deny" })
	bucket := pulumitest.Arn("aws:s3/bucketV2:BucketV2", "trail")
	arn := "arn:aws:cloudtrail:eu-west-1:" + pulumitest.Account + ":trail/ashlar-prod"
	for of, want := range map[string]bool{arn: true,
		strings.Replace(arn, pulumitest.Account, "999999999999", 1): false, arn + "-other": false} {
		for action, resource := range map[string]string{"s3:PutObject": bucket + "/AWSLogs/x", "s3:GetBucketAcl": bucket} {
			got, err := pulumitest.Allows(statements, pulumitest.Request{Action: action, Resource: resource,
				Context: map[string]string{"aws:SourceArn": of}})
			if err != nil || got != want {
				t.Errorf("%s may %s: %t, %v", of, action, got, err)
			}
		}
	}
}

func TestTheBudgetCountsTheInstallation(t *testing.T) {
	c := whole("prod")
	c.Budget = config.BudgetConfig{}
	if n := len(recordWhole(t, c).All("aws:budgets/budget:Budget")); n != 0 {
		t.Errorf("%d budgets that nobody asked for", n)
	}
	c.Budget = config.BudgetConfig{Monthly: 900, Emails: []string{"ada@example.com"}}
	b := recordWhole(t, c).One(t, "aws:budgets/budget:Budget")
	if b.At("costFilters.0.values.0") != "user:ashlar:installation$"+c.Name || b.At("limitAmount") != "900.0" {
		t.Errorf("it counts %v", b.Inputs)
	}
}
