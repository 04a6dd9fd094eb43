// Package githuboidc is the role that CI assumes: GitHub vouches for the job
// by OIDC, so that no AWS key is kept anywhere, and only jobs of one environment
// of one repository are believed.
package githuboidc

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/issuer"
)

const (
	host     = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

// New registers the role. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*issuer.Role, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	return issuer.NewRole(ctx, name, args.role(), opts...)
}

// Issuer is GitHub.
func Issuer() issuer.Issuer {
	return issuer.Issuer{Host: host, Audiences: []string{audience}, Component: "ashlar:githuboidc:Provider"}
}

// role trusts GitHub's tokens of one repository and one of its environments.
func (a *Args) role() *issuer.Args {
	return &issuer.Args{
		RoleName: a.RoleName, Host: host, Audience: audience, Subject: a.subject(),
		Component: "ashlar:githuboidc:GitHubOIDC", ProviderArn: a.ProviderArn, Statements: a.Statements, Tags: a.Tags,
	}
}
