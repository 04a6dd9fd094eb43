package render

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// terraformOf renders a program and returns what is at a path of main.tf.json.
func terraformOf(t *testing.T, body pulumi.RunFunc) func(path ...string) any {
	t.Helper()
	files := rendered(t, Options{Region: "eu-central-1"}, body)
	var doc any
	if err := json.Unmarshal(files["main.tf.json"], &doc); err != nil {
		t.Fatal(err)
	}
	return func(path ...string) any {
		at := doc
		for _, step := range path {
			m, _ := at.(map[string]any)
			at = m[step]
		}
		return at
	}
}

func newBucket(ctx *pulumi.Context, name string, props pulumi.Map, opts ...pulumi.ResourceOption) (*bucket, error) {
	var b bucket
	return &b, ctx.RegisterResource("aws:s3/bucketV2:BucketV2", name, props, &b, opts...)
}

func TestAResourceIsTranslatedMechanically(t *testing.T) {
	at := terraformOf(t, func(ctx *pulumi.Context) error {
		b, err := newBucket(ctx, "data",
			pulumi.Map{"bucket": str("one"), "forceDestroy": pulumi.Bool(false),
				"tags": pulumi.StringMap{"costCentre": str("7")}},
			pulumi.Protect(true), pulumi.IgnoreChanges([]string{"forceDestroy"}))
		if err != nil {
			return err
		}
		_, err = register(ctx, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "data",
			pulumi.Map{
				"bucket": b.ID(),
				"rules": pulumi.Array{pulumi.Map{"id": str("old"),
					"noncurrentVersionExpiration": pulumi.Map{"noncurrentDays": pulumi.Int(30)}}},
			})
		return err
	})
	want := map[string]any{
		"bucket": "one", "force_destroy": false, "tags": map[string]any{"costCentre": "7"},
		"lifecycle": map[string]any{"prevent_destroy": true, "ignore_changes": []any{"force_destroy"}},
	}
	if got := at("resource", "aws_s3_bucket", "data"); !reflect.DeepEqual(got, want) {
		t.Errorf("bucket %v, want %v", got, want)
	}
	want = map[string]any{
		"bucket": "${aws_s3_bucket.data.id}",
		"rule": []any{map[string]any{"id": "old",
			"noncurrent_version_expiration": map[string]any{"noncurrent_days": 30.0}}},
	}
	if got := at("resource", "aws_s3_bucket_lifecycle_configuration", "data"); !reflect.DeepEqual(got, want) {
		t.Errorf("lifecycle %v, want %v", got, want)
	}
	if got := at("provider", "aws"); !reflect.DeepEqual(got, []any{map[string]any{"region": "eu-central-1"}}) {
		t.Errorf("provider %v", got)
	}
}

func TestReferencesAndEscapesStandInsideDocuments(t *testing.T) {
	at := terraformOf(t, func(ctx *pulumi.Context) error {
		var c cluster
		if err := ctx.RegisterResource("aws:eks/cluster:Cluster", "main", nil, &c); err != nil {
			return err
		}
		b, err := newBucket(ctx, "data", nil)
		if err != nil {
			return err
		}
		policy := pulumi.Sprintf(`{"Resource":"%s/${aws:username}/%%{x}","Port":%d}`, b.Arn, c.Port)
		if _, err := register(ctx, "aws:iam/policy:Policy", "p", pulumi.Map{"policy": policy}); err != nil {
			return err
		}
		userData := pulumi.Sprintf("#!/bin/sh\nexec join \"%s\" now and for ever",
			c.Name).ApplyT(func(s string) string {
			return base64.StdEncoding.EncodeToString([]byte(s))
		})
		_, err = register(ctx, "aws:ec2/launchTemplate:LaunchTemplate", "nodes", pulumi.Map{"userData": userData},
			pulumi.DependsOn([]pulumi.Resource{b}))
		return err
	})
	want := `{"Resource":"${aws_s3_bucket.data.arn}/$${aws:username}/%%{x}","Port":${aws_eks_cluster.main.port}}`
	if got := at("resource", "aws_iam_policy", "p", "policy"); got != want {
		t.Errorf("policy %v, want %s", got, want)
	}
	want = `${base64encode("#!/bin/sh\nexec join \"${aws_eks_cluster.main.name}\" now and for ever")}`
	if got := at("resource", "aws_launch_template", "nodes", "user_data"); got != want {
		t.Errorf("user data %v, want %s", got, want)
	}
	if got := at("resource", "aws_launch_template", "nodes", "depends_on"); !reflect.DeepEqual(got,
		[]any{"aws_s3_bucket.data"}) {
		t.Errorf("depends_on %v: what is referred to is implied, the rest must be said", got)
	}
}

