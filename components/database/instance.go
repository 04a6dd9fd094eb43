package database

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// exported are the logs that RDS sends to CloudWatch.
var exported = []string{"postgresql", "upgrade"}

// instance returns the instance's arguments but for what it refers to.
func (a *Args) instance() *rds.InstanceArgs {
	key := a.KMSKeyArn.ToStringOutput()
	return &rds.InstanceArgs{
		Identifier:              pulumi.String(a.Identifier),
		Engine:                  pulumi.String("postgres"),
		EngineVersion:           pulumi.String(a.engineVersion()),
		AutoMinorVersionUpgrade: pulumi.Bool(true),
		InstanceClass:           pulumi.String(a.InstanceClass),
		DbName:                  pulumi.String(a.databaseName()),
		Port:                    pulumi.Int(port),

		StorageType:         pulumi.String("gp3"),
		AllocatedStorage:    pulumi.Int(a.AllocatedGB),
		MaxAllocatedStorage: pulumi.Int(min(4*a.AllocatedGB, 65536)),
		StorageEncrypted:    pulumi.Bool(true),
		KmsKeyId:            key,

		Username:                         pulumi.String(MasterUser),
		ManageMasterUserPassword:         pulumi.Bool(true),
		MasterUserSecretKmsKeyId:         key,
		IamDatabaseAuthenticationEnabled: pulumi.Bool(true),
		PubliclyAccessible:               pulumi.Bool(false),
		CaCertIdentifier:                 pulumi.String("rds-ca-rsa2048-g1"),

		MultiAz:                 pulumi.Bool(a.MultiAZ),
		BackupRetentionPeriod:   pulumi.Int(a.BackupDays),
		BackupWindow:            pulumi.String("02:00-03:00"),
		MaintenanceWindow:       pulumi.String("sun:03:30-sun:04:30"),
		CopyTagsToSnapshot:      pulumi.Bool(true),
		DeleteAutomatedBackups:  pulumi.Bool(false),
		DeletionProtection:      pulumi.Bool(a.Protect),
		SkipFinalSnapshot:       pulumi.Bool(false),
		FinalSnapshotIdentifier: pulumi.String(a.Identifier + "-final"),

		PerformanceInsightsEnabled:         pulumi.Bool(true),
		PerformanceInsightsKmsKeyId:        key,
		PerformanceInsightsRetentionPeriod: pulumi.Int(7),
		EnabledCloudwatchLogsExports:       pulumi.ToStringArray(exported),

		Tags: pulumi.ToStringMap(a.Tags),
	}
}

// securityGroup lets the clients' group in on one port and nothing out.
func (a *Args) securityGroup(ctx *pulumi.Context, name string,
	child pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	tags := pulumi.ToStringMap(a.Tags)
	tags["Name"] = pulumi.String(a.Identifier + "-database")
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		Name:        pulumi.String(a.Identifier + "-database"),
		Description: pulumi.String("PostgreSQL of " + a.Identifier),
		VpcId:       a.VPCID.ToStringOutput(),
		Tags:        tags,
	}, child, pulumi.RetainOnDelete(true), pulumi.IgnoreChanges([]string{"revokeRulesOnDelete"}))
	if err != nil {
		return nil, err
	}
	_, err = vpc.NewSecurityGroupIngressRule(ctx, name, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           group.ID(),
		ReferencedSecurityGroupId: a.ClientSecurity.ToStringOutput(),
		Description:               pulumi.String("PostgreSQL from the cluster"),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(port),
		ToPort:                    pulumi.Int(port),
		Tags:                      pulumi.ToStringMap(a.Tags),
	}, child)
	return group, err
}

// parameters refuses connections without TLS and logs who connects and what is
// slow. The name carries the major version, since a new one needs a new group.
func (a *Args) parameters(ctx *pulumi.Context, name string, child pulumi.ResourceOption) (*rds.ParameterGroup, error) {
	set := func(parameter, value string) rds.ParameterGroupParameterArgs {
		return rds.ParameterGroupParameterArgs{Name: pulumi.String(parameter), Value: pulumi.String(value)}
	}
	family := "postgres" + a.engineVersion()
	return rds.NewParameterGroup(ctx, name, &rds.ParameterGroupArgs{
		Name:        pulumi.String(a.Identifier + "-" + family),
		Family:      pulumi.String(family),
		Description: pulumi.String("TLS only; connections and slow statements logged"),
		Parameters: rds.ParameterGroupParameterArray{
			set("log_connections", "1"), set("log_disconnections", "1"),
			set("log_min_duration_statement", "1000"), set("rds.force_ssl", "1"),
		},
		Tags: pulumi.ToStringMap(a.Tags),
	}, child, pulumi.RetainOnDelete(true))
}
