package githuboidc

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
		RoleName: "ashlar-prod-ci", Repository: "acme/ml-platform", Environment: "prod",
		Statements: []policy.Statement{{Actions: []string{"ecr:PutImage"},
			Resources: []pulumi.StringInput{pulumi.String("arn:aws:ecr:eu-west-1:1:repository/r")}}},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "ci", a)
		return err
	})
}

func TestOneKindOfJobIsBelieved(t *testing.T) {
	for want, a := range map[string]*Args{"repo:acme/ml-platform:environment:prod": args()} {
		role := record(t, a).One(t, "aws:iam/role:Role")
		trust := pulumitest.Statements(t, role.Text("assumeRolePolicy"))
		equal := trust[0].Condition["StringEquals"]
		if !slices.Equal(equal[issuer+":sub"], []string{want}) ||
			!slices.Equal(equal[issuer+":aud"], []string{audience}) {
			t.Errorf("believes %v, want the subject %s", trust[0].Condition, want)
		}
		if len(trust) != 1 || len(trust[0].Condition) != 1 ||
			!slices.Equal(trust[0].Action, []string{"sts:AssumeRoleWithWebIdentity"}) {
			t.Errorf("trust %+v", trust)
		}
	}
}

func TestAnAccountsOwnProviderIsTaken(t *testing.T) {
	if p := record(t, args()).One(t, "aws:iam/openIdConnectProvider:OpenIdConnectProvider"); p.Text("url") != "https://"+issuer {
		t.Errorf("provider %v", p.Inputs)
	}
	a := args()
	a.ProviderArn = pulumi.String("arn:aws:iam::1:oidc-provider/" + issuer)
	if r := record(t, a); len(r.All("aws:iam/openIdConnectProvider:OpenIdConnectProvider")) != 0 {
		t.Error("a second provider: AWS refuses it")
	}
}

func TestPatternsAreRefused(t *testing.T) {
	cases := map[string]func(*Args){
		"a pattern of repositories":    func(a *Args) { a.Repository = "acme/*" },
		"a whole owner":                func(a *Args) { a.Repository = "acme" },
		"no environment":               func(a *Args) { a.Environment = "" },
		"a pattern of environments":    func(a *Args) { a.Environment = "*" },
		"another claim smuggled in":    func(a *Args) { a.Environment = "prod:ref:refs/heads/x" },
		"nothing to do":                func(a *Args) { a.Statements = nil },
		"everything to do":             func(a *Args) { a.Statements[0].Actions = []string{"*"} },
		"a role name with a slash":     func(a *Args) { a.RoleName = "a/b" },
		"a role name that is too long": func(a *Args) { a.RoleName = strings.Repeat("a", 65) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			a := args()
			spoil(a)
			if err := a.Validate(); err == nil {
				t.Error("passed")
			}
		})
	}
	if err := args().Validate(); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}