func TestSecretsAndOtherStacksAreVariables(t *testing.T) {
	at := terraformOf(t, func(ctx *pulumi.Context) error {
		ref, err := pulumi.NewStackReference(ctx, "o/p/base", nil)
		if err != nil {
			return err
		}
		ctx.Export("databaseUrl", pulumi.ToSecret(pulumi.String("hunter2")))
		_, err = register(ctx, "aws:rds/instance:Instance", "db", pulumi.Map{
			"password": pulumi.ToSecret(str("hunter2")), "replicateSourceDb": ref.GetStringOutput(str("databaseHost")),
		})
		return err
	})
	db, _ := at("resource", "aws_db_instance", "db").(map[string]any)
	if db["password"] != "${var.aws_db_instance_db_password}" || db["replicate_source_db"] != "${var.database_host}" {
		t.Errorf("instance %v", db)
	}
	want := map[string]any{
		"aws_db_instance_db_password": map[string]any{"type": "string", "sensitive": true},
		"database_host":               map[string]any{"type": "string"},
	}
	if got := at("variable"); !reflect.DeepEqual(got, want) {
		t.Errorf("variables %v, want %v", got, want)
	}
	if got := at("output"); got != nil {
		t.Errorf("a secret is among the outputs: %v", got)
	}
}

func TestTypesOfTheProviderAreNamedAsItNamesThem(t *testing.T) {
	for token, want := range map[string]string{
		"aws:s3/bucketV2:BucketV2": "aws_s3_bucket",
		"aws:ec2/vpc:Vpc":          "aws_vpc",
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
		"aws:eks/podIdentityAssociation:PodIdentityAssociation":     "aws_eks_pod_identity_association",
		"aws:rds/instance:Instance":                                 "aws_db_instance",
		"aws:iam/openIdConnectProvider:OpenIdConnectProvider":       "aws_iam_openid_connect_provider",
	} {
		if got := terraformType(token); got != want {
			t.Errorf("%s is %s, want %s", token, got, want)
		}
	}
	for name, want := range map[string]string{"cidrIpv4": "cidr_ipv4", "enableDnsHostnames": "enable_dns_hostnames",
		"multiAz": "multi_az", "name": "name"} {
		if got := snake(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := attribute("aws_eks_cluster",
		[]string{"certificateAuthority", "data"}); got != ".certificate_authority[0].data" {
		t.Errorf("a flattened block is read as %s", got)
	}
	if got := attribute("aws_availability_zones", []string{"names", "1"}); got != ".names[1]" {
		t.Errorf("an element is read as %s", got)
	}
}

func TestAResourceOfAnotherRegionHasItsProvider(t *testing.T) {
	at := terraformOf(t, func(ctx *pulumi.Context) error {
		var far pulumi.ProviderResourceState
		if err := ctx.RegisterResource("pulumi:providers:aws", "far-away", pulumi.Map{"region": str("eu-west-1")},
			&far); err != nil {
			return err
		}
		if _, err := newBucket(ctx, "near", pulumi.Map{"bucket": str("one")}); err != nil {
			return err
		}
		_, err := newBucket(ctx, "far", pulumi.Map{"bucket": str("two")}, pulumi.Provider(&far))
		return err
	})
	want := []any{map[string]any{"region": "eu-central-1"}, map[string]any{"alias": "far-away", "region": "eu-west-1"}}
	if got := at("provider", "aws"); !reflect.DeepEqual(got, want) {
		t.Errorf("providers %v, want %v", got, want)
	}
	if near, far := at("resource", "aws_s3_bucket", "near", "provider"),
		at("resource", "aws_s3_bucket", "far", "provider"); near != nil || far != "aws.far-away" {
		t.Errorf("made by %v and %v", near, far)
	}
}
