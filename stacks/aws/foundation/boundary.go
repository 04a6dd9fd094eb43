package foundation

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// makeBoundary registers what no workload's role can ever exceed, whatever its
// own policy says. CI may make such roles and no others: without a boundary,
// who may make a role may do everything.
func (u *builder) makeBoundary(ctx *pulumi.Context) error {
	boundary, err := iam.NewPolicy(ctx, "workloads-boundary", &iam.PolicyArgs{
		Name:        pulumi.String(u.prefix() + "-" + u.cfg.Region + "-boundary"),
		Description: pulumi.String("The most that a workload of " + u.prefix() + " may do"),
		Policy:      policy.Document(u.boundaryStatements()...),
		Tags:        pulumi.ToStringMap(u.tags()),
	})
	if err != nil {
		return fmt.Errorf("boundary of workloads: %w", err)
	}
	u.at.boundary = boundary.Arn
	u.out[OutBoundary] = boundary.Arn
	return nil
}

// boundaryStatements is the union of what lineage grants: datasets may be
// anywhere, what is written is ours. The database's master password is not in
// it: no role that CI makes can read it, whatever policy CI gives the role. Each
// tenant's users of the database are kept to it by apart.
func (u *builder) boundaryStatements() []policy.Statement {
	var users []pulumi.StringInput
	for _, d := range plan.Duties() {
		if d != plan.DutyDecide { // people's
			users = append(users, u.arn("rds-db",
				pulumi.Sprintf("dbuser:%s/%s", u.at.databaseID, d.User(config.SchemaOf("*", u.cfg.Environment)))))
		}
	}
	return slices.Concat(u.boundaryOfData(), []policy.Statement{
		{Sid: "Keys", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources: []pulumi.StringInput{u.at.dataKey}},
		{
			Sid: "Database", Actions: []string{"rds-db:connect"}, Resources: users,
		},
	}, u.apart())
}

// bucketsArn matches the buckets of the workloads layer, which end in the
// account; the foundation's own begin with what they are for.
func (u *builder) bucketsArn() pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:s3:::%s-*-%s", u.partition(), u.prefix(), u.at.account)
}

// arn returns an ARN of this account and region.
func (u *builder) arn(service string, resource pulumi.StringInput) pulumi.StringInput {
	return pulumi.Sprintf("arn:%s:%s:%s:%s:%s", u.partition(), service, u.cfg.Region, u.at.account, resource)
}
