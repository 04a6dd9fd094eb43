package aws

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/githuboidc"
	"github.com/ashlar-dev/ashlar/components/policy"
)

func (u *underlay) ci() *githuboidc.Args {
	g := u.cfg.GitHub
	return &githuboidc.Args{
		RoleName: u.prefix() + "-ci", Repository: g.Repository, Branch: g.Branch, Environment: g.Environment,
		Statements: u.ciStatements(), Tags: u.tags(),
	}
}

// ciStatements is what a merge needs: push the runtime's image, and `pulumi
// up` of the workloads layer. It can delete no bucket, make no role beyond the
// boundary, and touch nothing of the foundation, which people apply.
func (u *underlay) ciStatements() []policy.Statement {
	return append(append(u.ciImages(), u.ciIdentities()...), u.ciData()...)
}

func (u *underlay) ciImages() []policy.Statement {
	return []policy.Statement{
		{Sid: "Login", Unscoped: true, Actions: []string{"ecr:GetAuthorizationToken"}},
		{
			Sid: "Images", Resources: []pulumi.StringInput{u.at.registry},
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
				"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage", "ecr:UploadLayerPart",
			},
		},
	}
}

// ciIdentities makes the workloads' roles, within the boundary, and hands them
// to pods of the cluster.
func (u *underlay) ciIdentities() []policy.Statement {
	roles := []pulumi.StringInput{u.rolesArn()}
	return []policy.Statement{
		{
			Sid: "BoundedRoles", Resources: roles,
			Actions:    []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"},
			Conditions: []policy.Condition{policy.When("ArnEquals", "iam:PermissionsBoundary", u.at.boundary)},
		},
		{
			Sid: "Roles", Resources: roles,
			Actions: []string{
				"iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
				"iam:ListRolePolicies", "iam:ListRoleTags", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
				"iam:UpdateRoleDescription",
			},
		},
		{
			Sid: "PassRoles", Resources: roles, Actions: []string{"iam:PassRole"},
			Conditions: []policy.Condition{policy.When("StringEquals", "iam:PassedToService", pulumi.String("pods.eks.amazonaws.com"))},
		},
		{
			Sid: "Cluster", Resources: []pulumi.StringInput{u.at.clusterArn},
			Actions: []string{"eks:CreatePodIdentityAssociation", "eks:DescribeCluster", "eks:ListPodIdentityAssociations"},
		},
		{
			Sid: "Associations",
			Actions: []string{
				"eks:DeletePodIdentityAssociation", "eks:DescribePodIdentityAssociation", "eks:TagResource", "eks:UntagResource",
				"eks:UpdatePodIdentityAssociation",
			},
			Resources: []pulumi.StringInput{u.arn("eks", pulumi.Sprintf("podidentityassociation/%s/*", u.at.cluster))},
		},
	}
}

// ciData makes the workloads' buckets and brings datasets that are in the
// repository there.
func (u *underlay) ciData() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "Buckets", Resources: []pulumi.StringInput{u.bucketsArn()},
			Actions: []string{
				"s3:CreateBucket", "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
				"s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
				"s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
				"s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
				"s3:ListBucket", "s3:PutBucketLogging", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
				"s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
				"s3:PutLifecycleConfiguration",
			},
		},
		{
			Sid: "Files", Resources: []pulumi.StringInput{pulumi.Sprintf("%s/*", u.bucketsArn())},
			Actions: []string{"s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"},
		},
		{
			Sid: "Key", Resources: []pulumi.StringInput{u.at.dataKey},
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Conditions: []policy.Condition{policy.When("StringEquals", "kms:ViaService", pulumi.String("s3."+u.cfg.Region+".amazonaws.com"))},
		},
		{Sid: "KeyOfBuckets", Resources: []pulumi.StringInput{u.at.dataKey}, Actions: []string{"kms:DescribeKey"}},
	}
}
