package identity

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
		RoleName: "ashlar-prod-credit-train", ClusterName: pulumi.String("ashlar-prod"),
		ClusterArn: pulumi.String("arn:aws:eks:eu-west-1:1:cluster/ashlar-prod"),
		Namespace:  "credit-risk", ServiceAccount: "train",
		Statements: []policy.Statement{{Actions: []string{"s3:GetObject"},
			Resources: []pulumi.StringInput{pulumi.String("arn:aws:s3:::data/*")}}},
		Boundary: pulumi.String("arn:aws:iam::1:policy/boundary"),
	}
}

func record(t *testing.T) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "train", args())
		return err
	})
}

func TestOnlyPodsOfTheServiceAccountAreBelieved(t *testing.T) {
	role := record(t).One(t, "aws:iam/role:Role")
	trust := pulumitest.Statements(t, role.Text("assumeRolePolicy"))
	if len(trust) != 1 || !slices.Equal(trust[0].Action, []string{"sts:AssumeRole", "sts:TagSession"}) {
		t.Fatalf("trust %+v", trust)
	}
	if p, _ := trust[0].Principal.(map[string]any); len(p) != 1 || p["Service"].([]any)[0] != "pods.eks.amazonaws.com" {
		t.Errorf("principal %v", trust[0].Principal)
	}
	equal := trust[0].Condition["StringEquals"]
	if !slices.Equal(equal["aws:RequestTag/kubernetes-namespace"], []string{"credit-risk"}) ||
		!slices.Equal(equal["aws:RequestTag/kubernetes-service-account"], []string{"train"}) {
		t.Errorf("pods %v", equal)
	}
	if got := trust[0].Condition["ArnEquals"]["aws:RequestTag/eks-cluster-arn"]; len(got) != 1 {
		t.Errorf("cluster %v", got)
	}
	if role.Text("permissionsBoundary") == "" {
		t.Error("the boundary is not set")
	}
}

func TestTheRoleMayDoWhatTheStatementsSay(t *testing.T) {
	r := record(t)
	allowed := pulumitest.Statements(t, r.One(t, "aws:iam/rolePolicy:RolePolicy").Text("policy"))
	if len(allowed) != 1 || !slices.Equal(allowed[0].Action, []string{"s3:GetObject"}) {
		t.Errorf("allowed %+v", allowed)
	}
	association := r.One(t, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
	if association.Text("clusterName") != "ashlar-prod" || association.Text("namespace") != "credit-risk" ||
		association.Text("serviceAccount") != "train" ||
		association.Text("roleArn") != pulumitest.Arn("aws:iam/role:Role", "train") {
		t.Errorf("association %v", association.Inputs)
	}
	if !slices.ContainsFunc(association.DependsOn,
		func(urn string) bool { return strings.Contains(urn, "rolePolicy") }) {
		t.Error("pods may get the role before it may do anything")
	}
}

func TestValidateReportsEveryProblem(t *testing.T) {
	bad := &Args{RoleName: strings.Repeat("a", 65), Namespace: "Credit", ServiceAccount: "-",
		Statements: []policy.Statement{{Actions: []string{"s3:*"}}}}
	err := bad.Validate()
	for _, want := range []string{"role name", "no cluster", `namespace "Credit"`, `service account "-"`,
		"is a pattern", "no resource"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := (&Args{}).Validate(); err == nil || !strings.Contains(err.Error(), "no statement") {
		t.Errorf("an identity for nothing: %v", err)
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
