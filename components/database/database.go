// Package database is the PostgreSQL that keeps the registry and the runs:
// RDS, encrypted under our key, reached over TLS from the cluster alone, with
// a master password that nobody chooses, IAM authentication for workloads, and
// backups. It outlives the stack, with what it uses, and a final snapshot
// outlives it.
package database

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// MasterUser is the user whose password RDS keeps in Secrets Manager.
const MasterUser = "ashlar_admin"

// Database is an RDS instance.
type Database struct {
	pulumi.ResourceState

	Host       pulumi.StringOutput
	Port       pulumi.IntOutput
	Name       pulumi.StringOutput // of the first database
	Arn        pulumi.StringOutput
	ResourceID pulumi.StringOutput // "db-...": what rds-db:connect permissions name
	SecretArn  pulumi.StringOutput // of the master password; the password itself is in no state
}

// New registers the database. The arguments are validated first.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Database, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Database{}
	if err := ctx.RegisterComponentResource("ashlar:database:Database", name, c, opts...); err != nil {
		return nil, fmt.Errorf("database %s: %w", name, err)
	}
	instance, err := args.register(ctx, name, c)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", name, err)
	}
	c.Host, c.Port, c.Name, c.ResourceID = instance.Address, instance.Port, instance.DbName, instance.ResourceId
	c.Arn = instance.Arn
	c.SecretArn = instance.MasterUserSecrets.ApplyT(secretArn).(pulumi.StringOutput)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"host": c.Host, "port": c.Port, "name": c.Name, "resourceId": c.ResourceID, "secretArn": c.SecretArn,
	})
}

// secretArn returns the ARN of the only secret, which an instance that was
// imported with a password of its own does not have.
func secretArn(secrets []rds.InstanceMasterUserSecret) (string, error) {
	if len(secrets) == 0 || secrets[0].SecretArn == nil {
		return "", errors.New("RDS keeps no master password of the database: let it, with ManageMasterUserPassword")
	}
	return *secrets[0].SecretArn, nil
}

// register registers what the instance needs (subnets, parameters, security, log
// groups) and then the instance, so that each exists with our settings before RDS
// would make it with its own.
func (a *Args) register(ctx *pulumi.Context, name string, c *Database) (*rds.Instance, error) {
	child := pulumi.Parent(c)
	tags := pulumi.ToStringMap(a.Tags)
	// What a kept instance uses is kept: RDS refuses to delete it.
	subnets, err := rds.NewSubnetGroup(ctx, name, &rds.SubnetGroupArgs{
		Name:        pulumi.String(a.Identifier),
		Description: pulumi.String("Private subnets of " + a.Identifier),
		SubnetIds:   a.SubnetIDs,
		Tags:        tags,
	}, child, pulumi.RetainOnDelete(true))
	if err != nil {
		return nil, fmt.Errorf("subnet group: %w", err)
	}
	group, err := a.securityGroup(ctx, name, child)
	if err != nil {
		return nil, fmt.Errorf("security group: %w", err)
	}
	parameters, err := a.parameters(ctx, name, child)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	// Made before RDS makes them, for RDS would neither encrypt nor expire them.
	var logs []pulumi.Resource
	for _, kind := range exported {
		group, err := cloudwatch.NewLogGroup(ctx, name+"-"+kind, &cloudwatch.LogGroupArgs{
			Name:            pulumi.String("/aws/rds/instance/" + a.Identifier + "/" + kind),
			KmsKeyId:        a.LogKMSKeyArn.ToStringOutput(),
			RetentionInDays: pulumi.Int(a.logDays()),
			Tags:            tags,
		}, child)
		if err != nil {
			return nil, fmt.Errorf("log group: %w", err)
		}
		logs = append(logs, group)
	}
	in := a.instance()
	in.DbSubnetGroupName = subnets.Name
	in.ParameterGroupName = parameters.Name
	in.VpcSecurityGroupIds = pulumi.StringArray{group.ID()}
	return rds.NewInstance(ctx, name, in, child, pulumi.DependsOn(logs),
		pulumi.Protect(a.Protect), pulumi.RetainOnDelete(true), pulumi.IgnoreChanges(settled))
}

// settled are the inputs that cannot change without a new, empty database, or
// that would rename it under its clients. Such a change is made by hand, from a
// snapshot. The last four an instance that is taken over does not tell.
var settled = []string{
	"dbName", "dbSubnetGroupName", "engine", "identifier", "kmsKeyId", "storageEncrypted", "username",
	"deleteAutomatedBackups", "finalSnapshotIdentifier", "manageMasterUserPassword", "skipFinalSnapshot",
}
