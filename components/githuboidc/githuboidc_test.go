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
		ProviderArn: pulumi.String(arn),
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
		if !slices.Equal(equal[host+":sub"], []string{want}) ||
			!slices.Equal(equal[host+":aud"], []string{audience}) {
			t.Errorf("believes %v, want the subject %s", trust[0].Condition, want)
		}
		if len(trust) != 1 || len(trust[0].Condition) != 1 ||
			!slices.Equal(trust[0].Action, []string{"sts:AssumeRoleWithWebIdentity"}) {
			t.Errorf("trust %+v", trust)
		}
	}
}

const (
	typ   = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	token = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
	arn   = "arn:aws:iam::" + pulumitest.Account + ":oidc-provider/" + host
)

func TestTheProviderOutlivesTheStackThatMadeIt(t *testing.T) {
	for _, adopt := range []string{"", arn} {
		p := pulumitest.Must(t, func(ctx *pulumi.Context) error {
			_, err := Issuer().New(ctx, "github", adopt, nil)
			return err
		}).One(t, typ)
		if p.Text("url") != "https://"+host || !p.RetainOnDelete || p.ImportID != adopt {
			t.Errorf("url %s, retained %v, imported %q", p.Text("url"), p.RetainOnDelete, p.ImportID)
		}
	}
}

func TestAnAccountsProviderIsFoundByItsURL(t *testing.T) {
	find := func(ids []any) (out string, err error) {
		_, err = pulumitest.Answered(func(ctx *pulumi.Context) error {
			found, err := Issuer().Find(ctx)
			if err == nil {
				out = string(found.(pulumi.String))
			}
			return err
		}, map[string]map[string]any{token: {"arn": arn, "clientIdLists": ids}})
		return out, err
	}
	if got, err := find([]any{"sigstore", audience}); got != arn || err != nil {
		t.Errorf("found %s, %v", got, err)
	}
	if _, err := find([]any{"sigstore"}); err == nil || !strings.Contains(err.Error(), "--client-id "+audience) {
		t.Errorf("a provider for others only: %v", err)
	}
	if _, err := pulumitest.Run(func(ctx *pulumi.Context) error {
		_, err := Issuer().Find(ctx)
		return err
	}); err == nil || !strings.Contains(err.Error(), "identity provider for https://"+host) {
		t.Errorf("none there: %v", err)
	}
}

func TestPatternsAreRefused(t *testing.T) {
	cases := map[string]func(*Args){
		"a pattern of repositories":    func(a *Args) { a.Repository = "acme/*" },
		"a whole owner":                func(a *Args) { a.Repository = "acme" },
		"no environment":               func(a *Args) { a.Environment = "" },
		"a pattern of environments":    func(a *Args) { a.Environment = "*" },
		"another claim smuggled in":    func(a *Args) { a.Environment = "prod:ref:refs/heads/x" },
		"nobody who vouches":           func(a *Args) { a.ProviderArn = nil },
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
