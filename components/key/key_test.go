package key

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

func args() *Args {
	return &Args{
		Alias: "ashlar-prod-data", Description: "Datasets and stores", Account: pulumi.String(pulumitest.Account),
		Services: []Service{{
			Principal: "logs.eu-west-1.amazonaws.com",
			Conditions: []policy.Condition{policy.When("StringEquals", "aws:SourceAccount",
				pulumi.String(pulumitest.Account))},
		}},
		Linked: []string{"autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"},
		Tags:   map[string]string{"owner": "platform"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "data", a)
		return err
	})
}

func TestAKeyRotatesAndOutlivesTheStack(t *testing.T) {
	a := args()
	a.Protect = true
	r := record(t, a)
	k := r.One(t, "aws:kms/key:Key")
	if k.At("enableKeyRotation") != true || k.At("deletionWindowInDays") != 30.0 {
		t.Errorf("rotation %v, deletion window %v", k.At("enableKeyRotation"), k.At("deletionWindowInDays"))
	}
	if !k.Protect || !k.RetainOnDelete {
		t.Errorf("protect %v, retain %v: want both", k.Protect, k.RetainOnDelete)
	}
	if k.Text("tags.owner") != "platform" {
		t.Errorf("tags %v", k.At("tags"))
	}
	if a := r.One(t, "aws:kms/alias:Alias"); a.Text("name") != "alias/ashlar-prod-data" || a.RetainOnDelete {
		t.Errorf("alias %v, retained %v: the next stack could not take the name", a.Text("name"), a.RetainOnDelete)
	}
}

func TestTheKeysPolicyGivesNobodyEverything(t *testing.T) {
	k := record(t, args()).One(t, "aws:kms/key:Key")
	statements := pulumitest.Statements(t, k.Text("policy"))
	for _, s := range statements {
		for _, action := range s.Action {
			if strings.Contains(action, "*") || !strings.HasPrefix(action, "kms:") {
				t.Errorf("statement %s allows %s", s.Sid, action)
			}
		}
		if s.Principal == "*" && (len(s.Condition["ArnEquals"]["aws:PrincipalArn"]) != 1 ||
			len(s.Condition["StringEquals"]["kms:CallerAccount"]) != 1) {
			t.Errorf("anyone may %v with %v", s.Action, s.Condition)
		}
		if p, ok := s.Principal.(map[string]any); ok && p["Service"] != nil && len(s.Condition) == 0 {
			t.Errorf("service %v is not limited to this account", p["Service"])
		}
		if slices.Contains(s.Action, "kms:CreateGrant") && s.Condition["Bool"]["kms:GrantIsForAWSResource"] == nil {
			t.Errorf("statement %s allows grants to anybody", s.Sid)
		}
	}
	if !slices.Contains(statements[0].Action, "kms:PutKeyPolicy") {
		t.Error("nobody could ever change the policy: KMS refuses that")
	}
	if slices.Contains(statements[0].Action, "kms:Decrypt") {
		t.Error("who administers also decrypts")
	}
}

func TestGrantsInOnesOwnNameAreAskedFor(t *testing.T) {
	a := args()
	a.OwnGrants = true
	for _, s := range pulumitest.Statements(t, record(t, a).One(t, "aws:kms/key:Key").Text("policy")) {
		if s.Sid == "AccountGrants" && len(s.Condition) != 0 {
			t.Errorf("grants are still limited by %v", s.Condition)
		}
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	bad := &Args{
		Alias: "with space", DeletionDays: 3, Services: []Service{{Principal: "logs"}}, Linked: []string{"autoscaling"},
	}
	err := bad.Validate()
	for _, want := range []string{
		`alias "with space"`, "no description", "no account", "deletion after 3 days", `service "logs": want`,
		`service "logs": no condition`, `linked role "autoscaling"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
	var none *Args
	if none.Validate() == nil {
		t.Error("nil arguments passed")
	}
}

func TestNothingIsRegisteredForBadArguments(t *testing.T) {
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "data", &Args{})
		return err
	})
	if err == nil || len(r.Resources) != 0 {
		t.Errorf("error %v, %d resources", err, len(r.Resources))
	}
}
