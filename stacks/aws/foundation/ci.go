package foundation

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/addons"
	"github.com/ashlar-dev/ashlar/components/cluster"
	"github.com/ashlar-dev/ashlar/components/deployer"
	"github.com/ashlar-dev/ashlar/components/githuboidc"
	"github.com/ashlar-dev/ashlar/components/gitlaboidc"
	"github.com/ashlar-dev/ashlar/components/issuer"
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
	statements func(*builder, tenant) []policy.Statement
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

// ci is the tenant's role of a duty: a *githuboidc.Args or a *gitlaboidc.Args. It
// believes the environment that GitHub's workflows name, or the audience that GitLab's
// pipeline asks for, which both take from the same place.
func (u *builder) ci(t tenant, d ciDuty) interface{ Validate() error } {
	name := u.prefix() + "-ci-" + string(d.duty) + t.suffix
	if hub := u.cfg.GitLab; hub != nil {
		return &gitlaboidc.Args{
			RoleName: name, Host: hub.Host, Project: t.Repository, Branch: hub.Branch,
			Audience: d.duty.Audience(u.cfg.Environment), ProviderArn: u.at.issuer,
			Statements: d.statements(u, t), Tags: u.tags(),
		}
	}
	return &githuboidc.Args{
		RoleName: name, Repository: t.Repository,
		Environment: d.duty.Environment(u.cfg.Environment), ProviderArn: u.at.issuer,
		Statements: d.statements(u, t), Tags: u.tags(),
	}
}

// role registers the role.
func (u *builder) role(ctx *pulumi.Context, name string, args interface{ Validate() error }) (*issuer.Role, error) {
	if lab, ok := args.(*gitlaboidc.Args); ok {
		return gitlaboidc.New(ctx, name, lab)
	}
	return githuboidc.New(ctx, name, args.(*githuboidc.Args))
}

// makeCI makes the roles that CI assumes, where the config names repositories.
func (u *builder) makeCI(ctx *pulumi.Context) error {
	tenants := u.tenants()
	if len(tenants) == 0 {
		return nil
	}
	if err := u.makeIssuer(ctx); err != nil {
		return err
	}
	all := pulumi.Map{}
	for _, t := range tenants {
		arns := pulumi.Map{}
		for _, d := range ciDuties {
			arn, err := u.makeRole(ctx, t, d)
			if err != nil {
				return err
			}
			arns[string(d.duty)] = arn
			if t.suffix == "" {
				u.out[d.output] = arn
			}
		}
		all[t.name] = arns
	}
	if len(u.cfg.Tenants) > 0 {
		u.out[outTenants] = all
	}
	return nil
}

// makeRole makes one, and lets it into the cluster where its duty is there.
func (u *builder) makeRole(ctx *pulumi.Context, t tenant, d ciDuty) (pulumi.StringOutput, error) {
	name := string(d.duty) + t.suffix
	g, err := u.role(ctx, "ci-"+name, u.ci(t, d))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	if d.group == "" {
		return g.RoleArn, nil
	}
	return g.RoleArn, cluster.Member(ctx, "cluster-ci-"+name, &cluster.MemberArgs{
		ClusterName: u.at.cluster, Principal: g.RoleArn, Group: t.group(d.group), Tags: u.tags(),
	}, pulumi.Parent(g))
}

// deployer is what the tenant's CI may do in the cluster. What concerns every
// namespace it may change where there is no other tenant.
func (u *builder) deployer(t tenant) *deployer.Args {
	return &deployer.Args{
		Prefix: u.cfg.Name + t.suffix, Namespaces: t.Namespaces, Reserved: addons.Namespaces(),
		Labels: map[string]string{object.LabelEnvironment: u.cfg.Environment,
			object.LabelTenant: t.name, object.LabelManagedBy: "ashlar"},
		Write: t.group(Deployers), Read: t.group(Viewers), Shared: t.suffix != "", After: u.at.ready,
	}
}

// ciImages pushes the runtime's image, and nothing else.
func (u *builder) ciImages(tenant) []policy.Statement {
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
func (u *builder) ciPreview(t tenant) []policy.Statement {
	return append(u.ciLooks(t), u.ciState(t, false)...)
}

// ciDeploy is what a merge needs: `pulumi up` of the workloads layer. It makes
// roles within the boundary and hands them to pods; it makes no bucket, changes
// no bucket's policy and no role's trust, and touches nothing of the foundation.
func (u *builder) ciDeploy(t tenant) []policy.Statement {
	out := append(u.ciLooks(t), u.ciIdentities(t)...)
	out = append(out,
		policy.Statement{
			Sid: "Lifecycle", Resources: []pulumi.StringInput{u.bucketsOf(t)},
			// owner and retention of the blueprint
			Actions: []string{"s3:PutBucketTagging", "s3:PutLifecycleConfiguration"},
		},
		policy.Statement{
			Sid: "WriteFiles", Resources: u.dataOf(t),
			Actions: []string{"s3:PutObject", "s3:PutObjectTagging"},
		},
		policy.Statement{
			Sid: "WriteKey", Resources: []pulumi.StringInput{u.at.dataKey}, Actions: []string{"kms:GenerateDataKey"},
			Conditions: u.viaS3(),
		})
	return append(out, u.ciState(t, true)...)
}

// ciLooks reads what the workloads layer registers.
func (u *builder) ciLooks(t tenant) []policy.Statement {
	return []policy.Statement{
		{Sid: "ReadTags", Unscoped: true, Actions: []string{"tag:GetResources"}}, // whose a bucket is
		{
			Sid: "ReadRoles", Resources: []pulumi.StringInput{u.rolesOf(t)},
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
			Sid: "ReadBuckets", Resources: []pulumi.StringInput{u.bucketsOf(t)},
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
			Sid: "ReadFiles", Resources: u.dataOf(t),
			Actions: []string{"s3:GetObject", "s3:GetObjectTagging"},
		},
		{Sid: "ReadKey", Resources: []pulumi.StringInput{u.at.dataKey},
			Actions: []string{"kms:Decrypt"}, Conditions: u.viaS3()},
		{Sid: "KeyOfBuckets", Resources: []pulumi.StringInput{u.at.dataKey}, Actions: []string{"kms:DescribeKey"}},
	}
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
