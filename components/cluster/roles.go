package cluster

import (
	"path"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// role registers a role that the service assumes, with policies that AWS
// keeps. The attachments are returned for others to depend on.
func (b *build) role(suffix, service string, actions []string, managed ...string) (*iam.Role,
	[]pulumi.Resource, error) {
	name := b.name + "-" + suffix
	// A renamed role would be a new one, and the cluster could not follow.
	role, err := iam.NewRole(b.ctx, name, &iam.RoleArgs{
		Name:        pulumi.String(b.args.ClusterName + "-" + suffix),
		Description: pulumi.String("EKS cluster " + b.args.ClusterName + ": " + suffix),
		AssumeRolePolicy: policy.Document(policy.Statement{
			Principals: policy.Principals{Services: []string{service}}, Actions: actions,
		}),
		Tags: b.tags,
	}, b.child(pulumi.IgnoreChanges([]string{"name"}))...)
	if err != nil {
		return nil, nil, err
	}
	var attached []pulumi.Resource
	for _, m := range managed {
		a, err := iam.NewRolePolicyAttachment(b.ctx, name+"-"+path.Base(m), &iam.RolePolicyAttachmentArgs{
			Role: role.Name, PolicyArn: b.args.managed(m),
		}, b.child()...)
		if err != nil {
			return nil, nil, err
		}
		attached = append(attached, a)
	}
	return role, attached, nil
}

// clusterRole is the control plane's: AWS's own policy, and our key for the
// secrets in etcd.
func (b *build) clusterRole() (*iam.Role, []pulumi.Resource, error) {
	role, granted, err := b.role("cluster", "eks.amazonaws.com", []string{"sts:AssumeRole"}, "AmazonEKSClusterPolicy")
	if err != nil {
		return nil, nil, err
	}
	key, err := b.inline(role, "cluster", policy.Statement{
		Sid: "Secrets", Actions: []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"},
		Resources: []pulumi.StringInput{b.args.KMSKeyArn},
	})
	return role, append(granted, key), err
}

// podRole is the role of an add-on's pods, by Pod Identity. The add-on makes
// the association, so the trust names no service account of ours.
func (b *build) podRole(suffix string, managed ...string) (*iam.Role, []pulumi.Resource, error) {
	return b.role(suffix, "pods.eks.amazonaws.com", []string{"sts:AssumeRole", "sts:TagSession"}, managed...)
}

// inline registers statements as a policy of the role.
func (b *build) inline(role *iam.Role, suffix string, statements ...policy.Statement) (pulumi.Resource, error) {
	if err := policy.Check(statements); err != nil {
		return nil, err
	}
	return iam.NewRolePolicy(b.ctx, b.name+"-"+suffix, &iam.RolePolicyArgs{
		Name: pulumi.String("allowed"), Role: role.Name, Policy: policy.Document(statements...),
	}, b.child()...)
}
