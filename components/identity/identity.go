// Package identity is what a workload is to AWS: one role for one service
// account, by EKS Pod Identity, allowed exactly the statements that its edges
// in the plan need. Pod Identity rather than IRSA: no OIDC provider and no
// annotation on the service account, so the same manifests work anywhere.
package identity

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// Identity is a role and its association with a service account.
type Identity struct {
	pulumi.ResourceState

	RoleArn  pulumi.StringOutput
	RoleName pulumi.StringOutput
	// Association is what a workload depends on: pods that start before it
	// have no credentials.
	Association pulumi.Resource
}

// New registers the identity. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Identity, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Identity{}
	if err := ctx.RegisterComponentResource("ashlar:identity:Identity", name, c, opts...); err != nil {
		return nil, fmt.Errorf("identity %s: %w", name, err)
	}
	roleArgs := &iam.RoleArgs{
		Name:             pulumi.String(args.RoleName),
		Description:      pulumi.Sprintf("Pods of %s/%s", args.Namespace, args.ServiceAccount),
		AssumeRolePolicy: args.trust(),
		Tags:             pulumi.ToStringMap(args.Tags),
	}
	if args.Boundary != nil {
		roleArgs.PermissionsBoundary = args.Boundary.ToStringOutput()
	}
	role, err := iam.NewRole(ctx, name, roleArgs, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("identity %s: role: %w", name, err)
	}
	allowed, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Name:   pulumi.String("allowed"),
		Role:   role.Name,
		Policy: policy.Document(args.Statements...),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("identity %s: policy: %w", name, err)
	}
	association, err := eks.NewPodIdentityAssociation(ctx, name, &eks.PodIdentityAssociationArgs{
		ClusterName:    args.ClusterName.ToStringOutput(),
		Namespace:      pulumi.String(args.Namespace),
		ServiceAccount: pulumi.String(args.ServiceAccount),
		RoleArn:        role.Arn,
		Tags:           pulumi.ToStringMap(args.Tags),
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{allowed}))
	if err != nil {
		return nil, fmt.Errorf("identity %s: association: %w", name, err)
	}
	c.RoleArn, c.RoleName, c.Association = role.Arn, role.Name, association
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"roleArn": c.RoleArn, "roleName": c.RoleName})
}

// trust returns who may assume the role: Pod Identity, for this service
// account in this namespace. sts:TagSession carries their names, which is what
// the conditions read.
func (a *Args) trust() pulumi.StringOutput {
	conditions := []policy.Condition{
		policy.When("StringEquals", "aws:RequestTag/kubernetes-namespace", pulumi.String(a.Namespace)),
		policy.When("StringEquals", "aws:RequestTag/kubernetes-service-account", pulumi.String(a.ServiceAccount)),
	}
	if a.ClusterArn != nil {
		conditions = append(conditions, policy.When("ArnEquals", "aws:RequestTag/eks-cluster-arn", a.ClusterArn))
	}
	return policy.Document(policy.Statement{
		Principals: policy.Principals{Services: []string{"pods.eks.amazonaws.com"}},
		Actions:    []string{"sts:AssumeRole", "sts:TagSession"},
		Conditions: conditions,
	})
}
