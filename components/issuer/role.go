package issuer

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Args says which tokens open the role and what it may do.
type Args struct {
	RoleName          string
	Host              string // of the issuer
	Audience, Subject string // the two claims that AWS compares, as they are
	Component         string // type of the component that the role is in
	ProviderArn       pulumi.StringInput
	Statements        []policy.Statement // at least one; see policy.Check
	Tags              map[string]string
}

var roleForm = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,64}$`)

// Problems are those that roles have whoever the issuer is. The noun begins each.
func (a *Args) Problems(noun string) error {
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf(noun+": "+format, args...)) }
	if !roleForm.MatchString(a.RoleName) {
		say("role name %q: want 1 to 64 letters, digits or + = , . @ _ -", a.RoleName)
	}
	if a.ProviderArn == nil {
		say("no identity provider: nobody could vouch for the job")
	}
	if len(a.Statements) == 0 {
		say("no statement: a role without permissions is of no use to CI")
	}
	if err := policy.Check(a.Statements); err != nil {
		say("%w", err)
	}
	return errors.Join(found...)
}

// Role is the role that a job of CI assumes.
type Role struct {
	pulumi.ResourceState

	RoleArn pulumi.StringOutput
}

// NewRole registers the role, whose arguments the caller has validated.
func NewRole(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Role, error) {
	c := &Role{}
	if err := ctx.RegisterComponentResource(args.Component, name, c, opts...); err != nil {
		return nil, fmt.Errorf("role of CI %s: %w", name, err)
	}
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Name:             pulumi.String(args.RoleName),
		Description:      pulumi.String("CI: " + args.Subject),
		AssumeRolePolicy: args.trust(),
		Tags:             pulumi.ToStringMap(args.Tags),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("role of CI %s: %w", name, err)
	}
	if _, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Name:   pulumi.String("allowed"),
		Role:   role.Name,
		Policy: policy.Document(args.Statements...),
	}, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("role of CI %s: policy: %w", name, err)
	}
	c.RoleArn = role.Arn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"roleArn": c.RoleArn})
}

// trust lets the issuer's tokens of one subject and for one audience assume the role.
// Both claims are compared as they are, without patterns.
func (a *Args) trust() pulumi.StringOutput {
	return policy.Document(policy.Statement{
		Principals: policy.Principals{Federated: []pulumi.StringInput{a.ProviderArn}},
		Actions:    []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: []policy.Condition{
			policy.When("StringEquals", a.Host+":aud", pulumi.String(a.Audience)),
			policy.When("StringEquals", a.Host+":sub", pulumi.String(a.Subject)),
		},
	})
}
