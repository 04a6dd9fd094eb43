package gitlaboidc

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
		RoleName: "ashlar-prod-ci-deploy", Host: "gitlab.example.com", Project: "acme/risk/ml", Branch: "main",
		Audience: "ashlar-prod", ProviderArn: pulumi.String("arn:aws:iam::1:oidc-provider/gitlab.example.com"),
		Statements: []policy.Statement{{Actions: []string{"ecr:PutImage"},
			Resources: []pulumi.StringInput{pulumi.String("arn:aws:ecr:eu-west-1:1:repository/r")}}},
	}
}

func TestOneKindOfJobIsBelieved(t *testing.T) {
	role := pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "ci", args())
		return err
	}).One(t, "aws:iam/role:Role")
	trust := pulumitest.Statements(t, role.Text("assumeRolePolicy"))
	equal := trust[0].Condition["StringEquals"]
	if len(trust) != 1 || len(trust[0].Condition) != 1 ||
		!slices.Equal(equal["gitlab.example.com:sub"], []string{"project_path:acme/risk/ml:ref_type:branch:ref:main"}) ||
		!slices.Equal(equal["gitlab.example.com:aud"], []string{"ashlar-prod"}) {
		t.Errorf("believes %+v", trust)
	}
}

func TestPatternsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Args){
		"a pattern of projects":     func(a *Args) { a.Project = "acme/*" },
		"a whole group":             func(a *Args) { a.Project = "acme" },
		"a pattern of branches":     func(a *Args) { a.Branch = "*" },
		"another claim smuggled in": func(a *Args) { a.Project = "acme/ml:ref_type:branch:ref:x" },
		"a URL for a host":          func(a *Args) { a.Host = "https://gitlab.com" },
		"no audience":               func(a *Args) { a.Audience = "" },
		"nobody who vouches":        func(a *Args) { a.ProviderArn = nil },
		"nothing to do":             func(a *Args) { a.Statements = nil },
		"a role name with a slash":  func(a *Args) { a.RoleName = "a/b" },
	} {
		a := args()
		spoil(a)
		if err := a.Validate(); err == nil || !strings.HasPrefix(err.Error(), "gitlaboidc: ") {
			t.Errorf("%s passed: %v", name, err)
		}
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
