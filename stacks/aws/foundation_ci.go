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

// ciStatements is what CI does in AWS by itself: push the runtime's image and
// find the cluster.
func (u *underlay) ciStatements() []policy.Statement {
	return []policy.Statement{
		{Sid: "Login", Unscoped: true, Actions: []string{"ecr:GetAuthorizationToken"}},
		{
			Sid: "Images", Resources: []pulumi.StringInput{u.at.registry},
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
				"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage", "ecr:UploadLayerPart",
			},
		},
		{Sid: "Cluster", Resources: []pulumi.StringInput{u.at.clusterArn}, Actions: []string{"eks:DescribeCluster"}},
	}
}
