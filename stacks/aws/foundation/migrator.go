package foundation

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/identity"
	"github.com/ashlar-dev/ashlar/components/policy"
	"github.com/ashlar-dev/ashlar/stacks/aws/migration"
)

// migrator is who the job that migrates the database is in AWS: the one role
// that reads the master password, RDS's own. It is the foundation's and not the
// workloads', because who makes roles for workloads must not be able to make
// this one.
func (u *builder) migrator() *identity.Args {
	return &identity.Args{
		RoleName: u.prefix() + "-" + migration.Name, ClusterName: u.at.cluster, ClusterArn: u.at.clusterArn,
		Namespace: u.cfg.SystemNamespace(), ServiceAccount: migration.Name, Tags: u.tags(),
		Statements: []policy.Statement{
			{Sid: "MasterPassword", Actions: []string{"secretsmanager:GetSecretValue"},
				Resources: []pulumi.StringInput{u.at.databaseSecret}},
			{
				Sid: "MasterPasswordKey", Actions: []string{"kms:Decrypt"},
				Resources: []pulumi.StringInput{u.at.databaseKey},
				Conditions: []policy.Condition{
					policy.When("StringEquals", "kms:ViaService",
						pulumi.String("secretsmanager."+u.cfg.Region+".amazonaws.com")),
					policy.When("StringEquals", "kms:EncryptionContext:SecretARN", u.at.databaseSecret),
				},
			},
		},
	}
}

// makeMigrator registers the role and binds it to the service account, which need not
// exist: EKS does not ask for it before.
func (u *builder) makeMigrator(ctx *pulumi.Context) error {
	_, err := identity.New(ctx, migration.Name, u.migrator())
	return err
}

// makeSchema runs the migration at the image that the config names. An image can be
// pushed once there is a registry, so a foundation's first update has none; until the
// second, OutSchema is empty and the workloads' stacks refuse to deploy.
func (u *builder) makeSchema(ctx *pulumi.Context) error {
	u.out[OutSchema] = pulumi.String(u.cfg.Image)
	u.out[OutSchemas] = pulumi.String(strings.Join(u.schemas(), ","))
	if u.cfg.Image == "" {
		return nil
	}
	_, err := migration.New(ctx, u.cfg, migration.Database{Schemas: u.schemas(), RDS: &migration.RDS{
		Host: u.at.databaseHost, Port: u.at.databasePort, Name: u.at.databaseName,
		SecretArn: u.at.databaseSecret, NetworkCIDR: u.at.networkCIDR,
	}}, pulumi.Provider(u.at.kubernetes), pulumi.DependsOn(u.at.ready))
	return err
}
