package foundation

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/components/deployer"
	"github.com/ashlar-dev/ashlar/components/githuboidc"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

// ciDuty is what a role of CI is for: what it may do in AWS, and in which group
// of the cluster it is.
type ciDuty struct {
	duty       workflows.Duty
	output     string // of the stack: the role's ARN
	group      string // empty: the cluster is no business of it
	statements func(*builder) []policy.Statement
}

// The groups of the cluster.
const (
	Deployers = "ashlar-deploy"
	Viewers   = "ashlar-preview"
)

// ciDuties are the roles of CI. None of them administers anything: the
// foundation, namespaces and buckets are made by people.
var ciDuties = []ciDuty{
	{workflows.Deploy, "ciDeployRoleArn", Deployers, (*builder).ciDeploy},
	{workflows.Preview, "ciPreviewRoleArn", Viewers, (*builder).ciPreview},
	{workflows.Image, "ciImageRoleArn", "", (*builder).ciImages},
}

// ci is the role of a duty. It believes the environment that the workflows
// name, which both take from the same place.
func (u *builder) ci(d ciDuty) *githuboidc.Args {
	return &githuboidc.Args{
		RoleName: u.prefix() + "-ci-" + string(d.duty), Repository: u.cfg.GitHub.Repository,
		Environment: d.duty.Environment(u.cfg.Environment), ProviderArn: u.at.issuer,
		Statements: d.statements(u), Tags: u.tags(),
	}
}

// makeCI makes the roles that CI assumes, where the config names a repository.
func (u *builder) makeCI(ctx *pulumi.Context) error {
	if u.cfg.GitHub == nil {
		return nil
	}
	if err := u.makeIssuer(ctx); err != nil {
		return err
	}
	for _, d := range ciDuties {
		g, err := githuboidc.New(ctx, "ci-"+string(d.duty), u.ci(d))
		if err != nil {
			return err
		}
		u.out[d.output] = g.RoleArn
		if d.group == "" {
			continue
		}
		if err := cluster.Member(ctx, "cluster-ci-"+string(d.duty), &cluster.MemberArgs{
			ClusterName: u.at.cluster, Principal: g.RoleArn, Group: d.group, Tags: u.tags(),
		}, pulumi.Parent(g)); err != nil {
			return err
		}
	}
	return nil
}

// deployer is what CI may do in the cluster.
func (u *builder) deployer() *deployer.Args {
	return &deployer.Args{
		Prefix: u.cfg.Name, Namespaces: u.cfg.GitHub.Namespaces,
		Reserved: addons.Namespaces(),
		Labels: map[string]string{object.LabelEnvironment: u.cfg.Environment,
			"app.kubernetes.io/managed-by": "ashlar"},
		Write: Deployers, Read: Viewers, After: u.at.ready,
	}
}

// ciImages pushes the runtime's image, and nothing else.
func (u *builder) ciImages() []policy.Statement {
	return []policy.Statement{
		{Sid: "Login", Unscoped: true, Actions: []string{"ecr:GetAuthorizationToken"}},
		{
			Sid: "Images", Resources: []pulumi.StringInput{u.at.registry},
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
				"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages",
				"ecr:PutImage", "ecr:UploadLayerPart",
			},
		},
	}
}

// ciPreview compares what is deployed with the blueprint, reading only: Pulumi takes
// no lock for that.
func (u *builder) ciPreview() []policy.Statement { return append(u.ciLooks(), u.ciState()...) }

// ciDeploy is what a merge needs: `pulumi up` of the workloads layer. It makes
// roles within the boundary and hands them to pods; it makes no bucket, changes
// no bucket's policy and no role's trust, and touches nothing of the foundation.
func (u *builder) ciDeploy() []policy.Statement {
	out := append(u.ciLooks(), u.ciIdentities()...)
	out = append(out,
		policy.Statement{
			Sid: "Lifecycle", Resources: []pulumi.StringInput{u.bucketsArn()},
			// owner and retention of the blueprint
			Actions: []string{"s3:PutBucketTagging", "s3:PutLifecycleConfiguration"},
		},
		policy.Statement{
			Sid: "WriteFiles", Resources: []pulumi.StringInput{pulumi.Sprintf("%s/*", u.bucketsArn())},
			Actions: []string{"s3:PutObject", "s3:PutObjectTagging"},
		},
		policy.Statement{
			Sid: "WriteKey", Resources: []pulumi.StringInput{u.at.dataKey}, Actions: []string{"kms:GenerateDataKey"},
			Conditions: u.viaS3(),
		})
	return append(out, u.ciState("locks/organization/%s/%s/*", "stacks/%s/%s.json*",
		"history/%s/%s/*", "backups/%s/%s/*")...)
}

