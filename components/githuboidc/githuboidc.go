// Package githuboidc is the role that CI assumes: GitHub vouches for the job
// by OIDC, so that no AWS key is kept anywhere, and only jobs of one environment
// of one repository are believed.
package githuboidc

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

const (
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

// GitHubOIDC is the role.
type GitHubOIDC struct {
	pulumi.ResourceState

	RoleArn pulumi.StringOutput
}

// New registers the role. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*GitHubOIDC, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &GitHubOIDC{}
	if err := ctx.RegisterComponentResource("ashlar:githuboidc:GitHubOIDC", name, c, opts...); err != nil {
		return nil, fmt.Errorf("githuboidc %s: %w", name, err)
	}
	roleArgs := &iam.RoleArgs{
		Name:             pulumi.String(args.RoleName),
		Description:      pulumi.String("CI: " + args.subject()),
		AssumeRolePolicy: args.trust(),
		Tags:             pulumi.ToStringMap(args.Tags),
	}
	if args.Boundary != nil {
		roleArgs.PermissionsBoundary = args.Boundary.ToStringOutput()
	}
	role, err := iam.NewRole(ctx, name, roleArgs, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("githuboidc %s: role: %w", name, err)
	}
	if _, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Name:   pulumi.String("allowed"),
		Role:   role.Name,
		Policy: policy.Document(args.Statements...),
	}, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("githuboidc %s: policy: %w", name, err)
	}
	c.RoleArn = role.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"roleArn": c.RoleArn})
}

// trust lets GitHub's tokens of one repository and one of its environments assume the
// role. Both claims are compared as they are, without patterns.
func (a *Args) trust() pulumi.StringOutput {
	return policy.Document(policy.Statement{
		Principals: policy.Principals{Federated: []pulumi.StringInput{a.ProviderArn}},
		Actions:    []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: []policy.Condition{
			policy.When("StringEquals", issuer+":aud", pulumi.String(audience)),
			policy.When("StringEquals", issuer+":sub", pulumi.String(a.subject())),
		},
	})
}
