package aws

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/identity"
	"github.com/ashlar-dev/ashlar/components/policy"
)

// migrator is who the job that migrates the database is in AWS: the one role
// that reads the master password, RDS's own. It is the foundation's and not the
// workloads', because who makes roles for workloads must not be able to make
// this one. The workloads' stacks have the foundation's ashlar:name, of which the
// namespace is made.
func (u *underlay) migrator() *identity.Args {
	return &identity.Args{
		RoleName: u.prefix() + "-" + migrateName, ClusterName: u.at.cluster, ClusterArn: u.at.clusterArn,
		Namespace: u.cfg.SystemNamespace(), ServiceAccount: migrateName, Tags: u.tags(),
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

func (u *underlay) makeMigrator(ctx *pulumi.Context) error {
	_, err := identity.New(ctx, migrateName, u.migrator())
	return err
}