// ciLooks reads what the workloads layer registers.
func (u *builder) ciLooks() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "ReadRoles", Resources: []pulumi.StringInput{u.rolesArn()},
			Actions: []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
				"iam:ListRolePolicies", "iam:ListRoleTags"},
		},
		{
			Sid: "ReadCluster", Resources: []pulumi.StringInput{u.at.clusterArn},
			Actions: []string{"eks:DescribeCluster", "eks:ListPodIdentityAssociations"},
		},
		{
			Sid: "ReadAssociations", Resources: []pulumi.StringInput{u.associationsArn()},
			Actions: []string{"eks:DescribePodIdentityAssociation"},
		},
		{
			Sid: "ReadBuckets", Resources: []pulumi.StringInput{u.bucketsArn()},
			Actions: []string{
				"s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
				"s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
				"s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment",
				"s3:GetBucketTagging", "s3:GetBucketVersioning",
				"s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
				"s3:GetReplicationConfiguration",
				"s3:ListBucket",
			},
		},
		{
			Sid: "ReadFiles", Resources: []pulumi.StringInput{pulumi.Sprintf("%s/*", u.bucketsArn())},
			Actions: []string{"s3:GetObject", "s3:GetObjectTagging"},
		},
		{Sid: "ReadKey", Resources: []pulumi.StringInput{u.at.dataKey},
			Actions: []string{"kms:Decrypt"}, Conditions: u.viaS3()},
		{Sid: "KeyOfBuckets", Resources: []pulumi.StringInput{u.at.dataKey}, Actions: []string{"kms:DescribeKey"}},
	}
}

// ciIdentities makes the workloads' roles, within the boundary, and hands them
// to pods of the cluster.
func (u *builder) ciIdentities() []policy.Statement {
	roles := []pulumi.StringInput{u.rolesArn()}
	return []policy.Statement{
		{
			Sid: "BoundedRoles", Resources: roles,
			Actions:    []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"},
			Conditions: []policy.Condition{policy.When("ArnEquals", "iam:PermissionsBoundary", u.at.boundary)},
		},
		{
			Sid: "Roles", Resources: roles,
			Actions: []string{"iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole"},
		},
		{
			Sid: "PassRoles", Resources: roles, Actions: []string{"iam:PassRole"},
			Conditions: []policy.Condition{policy.When("StringEquals", "iam:PassedToService",
				pulumi.String("pods.eks.amazonaws.com"))},
		},
		{Sid: "Associate", Resources: []pulumi.StringInput{u.at.clusterArn},
			Actions: []string{"eks:CreatePodIdentityAssociation"}},
		{
			Sid: "Associations", Resources: []pulumi.StringInput{u.associationsArn()},
			Actions: []string{"eks:DeletePodIdentityAssociation", "eks:TagResource", "eks:UntagResource",
				"eks:UpdatePodIdentityAssociation"},
		},
	}
}

// ciState reads Pulumi's state, where it is in a bucket, and writes below the
// given places of the environment's own stack: the foundation's is another.
func (u *builder) ciState(places ...string) []policy.Statement {
	if u.cfg.GitHub.State == "" {
		return nil
	}
	bucket, prefix := splitState(u.cfg.GitHub.State)
	arn := pulumi.Sprintf("arn:%s:s3:::%s", u.partition(), bucket)
	var writes []pulumi.StringInput
	for _, place := range places {
		writes = append(writes, pulumi.Sprintf("%s/%s.pulumi/"+place, arn, prefix, u.project, u.cfg.Environment))
	}
	out := []policy.Statement{
		{Sid: "ListState", Resources: []pulumi.StringInput{arn}, Actions: []string{"s3:ListBucket"}},
		{Sid: "ReadState", Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s.pulumi/*", arn, prefix)},
			Actions: []string{"s3:GetObject"}},
	}
	if len(writes) > 0 {
		out = append(out, policy.Statement{Sid: "WriteState", Resources: writes,
			Actions: []string{"s3:DeleteObject", "s3:PutObject"}})
	}
	return out
}

// viaS3 holds where S3 asks for the key in somebody's name.
func (u *builder) viaS3() []policy.Condition {
	return []policy.Condition{policy.When("StringEquals", "kms:ViaService",
		pulumi.String("s3."+u.cfg.Region+".amazonaws.com"))}
}

// associationsArn matches the cluster's pod identity associations, whose last part is
// an identifier that EKS makes up.
func (u *builder) associationsArn() pulumi.StringInput {
	return u.arn("eks", pulumi.Sprintf("podidentityassociation/%s/*", u.at.cluster))
}

// splitState takes BUCKET or BUCKET/PREFIX apart; a prefix ends in a slash.
func splitState(at string) (bucket, prefix string) {
	bucket, prefix, _ = strings.Cut(at, "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix
}
