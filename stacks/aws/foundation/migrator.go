package foundation

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/identity"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// MigrateName is the job that migrates the database, its service account and the last
// part of its role's name.
const MigrateName = "migrate"

// migrator is who the job that migrates the database is in AWS: the one role
// that reads the master password, RDS's own. It is the foundation's and not the
// workloads', because who makes roles for workloads must not be able to make
// this one. The workloads' stacks have the foundation's ashlar:name, of which the
// namespace is made.
func (u *builder) migrator() *identity.Args {
	return &identity.Args{
		RoleName: u.prefix() + "-" + MigrateName, ClusterName: u.at.cluster, ClusterArn: u.at.clusterArn,
		Namespace: u.cfg.SystemNamespace(), ServiceAccount: MigrateName, Tags: u.tags(),
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

// makeMigrator registers the role and binds it to the service account, which exists
// once a stack of workloads has been deployed: EKS does not ask for it before.
func (u *builder) makeMigrator(ctx *pulumi.Context) error {
	_, err := identity.New(ctx, MigrateName, u.migrator())
	return err
}
