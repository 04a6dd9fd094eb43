package render

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestAPartThatExistsIsADataSource: what is taken of it is read by Terraform, at the
// names that its provider has.
func TestAPartThatExistsIsADataSource(t *testing.T) {
	at := terraformOf(t, func(ctx *pulumi.Context) error {
		var cluster struct {
			CertificateAuthorities []struct {
				Data string `pulumi:"data"`
			} `pulumi:"certificateAuthorities"`
			VpcConfig struct {
				ClusterSecurityGroupId string `pulumi:"clusterSecurityGroupId"`
			} `pulumi:"vpcConfig"`
		}
		if err := ctx.Invoke("aws:eks/getCluster:getCluster",
			pulumi.Map{"name": str("platform")}, &cluster); err != nil {
			return err
		}
		var database struct {
			ResourceId        string `pulumi:"resourceId"`
			MasterUserSecrets []struct {
				KmsKeyId  string `pulumi:"kmsKeyId"`
				SecretArn string `pulumi:"secretArn"`
			} `pulumi:"masterUserSecrets"`
		}
		if err := ctx.Invoke("aws:rds/getInstance:getInstance", pulumi.Map{"dbInstanceIdentifier": str("pg")},
			&database); err != nil {
			return err
		}
		_, err := newBucket(ctx, "data", pulumi.Map{"bucket": str("one"), "tags": pulumi.StringMap{
			"ca":     str(cluster.CertificateAuthorities[0].Data),
			"group":  str(cluster.VpcConfig.ClusterSecurityGroupId),
			"id":     str(database.ResourceId),
			"key":    str(database.MasterUserSecrets[0].KmsKeyId),
			"secret": str(database.MasterUserSecrets[0].SecretArn),
		}})
		return err
	})
	for tag, want := range map[string]string{
		"ca":     ".certificate_authority[0].data}",
		"group":  ".vpc_config[0].cluster_security_group_id}",
		"id":     ".resource_id}",
		"key":    ".master_user_secret[0].kms_key_id}",
		"secret": ".master_user_secret[0].secret_arn}",
	} {
		got, _ := at("resource", "aws_s3_bucket", "data", "tags", tag).(string)
		if !strings.HasPrefix(got, "${data.aws_") || !strings.HasSuffix(got, want) {
			t.Errorf("%s is %s, want ...%s", tag, got, want)
		}
	}
	for typ, arg := range map[string][2]string{"aws_eks_cluster": {"name", "platform"},
		"aws_db_instance": {"db_instance_identifier", "pg"}} {
		found, _ := at("data", typ).(map[string]any)
		for _, one := range found {
			if body, _ := one.(map[string]any); body[arg[0]] != arg[1] {
				t.Errorf("%s is read by %v", typ, body)
			}
		}
		if len(found) != 1 {
			t.Errorf("%d data sources of %s", len(found), typ)
		}
	}
}
