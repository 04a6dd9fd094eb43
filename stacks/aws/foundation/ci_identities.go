package foundation

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/policy"
)

// ciIdentities makes the workloads' roles, within the boundary, and hands them
// to pods of the cluster.
func (u *builder) ciIdentities(t tenant) []policy.Statement {
	roles, who := []pulumi.StringInput{u.rolesOf(t)}, pulumi.String(t.name)
	asked := policy.When("StringEquals", "aws:RequestTag/"+tagTenant, who)
	return []policy.Statement{
		{
			Sid: "BoundedRoles", Resources: roles,
			Actions:    []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"},
			Conditions: []policy.Condition{policy.When("ArnEquals", "iam:PermissionsBoundary", u.at.boundary)},
		},
		{
			Sid: "Roles", Resources: roles,
			Actions: []string{"iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:UntagRole"},
		},
		{ // also what a role is made with: the boundary knows the tenant by the tag
			Sid: "TagRoles", Resources: roles, Actions: []string{"iam:TagRole"},
			Conditions: []policy.Condition{policy.When("StringEqualsIfExists", "aws:RequestTag/"+tagTenant, who)},
		},
		{
			Sid: "PassRoles", Resources: roles, Actions: []string{"iam:PassRole"},
			Conditions: []policy.Condition{policy.When("StringEquals", "iam:PassedToService",
				pulumi.String("pods.eks.amazonaws.com"))},
		},
		{Sid: "Associate", Resources: []pulumi.StringInput{u.at.clusterArn},
			Actions: []string{"eks:CreatePodIdentityAssociation"}, Conditions: []policy.Condition{asked}},
		{
			Sid: "Associations", Resources: []pulumi.StringInput{u.associationsArn()},
			Actions: []string{"eks:DeletePodIdentityAssociation", "eks:UntagResource",
				"eks:UpdatePodIdentityAssociation"},
			Conditions: []policy.Condition{policy.When("StringEquals", "aws:ResourceTag/"+tagTenant, who)},
		},
		{ // one that is being made has no tags yet; another tenant's has
			Sid: "TagAssociations", Resources: []pulumi.StringInput{u.associationsArn()},
			Actions: []string{"eks:TagResource"},
			Conditions: []policy.Condition{policy.When("StringEqualsIfExists", "aws:ResourceTag/"+tagTenant, who),
				policy.When("StringEqualsIfExists", "aws:RequestTag/"+tagTenant, who)},
		},
	}
}
